"""One task of a deployed pipeline runs alone: on ECS and on EMR Serverless, with its log on the terminal."""

from __future__ import annotations

import json
import signal

import pytest

from test.aws.emulator.execution import ROLE, Workshop

COMMAND = ["python", "-m", "datalake_sdk.native_python_processing_wrapper"]
MACHINE = "shop_sales_dev_daily"
CODE = """
import pyarrow as pa
def main(job):
    print("size", job.task_additional_parameters.get("size"))
    rows = pa.table({"id": [1, 2]})
    return {"sales.orders": job.ProcessingResponse(dataframe=rows, job_end_message="two orders")}
"""
TOLD = [
    {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"},
    {"Name": "step_function_execution_arn", "Value.$": "$$.Execution.Id"},
    {"Name": "step_function_execution_input", "Value.$": "States.JsonToString($$.Execution.Input)"},
]
RUN = ("run_task", "--pipeline-name", "daily")


@pytest.fixture
def shop(program, tmp_path):
    return Workshop(program.aws, tmp_path)


@pytest.fixture
def pipeline(shop):
    """A pipeline whose tasks load and clean run in a Parallel and a Map state; load's code is in `shop.folder`."""
    variables = {
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
        "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
    }
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    shop.define_task("", family=f"{MACHINE}_load", command=COMMAND, environment=environment)
    shop.define_task("", family=f"{MACHINE}_clean", command=["python", "-c", "raise SystemExit(7)"])
    day = {"Name": "TASK_ADDITIONAL_PARAMETERS_day", "Value.$": "$.day"}
    clean = state(shop, "clean", day)
    states = {
        "All": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Load", "States": {"Load": state(shop, "load")}},
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemProcessor": {"StartAt": "Clean", "States": {"Clean": clean}},
                            "End": True,
                        }
                    },
                },
            ],
            "End": True,
        }
    }
    shop.machine(states, name=MACHINE)
    write(shop, CODE)
    return shop


def state(shop, task, *variables):
    made = shop.run_task_state(".waitForTaskToken", environment=[*TOLD, *variables])
    made["Parameters"]["TaskDefinition"] = f"{MACHINE}_{task}"
    return made


def write(shop, code):
    (shop.folder / "code").mkdir(exist_ok=True)
    (shop.folder / "code" / "main.py").write_text(code)


def test_a_task_runs_alone_and_shows_its_log(program, pipeline):
    ended = program.run(*RUN, "--task-name", "load", "--parameter", "size=2")
    assert ended.exit_code == 0, ended.stderr
    assert "size 2" in ended.stdout.splitlines()
    assert "started arn:aws:ecs:" in ended.stderr
    assert "log group 'tasks', stream 'ecs/main/" in ended.stderr
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    assert (table["table"], table["rows"]) == ("dev_sales.orders", 2)
    assert pipeline.sfn.list_executions(stateMachineArn=machine_arn())["executions"] == []


def machine_arn():
    return f"arn:aws:states:eu-west-1:123456789012:stateMachine:{MACHINE}"


def test_a_second_run_is_no_retry_of_the_first(program, pipeline):
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
    assert "Hint: Its log is in log group 'tasks', stream 'ecs/main/" in ended.stderr


def test_a_parameter_that_the_pipeline_computes_has_to_be_given(program, pipeline):
    ended = program.run(*RUN, "--task-name", "clean")
    assert ended.exit_code == 2
    assert "its pipeline computes 'TASK_ADDITIONAL_PARAMETERS_day'" in ended.stderr
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
def test_a_task_that_cannot_start_says_why(program, pipeline, container, reason):
    pipeline.define_task("", family=f"{MACHINE}_load", **container)
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 1
    assert "Error: task 'load' could not be started" in ended.stderr
    assert reason in ended.stderr


@pytest.mark.parametrize(("status", "code"), [(400, "ClientException"), (500, "ServerException")])
def test_a_lack_of_capacity_is_told_as_such(program, pipeline, status, code):
    reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    pipeline.aws.fail_next("ecs:RunTask", code, reason, status)
    ended = program.run(*RUN, "--task-name", "load", AWS_MAX_ATTEMPTS="1")
    assert ended.exit_code == 1
    assert "Error: task 'load' could not be started: " in ended.stderr
    assert "Hint: Try again in a few minutes" in ended.stderr


def test_a_task_without_a_definition_is_told_as_such(program, shop):
    shop.machine({"Load": state(shop, "load")}, name=MACHINE)
    ended = program.run(*RUN, "--task-name", "load")
    assert ended.exit_code == 1
    assert f"task 'load' could not be started: ECS has no task definition '{MACHINE}_load'" in ended.stderr


