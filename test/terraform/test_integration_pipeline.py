"""The integration pipeline, started by its triggers and by hand; its tasks run as processes and in their images."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from test.terraform.deployment import ADMINISTRATORS, TESTER
from test.utils.pipeline_utils.checks import DEFAULT_FILES, checks

REPOSITORY = Path(__file__).parents[2]
PROGRAM = REPOSITORY / "test/utils/run_integration_tests.py"
DATA = REPOSITORY / "test/integration_tests_pipeline/data"
ENVIRONMENT = "shop_sales_integration"
PIPELINE = f"{ENVIRONMENT}_integration_tests"
INCOMING = "integration_tests/incoming/"
MISSING_FILE = "integration_tests/data/none.csv"
BATCH_WINDOW = 120
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
TABLES = [check.name for check in checks("", ())]


class DeployedPipeline:
    """The deployed integration pipeline.

    Args:
        aws: The emulator, which enforces IAM.
        outputs: Outputs of the root module.
    """

    def __init__(self, aws, outputs):
        self.aws = aws
        self._machine = outputs["state_machine_arn"]
        self.bucket = outputs["inbox"]
        self._states = aws.client("stepfunctions")

    def start(self, **given):
        """Starts an execution by hand."""
        return self._states.start_execution(stateMachineArn=self._machine, input=json.dumps(given))["executionArn"]

    @contextmanager
    def starts(self):
        """Yields a list, which contains the execution that the block starts when it ends."""
        before, started = self._executions(), []
        yield started
        started += self._executions() - before
        assert len(started) == 1

    def ended(self, execution):
        """Waits for the end of an execution and returns it."""
        self.aws.wait_for(execution, *ENDED, seconds=300)
        return self._states.describe_execution(executionArn=execution)

    def succeed(self, *executions):
        """Waits until executions have succeeded, and returns the inputs."""
        ended = [self.ended(execution) for execution in executions]
        for execution in ended:
            cause = execution.get("cause", "")
            assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {cause}\n{self._log_of(cause)}"
        return [json.loads(execution["input"]) for execution in ended]

    def stop_codes(self, task):
        """Why the containers of a task stopped."""
        ecs = self.aws.client("ecs")
        runs = ecs.list_tasks(cluster=ENVIRONMENT, family=f"{PIPELINE}_{task}", desiredStatus="STOPPED")["taskArns"]
        return [run["stopCode"] for run in ecs.describe_tasks(cluster=ENVIRONMENT, tasks=runs)["tasks"]]

    def _log_of(self, cause):
        """The log of the task whose ARN ends the cause of a failure."""
        logs, task = self.aws.client("logs"), cause.rpartition("/")[2]
        groups = logs.describe_log_groups(logGroupNamePrefix=f"{PIPELINE}/")["logGroups"]
        events = [
            each for group in groups for each in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]
        return "\n".join(event["message"] for event in events if task and event["logStreamName"].endswith(task))

    def wait_for_containers(self):
        """Waits until no container runs; a task reports its success before its container exits."""
        ecs = self.aws.client("ecs")
        for run in ecs.list_tasks(cluster=ENVIRONMENT, desiredStatus="RUNNING")["taskArns"]:
            self.aws.wait_for(run, "STOPPED")

    def _executions(self):
        listed = self._states.list_executions(stateMachineArn=self._machine)["executions"]
        return {execution["executionArn"] for execution in listed}


@pytest.fixture(scope="module")
def pipeline(applied):
    deployment, _ = applied
    return DeployedPipeline(deployment.aws, deployment.integration.output())


@pytest.fixture
def notifications(pipeline):
    """`notifications()`: messages of the domain's failure topic, from a subscribed queue."""
    aws = pipeline.aws
    queue = aws.client("sqs").create_queue(QueueName="integration_operators")["QueueUrl"]
    aws.client("sns").subscribe(
        TopicArn=f"arn:aws:sns:{aws.region}:{aws.account}:{ENVIRONMENT}_failures",
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{aws.region}:{aws.account}:integration_operators",
        Attributes={"RawMessageDelivery": "true"},
    )

    def notifications():
        found = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    return notifications


def run_program(aws, stage="integration", **credentials):
    """Runs run_integration_tests.py, as the root user unless there are other credentials."""
    variables = {name.upper(): value for name, value in credentials.items()}
    return subprocess.run(
        [sys.executable, PROGRAM, "--project-name", "shop", "--domain-name", "sales", "--stage-name", stage],
        env={**os.environ, **aws.environment, **variables},
        capture_output=True,
        text=True,
    )


