"""run_task runs one task of a deployed pipeline on ECS or EMR Serverless and shows its log."""

from __future__ import annotations

import json
import signal

import pytest

from test.aws.emulator.execution import ROLE

COMMAND = ["python", "-m", "datalake_sdk.native_python_processing_wrapper"]
PREFIX = "shop_sales_dev_daily"
PATH = "/datalake/shop_sales_dev/daily/tasks"
CODE = """
import pyarrow as pa
def main(job):
    print("size", job.task_additional_parameters.get("size"))
    rows = pa.table({"id": [1, 2]})
    return {"sales.orders": job.ProcessingResponse(dataframe=rows, job_end_message="two orders")}
"""
RUN = ("run_task", "--pipeline-name", "daily")


@pytest.fixture
def pipeline(shop):
    """A pipeline with the tasks load and clean on ECS; the code of load is in `shop.folder`."""
    variables = {
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
        "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
    }
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    shop.define_task("", family=f"{PREFIX}_load", command=COMMAND, environment=environment)
    shop.define_task("", family=f"{PREFIX}_clean", command=["python", "-c", "raise SystemExit(7)"])
    publish_on_ecs(shop, "load")
    publish_on_ecs(shop, "clean", "TASK_ADDITIONAL_PARAMETERS_day")
    write(shop, CODE)
    return shop


def publish_on_ecs(shop, task, *computed_variables):
    request = {
        "Cluster": "cluster",
        "LaunchType": "FARGATE",
        "TaskDefinition": f"{PREFIX}_{task}",
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [shop.subnet], "SecurityGroups": []}},
    }
    log = {"group": "tasks", "stream_prefix": "ecs/main"}
    publish(
        shop, task, service="ecs", request=request, container="main", log=log, computed_variables=computed_variables
    )


def publish(shop, task, **fields):
    shop.client("ssm").put_parameter(Name=f"{PATH}/{task}", Value=json.dumps(fields), Type="String", Overwrite=True)


def write(shop, code):
    (shop.folder / "code").mkdir(exist_ok=True)
    (shop.folder / "code" / "main.py").write_text(code)


def test_a_task_runs_outside_of_an_execution_and_shows_its_log(program, pipeline):
    ended = program.run(*RUN, "--task-name", "load", "--parameter", "size=2")
    assert ended.exit_code == 0, ended.stderr
    assert "size 2" in ended.stdout.splitlines()
    assert "started arn:aws:ecs:" in ended.stderr
    assert "log group 'tasks', stream 'ecs/main/" in ended.stderr
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    assert (table["table"], table["rows"]) == ("dev_sales.orders", 2)


def test_every_run_writes_its_rows(program, pipeline):
    for _ in range(2):
        assert program.run(*RUN, "--task-name", "load").exit_code == 0
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    assert table["rows"] == 4


def test_a_failing_task_fails_the_command_with_its_exit_code_and_log(program, pipeline):
    write(pipeline, "def main(job): raise ValueError('no rows')")
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 1
    assert "no rows" in ended.stdout
    assert "Error: task 'load' ended with exit code 1: Essential container in task exited" in ended.stderr
    assert "Hint: See log group 'tasks', stream 'ecs/main/" in ended.stderr


def test_a_parameter_that_the_pipeline_computes_is_required(program, pipeline):
    ended = program.run(*RUN, "--task-name", "clean")
    assert ended.exit_code == 2
    assert "has no values for 'TASK_ADDITIONAL_PARAMETERS_day'" in ended.stderr
    ended = program.run(*RUN, "--task-name", "clean", "--parameter", "day=monday")
    assert ended.exit_code == 1
    assert "task 'clean' ended with exit code 7" in ended.stderr


def test_ctrl_c_stops_the_task(program, pipeline):
    write(pipeline, "import time\ndef main(job):\n    print('sleeping', flush=True)\n    time.sleep(600)")
    with program.process(*RUN, "--task-name", "load") as process:
        assert process.stdout.readline() == "sleeping\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("Interrupted\n")
    (task,) = pipeline.ecs.list_tasks(cluster="cluster", desiredStatus="STOPPED")["taskArns"]
    stopped = pipeline.stopped(task)
    assert stopped["stoppedReason"] == "run_task was interrupted"
    assert stopped["containers"][0]["exitCode"] == 143


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/none:1"}, "CannotPullContainerError"),
        (
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "none", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"},
                }
            },
            "log group 'none'",
        ),
    ],
)
def test_a_task_that_cannot_start_is_reported_with_the_reason(program, pipeline, container, reason):
    pipeline.define_task("", family=f"{PREFIX}_load", **container)
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 1
    assert "Error: task 'load' could not be started" in ended.stderr
    assert reason in ended.stderr


@pytest.mark.parametrize(("status", "code"), [(400, "ClientException"), (500, "ServerException")])
def test_a_lack_of_capacity_can_be_retried(program, pipeline, status, code):
    reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    pipeline.aws.fail_next("ecs:RunTask", code, reason, status)
    ended = program.run(*RUN, "--task-name", "load", AWS_MAX_ATTEMPTS="1")
    assert ended.exit_code == 1
    assert "Error: task 'load' could not be started: " in ended.stderr
    assert "Hint: Try again in a few minutes" in ended.stderr


