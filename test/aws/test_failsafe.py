"""The failsafe, invoked by the rules of its domain, fails executions whose tasks crashed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote_plus

import pytest

from datalake_sdk.ledger.openlineage import from_openlineage
from datalake_sdk.operations.investigate import investigate
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment
from test.aws.emulator.execution import NO_TAGS, ROLE, Workshop
from test.aws.failsafe import EXECUTIONS, FAILED, STOPPED, TAGS, deploy_failsafe

BUCKET = "shop-sales-dev-technical"
TOKEN = [
    {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"},
    {"Name": "step_function_execution_arn", "Value.$": "$$.Execution.Id"},
    {"Name": "step_function_execution_start_time", "Value.$": "$$.Execution.StartTime"},
]
DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
REPORTS = """
import boto3, os
boto3.client("stepfunctions").send_task_success(taskToken=os.environ["step_function_task_token"], output="1")
"""
WAITS = {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}
HANGS = "import threading; threading.Event().wait()"


@pytest.fixture
def shop(aws, tmp_path):
    return Workshop(aws, tmp_path)


@pytest.fixture
def ledger(shop):
    """A bucket for the run ledger, which sends a message to the queue "ledger" for each event."""
    s3 = shop.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    target = {"QueueArn": shop.queue("ledger"), "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [target]})


@pytest.fixture
def failsafe(shop):
    """`failsafe(…)` deploys the failsafe and returns the ARN of its function."""
    return partial(deploy_failsafe, shop)


@pytest.fixture
def start(shop):
    """`start(program)` starts an execution whose state waits up to an hour for the program to report."""

    def start(program: str, image: str | None = None, tags: Mapping[str, str] = NO_TAGS, **fields: object) -> str:
        shop.define_task(program, **({"image": image} if image else {}))
        state = shop.run_task_state(".waitForTaskToken", environment=TOKEN, **{"TimeoutSeconds": 3600, **fields})
        return shop.start(shop.machine({"Load": state}, tags=tags))

    return start


@pytest.fixture
def start_job_run(shop):
    """`start_job_run(tags)` starts an execution that waits for a killed job run of an application with these tags."""

    def start_job_run(tags: dict[str, str]) -> str:
        s3, emr = shop.client("s3"), shop.client("emr-serverless")
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="code", Key="main.py", Body=DIES.encode())
        settings = {"name": "spark", "releaseLabel": "emr-spark-8.0.0", "type": "SPARK", "tags": tags}
        token = "States.Format('--conf spark.emr-serverless.driverEnv.step_function_task_token={}', $$.Task.Token)"
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken",
            "Parameters": {
                "ApplicationId": emr.create_application(**settings)["applicationId"],
                "ExecutionRoleArn": f"{ROLE}job",
                "ClientToken.$": "States.UUID()",
                "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://code/main.py", "SparkSubmitParameters.$": token}},
            },
            "TimeoutSeconds": 3600,
            "End": True,
        }
        return shop.start(shop.machine({"Load": state}))

    return start_job_run


@pytest.fixture
def report(shop):
    """`report(execution)` returns the likely cause and the first step of the report of an ended execution."""

    def report(execution) -> tuple[str, str]:
        published = json.dumps({"state_machine_arn": execution["stateMachineArn"], "dead_letter_queue_urls": []})
        name = "/datalake/shop_sales_dev/daily/operations"
        shop.client("ssm").put_parameter(Name=name, Value=published, Type="String")
        platform = open_platform(Environment("shop", "sales", "dev"))
        found = investigate(platform, "daily", execution["executionArn"])
        assert [task.state for task in found.tasks] == ["Load"]
        assert found.tasks[0].error == execution["error"]
        return found.likely_cause, found.next_steps[0]

    return report


def test_a_killed_task_ends_its_execution(shop, failsafe, start, report):
    failsafe()
    execution = shop.ended(start(DIES))
    assert (execution["status"], execution["error"]) == ("FAILED", "TransientError")
    assert "Essential container in task exited; container main: exit code 137" in execution["cause"]
    likely_cause, next_step = report(execution)
    assert "SIGKILL" in likely_cause
    assert "`memory`" in next_step


def test_executions_and_killed_tasks_are_recorded_in_the_run_ledger(shop, failsafe, start, ledger):
    shop.rule(EXECUTIONS, name="executions", Arn=failsafe())
    execution = shop.ended(start(DIES, tags=TAGS))
    recorded = {}
    # S3 sends a test message when notifications are configured.
    for record in (record for message in shop.messages("ledger", 4) for record in message.get("Records", [])):
        content = shop.client("s3").get_object(Bucket=BUCKET, Key=unquote_plus(record["s3"]["object"]["key"]))
        event = from_openlineage(json.loads(content["Body"].read()))
        recorded[event.run.job.name, event.type.value] = event
    assert set(recorded) == {("machine", "START"), ("machine", "FAIL"), ("machine.main", "FAIL")}
    pipeline, task = recorded["machine", "FAIL"], recorded["machine.main", "FAIL"]
    assert (pipeline.run.id, pipeline.run.execution) == (task.run.parent.run_id, execution["executionArn"])
    assert task.error.name == pipeline.error.name == "TransientError"
    assert "exit code 137" in task.error.message


@pytest.mark.parametrize("tags", [{**TAGS, "stage_name": "dev_2"}, {}], ids=["other stage", "no tags"])
def test_executions_of_other_stages_are_not_recorded(tags, shop, failsafe, ledger):
    function = failsafe()
    shop.rule(EXECUTIONS, name="copy", Arn=shop.queue())
    shop.execute({"Pass": {"Type": "Pass", "End": True}}, name="shop_sales_dev_2_daily", tags=tags)
    started, ended = shop.messages(count=2)
    shop.invoke(function, started)
    shop.invoke(function, ended)
    assert "Contents" not in shop.client("s3").list_objects_v2(Bucket=BUCKET)


def test_the_end_of_an_execution_whose_state_machine_was_deleted_is_not_recorded(shop, failsafe, ledger):
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop_sales_dev_gone"
    detail = {"stateMachineArn": machine, "status": "FAILED"}
    shop.invoke(failsafe(), {"detail-type": EXECUTIONS["detail-type"][0], "detail": detail})
    assert "Contents" not in shop.client("s3").list_objects_v2(Bucket=BUCKET)


def test_a_task_that_exits_without_calling_back_ends_its_execution(shop, failsafe, start, report):
    failsafe()
    execution = shop.ended(start(""))
    assert (execution["status"], execution["error"]) == ("FAILED", "TerminalError")
    assert "container main: exit code 0" in execution["cause"]
    assert "Hint: The task exited without calling back. See the end of its log." in execution["cause"]
    likely_cause, next_step = report(execution)
    assert "without reporting a result" in likely_cause
    assert next_step == "The task exited without calling back. See the end of its log."


def test_a_task_that_runs_out_of_memory_ends_its_execution_with_a_hint(shop, failsafe, start, report):
    failsafe()
    shop.rule({**STOPPED, "detail": {"lastStatus": ["RUNNING"]}}, name="running", Arn=shop.queue())
    execution = start(HANGS)
    (event,) = shop.messages()
    shop.aws.control("exhaust_memory", task=event["detail"]["taskArn"])
    ended = shop.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "TerminalError")
    assert "exit code 137, OutOfMemoryError: Container killed due to memory usage" in ended["cause"]
    assert "Hint: The task ran out of memory. Raise `memory` in its infra_config." in ended["cause"]
    likely_cause, next_step = report(ended)
    assert "more memory than its container has" in likely_cause
    assert next_step == "The task ran out of memory. Raise `memory` in its infra_config."


def test_a_task_whose_image_cannot_be_pulled_ends_its_execution_with_a_hint(shop, failsafe, start, report):
    failsafe()
    execution = shop.ended(start("", image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/none:1"))
    assert (execution["status"], execution["error"]) == ("FAILED", "TerminalError")
    assert "main: TaskFailedToStart: CannotPullContainerError: " in execution["cause"]
    assert "Hint: The image cannot be pulled." in execution["cause"]
    likely_cause, next_step = report(execution)
    assert "image of the task" in likely_cause
    assert next_step.startswith("The image cannot be pulled.")


def test_a_task_that_hangs_ends_its_execution(shop, start):
    execution = shop.ended(start(HANGS, HeartbeatSeconds=1))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.HeartbeatTimeout")


def test_a_task_that_outlives_its_timeout_ends_its_execution(shop, start):
    execution = shop.ended(start(HANGS, TimeoutSeconds=1))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Timeout")


def test_a_killed_job_run_ends_its_execution(shop, failsafe, start_job_run, report):
    failsafe()
    execution = shop.ended(start_job_run(TAGS))
    assert (execution["status"], execution["error"]) == ("FAILED", "TransientError")
    assert "JobRunFAILED: Job failed" in execution["cause"]
    likely_cause, next_step = report(execution)
    assert likely_cause == "The Spark job failed."
    assert "spark_driver_memory" in next_step


@pytest.mark.parametrize("tags", [{**TAGS, "stage_name": "dev_2"}, {}], ids=["other stage", "no tags"])
def test_a_job_run_of_another_domain_is_not_reported(tags, shop, failsafe, start_job_run):
    shop.rule(FAILED, name="copy", Arn=shop.queue())
    execution = start_job_run(tags)
    function, (event,) = failsafe(), shop.messages()
    shop.invoke(function, event)
    assert shop.client("stepfunctions").describe_execution(executionArn=execution)["status"] == "RUNNING"


def test_a_task_that_exceeds_the_maximum_age_is_stopped_and_reported(shop, failsafe, start, report):
    failsafe(max_task_age_minutes=0)
    shop.rule({**STOPPED, "detail": {"lastStatus": ["RUNNING"]}}, name="running", Arn=shop.queue())
    execution = start(HANGS)
    shop.messages()
    shop.aws.advance_time(300)
    ended = shop.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "TerminalError")
    assert "longer than 0 minutes" in ended["cause"]
    likely_cause, next_step = report(ended)
    assert "max_task_age_minutes" in likely_cause
    assert next_step


def test_an_execution_that_runs_too_long_is_in_alarm_until_it_ends(shop, failsafe):
    machine = shop.machine(WAITS, name="shop_sales_dev_orders", tags=TAGS)
    function, cloudwatch = failsafe(), shop.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="overlong",
        Namespace="Datalake",
        MetricName="OldestExecutionAge",
        Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    def state_after_the_schedule():
        event = {"detail-type": "Scheduled Event", "detail": {}}
        shop.invoke(function, event)
        shop.aws.advance_time(60)
        return cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"]

    execution = shop.start(machine)
    assert state_after_the_schedule() == "ALARM"
    shop.sfn.stop_execution(executionArn=execution)
    shop.aws.advance_time(300)
    assert state_after_the_schedule() == "OK"


def test_the_age_of_executions_of_other_stages_is_not_published(shop, failsafe):
    shop.start(shop.machine(WAITS, name="shop_sales_dev_2_orders", tags={**TAGS, "stage_name": "dev_2"}))
    shop.invoke(failsafe(), {"detail-type": "Scheduled Event", "detail": {}})
    assert shop.client("cloudwatch").list_metrics(Namespace="Datalake")["Metrics"] == []


def test_the_result_of_a_task_that_has_reported_is_kept(shop, failsafe, start):
    shop.rule({**STOPPED, "detail": {"lastStatus": ["STOPPED"]}}, name="copy", Arn=shop.queue())
    execution = shop.ended(start(REPORTS))
    assert execution["status"] == "SUCCEEDED", execution
    function, (event,) = failsafe(), shop.messages()
    shop.invoke(function, event)