def test_an_unknown_pipeline_or_task_is_told_the_known_ones(program, pipeline):
    ended = program.run("run_task", "--pipeline-name", "dayly", "--task-name", "load")
    assert ended.exit_code == 2
    assert "there is no state machine 'shop_sales_dev_dayly' in eu-west-1" in ended.stderr
    assert f"Did you mean '{MACHINE}'?" in ended.stderr
    ended = program.run(*RUN, "--task-name", "lod")
    assert ended.exit_code == 2
    assert "Its tasks are 'clean', 'load'." in ended.stderr


def test_whoever_may_not_start_tasks_is_told_the_action(program, pipeline, role):
    may = ["states:DescribeStateMachine", "ecs:DescribeTaskDefinition"]
    ended = program.run(*RUN, "--task-name", "load", **role(may))
    assert ended.exit_code == 1
    assert "access denied: ecs:RunTask on 'arn:aws:ecs:eu-west-1:123456789012:task-definition/" in ended.stderr


def test_a_log_that_may_not_be_read_does_not_end_the_task(program, pipeline, role):
    pipeline.define_task("print('unseen')", family=f"{MACHINE}_load")
    ended = program.run(*RUN, "--task-name", "load", **role(["states:*", "ecs:*"]))
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr.count("the task's log cannot be read: access denied: logs:GetLogEvents on ") == 1


@pytest.mark.parametrize("given", ["size", "=2"])
def test_a_parameter_without_name_or_value_is_refused(program, given):
    ended = program.run(*RUN, "--task-name", "load", "--parameter", given)
    assert ended.exit_code == 2
    assert f"Error: parameter is '{given}'; it must be NAME=VALUE" in ended.stderr


@pytest.fixture
def spark(shop):
    """A pipeline with the task fit on EMR Serverless, whose program is `program`."""
    shop.s3 = shop.client("s3")
    created = shop.client("emr-serverless").create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK")

    def deploy(program, own_logs=True, **monitoring):
        shop.s3.put_object(Bucket="shop-sales-dev-technical", Key="main.py", Body=program.encode())
        template = (
            "--conf spark.emr-serverless.driverEnv.TASK_NAME=fit "
            "--conf spark.emr-serverless.driverEnv.step_function_task_token={}"
        )
        submit = {
            "EntryPoint": "s3://shop-sales-dev-technical/main.py",
            "SparkSubmitParameters.$": f"States.Format('{template}', $$.Task.Token)",
        }
        logs = {"CloudWatchLoggingConfiguration": {"Enabled": True, "LogGroupName": "jobs", **monitoring}}
        fit = {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken",
            "Parameters": {
                "ApplicationId": created["applicationId"],
                "ClientToken.$": "States.UUID()",
                "ExecutionRoleArn": f"{ROLE}job",
                "JobDriver": {"SparkSubmit": submit},
                **({"ConfigurationOverrides": {"MonitoringConfiguration": logs}} if own_logs else {}),
            },
            "End": True,
        }
        shop.machine({"Fit": fit}, name=MACHINE)
        return created["applicationId"]

    return deploy


def test_a_spark_task_runs_alone_and_shows_its_drivers_log(program, spark):
    spark(
        "import os, sys\nprint(sorted(name for name in os.environ if name.startswith(('TASK', 'step'))))\n"
        "print('beside', file=sys.stderr)"
    )
    ended = program.run(*RUN, "--task-name", "fit", "--parameter", "size=2")
    assert ended.exit_code == 0, ended.stderr
    assert set(ended.stdout.splitlines()) == {"['TASK_ADDITIONAL_PARAMETERS_size', 'TASK_NAME']", "beside"}
    assert "log group 'jobs', stream 'applications/" in ended.stderr


def test_a_failing_spark_task_fails_the_command_with_its_reason(program, spark):
    spark("raise ValueError('no rows')", Enabled=False)
    ended = program.run(*RUN, "--task-name", "fit")
    assert ended.exit_code == 1
    assert "it keeps no log in CloudWatch" in ended.stderr
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


def test_a_spark_task_whose_log_settings_may_not_be_read_is_not_started(program, spark, shop):
    application = spark("print('fitted')", own_logs=False)
    assert program.run(*RUN, "--task-name", "fit").exit_code == 0
    program.aws.fail_next("emr-serverless:GetApplication", "AccessDeniedException", "no")
    ended = program.run(*RUN, "--task-name", "fit")
    assert ended.exit_code == 1
    assert "access denied: GetApplication" in ended.stderr
    assert len(shop.client("emr-serverless").list_job_runs(applicationId=application)["jobRuns"]) == 1