def test_a_missing_task_definition_is_reported(program, shop):
    publish_on_ecs(shop, "load")
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 1
    assert "Error: task 'load' could not be started: AWS rejected RunTask (ClientException)" in ended.stderr


def test_an_unknown_pipeline_is_reported_with_suggestions(program, pipeline):
    pipeline.client("ssm").put_parameter(Name="/datalake/shop_sales_dev/data_bucket", Value="b", Type="String")
    ended = program.run("run_task", "--pipeline-name", "dayly", "--task-name", "load")
    assert ended.exit_code == 2
    assert "pipeline 'dayly' has no published tasks in environment 'shop_sales_dev', eu-west-1" in ended.stderr
    assert "Did you mean 'daily'?" in ended.stderr


def test_a_pipeline_that_published_no_tasks_has_to_be_applied_again(program, shop):
    shop.machine({"Load": shop.run_task_state(".waitForTaskToken")}, name=PREFIX)
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 2
    assert "has no published tasks" in ended.stderr
    assert "apply it again" in ended.stderr


def test_an_unknown_task_is_reported_with_the_tasks_of_its_pipeline(program, pipeline):
    ended = program.run(*RUN, "--task-name", "lod")
    assert ended.exit_code == 2
    assert "pipeline 'daily' has no task 'lod'" in ended.stderr
    assert "Its tasks are 'clean', 'load'." in ended.stderr


@pytest.mark.parametrize(
    ("allowed", "denied"),
    [
        (["ecs:*"], "ssm:GetParameter on 'arn:aws:ssm:eu-west-1:123456789012:parameter/datalake/shop_sales_dev/daily/"),
        (["ssm:GetParameter"], "ecs:RunTask on 'arn:aws:ecs:eu-west-1:123456789012:task-definition/"),
    ],
)
def test_a_missing_permission_is_reported(program, pipeline, role, allowed, denied):
    ended = program.run(*RUN, "--task-name", "load", **role(allowed))
    assert ended.exit_code == 1
    assert f"access denied: {denied}" in ended.stderr


def test_a_log_that_cannot_be_read_does_not_end_the_task(program, pipeline, role):
    pipeline.define_task("print('unseen')", family=f"{PREFIX}_load")
    ended = program.run(*RUN, "--task-name", "load", **role(["ssm:GetParameter", "ecs:*", "iam:PassRole"]))
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr.count("cannot read the log of the task: access denied: logs:GetLogEvents on ") == 1


@pytest.mark.parametrize("given", ["size", "=2"])
def test_a_parameter_without_name_or_value_is_rejected(program, given):
    ended = program.run(*RUN, "--task-name", "load", "--parameter", given)
    assert ended.exit_code == 2
    assert f"Error: parameter is '{given}'; it must be NAME=VALUE" in ended.stderr


@pytest.fixture
def spark(shop):
    """`spark(program)` publishes the task fit, which runs a program on EMR Serverless; returns its application."""
    created = shop.client("emr-serverless").create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK")

    def deploy(program):
        shop.client("s3").put_object(Bucket="shop-sales-dev-technical", Key="main.py", Body=program.encode())
        log = {"Enabled": True, "LogGroupName": "jobs", "LogTypes": {"SPARK_DRIVER": ["STDOUT", "STDERR"]}}
        request = {
            "ApplicationId": created["applicationId"],
            "ExecutionRoleArn": f"{ROLE}job",
            "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://shop-sales-dev-technical/main.py"}},
            "ConfigurationOverrides": {"MonitoringConfiguration": {"CloudWatchLoggingConfiguration": log}},
        }
        publish(
            shop,
            "fit",
            service="emr-serverless",
            request=request,
            environment={"TASK_NAME": "fit"},
            spark_settings={"spark.executor.memory": "8g"},
            computed_variables=[],
        )
        return created["applicationId"]

    return deploy


def test_a_spark_task_runs_outside_of_an_execution_and_shows_its_drivers_log(program, spark):
    spark(
        "import os, sys\nprint(sorted(name for name in os.environ if name.startswith(('TASK', 'step'))))\n"
        "print('warning', file=sys.stderr)"
    )
    ended = program.run(*RUN, "--task-name", "fit", "--parameter", "size=2")
    assert ended.exit_code == 0, ended.stderr
    assert set(ended.stdout.splitlines()) == {"['TASK_ADDITIONAL_PARAMETERS_size', 'TASK_NAME']", "warning"}
    assert "log group 'jobs', stream 'applications/" in ended.stderr


def test_a_failing_spark_task_fails_the_command_with_its_reason(program, spark):
    spark("raise ValueError('no rows')")
    ended = program.run(*RUN, "--task-name", "fit")
    assert ended.exit_code == 1
    assert "Error: task 'fit' failed: Job failed" in ended.stderr
    assert "ValueError: no rows" in ended.stderr


def test_ctrl_c_cancels_a_spark_task(program, spark, shop):
    application = spark("import time; print('sleeping', flush=True); time.sleep(600)")
    with program.process(*RUN, "--task-name", "fit") as process:
        assert process.stdout.readline() == "sleeping\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    (run,) = shop.client("emr-serverless").list_job_runs(applicationId=application)["jobRuns"]
    program.aws.wait_for(run["arn"], "CANCELLED")