def test_the_program_runs_all_tasks_and_checks_their_tables_with_athena(pipeline):
    """With the role to which the configuration gives the permissions for it."""
    ran = run_program(pipeline.aws, **pipeline.aws.assume_role(TESTER))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [line for line in ran.stdout.splitlines() if ": as expected" in line] == [
        f"{table}: as expected" for table in TABLES
    ]


def test_the_program_reports_that_the_pipeline_is_not_deployed(pipeline):
    ran = run_program(pipeline.aws, stage="other")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "pipeline 'integration_tests' has no published tasks in environment 'shop_sales_other'" in ran.stderr


def test_a_schedule_an_event_and_files_start_the_pipeline(pipeline, subtests):
    s3 = pipeline.aws.client("s3")
    with pipeline.starts() as scheduled, due(pipeline.aws, f"{PIPELINE}-trigger-nightly"):
        pipeline.aws.advance_time(60)
    with pipeline.starts() as requested:
        event = {"Source": "integration_tests", "DetailType": "Run requested", "Detail": "{}"}
        pipeline.aws.client("events").put_events(Entries=[event])
    pipeline.succeed(*scheduled, *requested)

    pipeline.aws.control("interrupt_next_spot_task")
    with pipeline.starts() as delivered:
        for file in DATA.iterdir():
            s3.put_object(Bucket=pipeline.bucket, Key=f"{INCOMING}{file.name}", Body=file.read_bytes())
        # The pipe may receive the events only when the time advances, and then its window begins.
        pipeline.aws.advance_time(BATCH_WINDOW)
        pipeline.aws.advance_time(BATCH_WINDOW)

    with subtests.test("tasks read, write and delete files with the permissions that they declare"):
        (batch,) = pipeline.succeed(*delivered)
        assert len(batch) == 2
        report = s3.get_object(Bucket=pipeline.bucket, Key="integration_tests/reports/checks.csv")["Body"].read()
        assert report.decode().splitlines()[0] == "logical_date,name,difference"
        assert s3.list_objects_v2(Bucket=pipeline.bucket, Prefix=INCOMING)["KeyCount"] == 0

    with subtests.test("a task whose Spot capacity was reclaimed runs again"):
        assert pipeline.stop_codes("test_write").count("SpotInterruption") == 1


@contextmanager
def due(aws, name):
    """Makes a schedule due in a minute, within the block."""
    scheduler = aws.client("scheduler")
    schedule = scheduler.get_schedule(Name=name)
    given = {key: schedule[key] for key in ("Name", "FlexibleTimeWindow", "Target")}
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)
    scheduler.update_schedule(**given, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})")
    yield
    scheduler.update_schedule(**given, ScheduleExpression=schedule["ScheduleExpression"])


def test_administrators_and_receivers_are_separated_by_commas(applied):
    _, states = applied
    arns = {each.values.get("principal") for each in states["test"] if each.type == "aws_lakeformation_permissions"}
    assert {TESTER, *ADMINISTRATORS} <= arns
    subscribed = [each.values["endpoint"] for each in states["test"] if each.type == "aws_sns_topic_subscription"]
    assert sorted(subscribed) == ["ada@example.com", "ben@example.com"]


def test_operators_are_notified_of_a_failed_task(pipeline, notifications):
    execution = pipeline.ended(pipeline.start(files=[MISSING_FILE]))
    assert (execution["status"], execution["error"]) == ("FAILED", "TerminalError")
    (message,) = notifications()
    assert f"redrive --pipeline-name integration_tests --execution {execution['name']}" in message
    assert "Task: test_write: InputNotFoundError: input 's3://shop-sales-integration-technical/" in message


def test_tasks_run_in_their_images(pipeline, image_builder):
    if image_builder is None:
        pytest.skip("images are not built here, see test_images.py")
    pipeline.aws.control("use_containers", enabled=True)
    try:
        succeeding, failing = pipeline.start(files=list(DEFAULT_FILES)), pipeline.start(files=[MISSING_FILE])
        pipeline.succeed(succeeding)
        assert 'File "/home/task/code/main.py"' in pipeline.ended(failing)["cause"]
    finally:
        pipeline.wait_for_containers()
        pipeline.aws.control("use_containers", enabled=False)
