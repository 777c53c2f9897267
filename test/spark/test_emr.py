"""A Spark task on EMR Serverless: started by spark-submit, writing to Glue, reporting to its state machine."""

from __future__ import annotations

import json
import shlex

import pytest

from datalake_sdk.platforms.aws.emr_runs import DRIVER_VARIABLE, EXECUTOR_VARIABLE
from datalake_sdk.settings import Environment
from datalake_sdk.spark_engine.settings import ON_EMR
from test.aws.emulator.execution import ENDED, ROLE, Workshop
from test.emulator.domain import create_domain
from test.spark.lake import SMALL, SparkLake

VARIABLES = {
    "PROJECT_NAME": "shop",
    "DOMAIN_NAME": "sales",
    "STAGE_NAME": "dev",
    "PIPELINE_NAME": "daily",
    "TASK_NAME": "load",
    "OUTPUT_TABLES": '{"sales.orders": {"ingestion_mode": "append"}}',
    "TASK_ADDITIONAL_PARAMETERS_CITY": "Nîmes",
}
PROGRAM = "local:///opt/task/entry_point.py"
OLD = {"id": 1, "city": "old"}
ENTRY_POINT = "import runpy; runpy.run_module('datalake_sdk.spark_processing_wrapper', run_name='__main__')"
PARTITIONS, RECORDS = "spark.sql.shuffle.partitions", "spark.sql.files.maxRecordsPerFile"
SETTINGS = {name: value for name, value in SMALL.items() if name.startswith("spark.sql.")} | {PARTITIONS: "2"}
DEFAULTS = {"Classification": "spark-defaults", "Properties": {PARTITIONS: "3", RECORDS: "4"}}
SECONDS = 150
WRITES_AND_RAISES = """
import sys

def main(job):
    rows = job.spark.range(1).selectExpr("id", f"'{job.task_additional_parameters['CITY']}' AS city")
    written = job.ingest("sales.orders", rows).rows_inserted
    settings = [job.spark.conf.get(f"spark.sql.{name}") for name in ("shuffle.partitions", "files.maxRecordsPerFile")]
    raise ValueError(f"{sys.argv[1:]} {settings} {written}")
"""
IS_KILLED = """
import os, signal

def main(job):
    java = os.getppid()
    def kill(batches):
        os.kill(java, signal.SIGKILL)
        return batches
    rows = job.spark.range(1).selectExpr("id", "'new' AS city")
    return {"sales.orders": job.ProcessingResponse(rows.mapInArrow(kill, rows.schema))}
"""


@pytest.fixture
def job(aws, tmp_path):
    create_domain(aws, Environment("shop", "sales", "dev"), ["sales"])
    SparkLake().native().ingest([OLD])
    return Job(aws, tmp_path)


class Job:
    """Image of a task, the application that runs it and the state that waits for its callback."""

    def __init__(self, aws, folder):
        self.shop = Workshop(aws, folder)
        self.emr = self.shop.client("emr-serverless")
        self.folder = folder
        (folder / "code").mkdir()
        (folder / "entry_point.py").write_text(ENTRY_POINT)
        image = {"imageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"}
        created = self.emr.create_application(
            name="load", releaseLabel="emr-spark-8.0.0", type="SPARK", imageConfiguration=image
        )
        self.application = created["applicationId"]

    def run(self, code):
        """Runs the task in a state machine and returns the execution and the job run."""
        (self.folder / "code" / "main.py").write_text(code)
        execution = self.shop.start(self.shop.machine({"Run": self.state()}))
        self.shop.aws.wait_for(execution, *ENDED, seconds=SECONDS)
        (run,) = self.emr.list_job_runs(applicationId=self.application)["jobRuns"]
        return self.shop.sfn.describe_execution(executionArn=execution), self.ended(run["arn"], run["id"])

    def run_alone(self, code):
        """Runs the task outside a state machine."""
        (self.folder / "code" / "main.py").write_text(code)
        submit = {"entryPoint": PROGRAM, "sparkSubmitParameters": submit_parameters()}
        started = self.emr.start_job_run(
            applicationId=self.application, executionRoleArn=f"{ROLE}job", jobDriver={"sparkSubmit": submit}
        )
        return self.ended(started["arn"], started["jobRunId"])

    def ended(self, arn, run):
        self.shop.aws.wait_for(arn, "SUCCESS", "FAILED", seconds=SECONDS)
        return self.emr.get_job_run(applicationId=self.application, jobRunId=run)["jobRun"]

    def state(self):
        parameters = submit_parameters()
        token = "spark.emr-serverless.driverEnv.step_function_task_token"
        computed = f"{{% {json.dumps(f'{parameters} --conf {token}=')} & $states.context.Task.Token %}}"
        submit = {"EntryPoint": PROGRAM, "EntryPointArguments": ["a b"], "SparkSubmitParameters": computed}
        return {
            "Type": "Task",
            "QueryLanguage": "JSONata",
            "Resource": "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken",
            "Arguments": {
                "ApplicationId": self.application,
                "ClientToken": "{% $uuid() %}",
                "ExecutionRoleArn": f"{ROLE}job",
                "JobDriver": {"SparkSubmit": submit},
                "ConfigurationOverrides": {"ApplicationConfiguration": [DEFAULTS]},
            },
            "TimeoutSeconds": SECONDS,
            "End": True,
        }


def submit_parameters():
    """Parameters of the task, as its state in the state machine passes them."""
    variables = {
        f"{prefix}{name}": VARIABLES[name] for prefix in (DRIVER_VARIABLE, EXECUTOR_VARIABLE) for name in VARIABLES
    }
    settings = {setting.name: setting.value for setting in ON_EMR} | SETTINGS | variables
    return shlex.join(part for name, value in settings.items() for part in ("--conf", f"{name}={value}"))


def test_a_task_runs_with_its_settings_and_an_exception_fails_the_state_and_the_job_run(job):
    execution, run = job.run(WRITES_AND_RAISES)
    expected = "['a b'] ['2', '4'] 1"
    assert execution["error"] == "TerminalError", run
    assert execution["cause"].startswith(f"{VARIABLES['TASK_NAME']}: ValueError: {expected}\n")
    assert run["state"] == "FAILED"
    assert "ExitCode: 1" in run["stateDetails"]
    assert f"ValueError: {expected}" in run["stateDetails"]
    assert SparkLake().rows() == [{"id": 0, "city": "Nîmes"}, OLD]


def test_a_job_killed_during_a_write_leaves_the_table_unchanged_and_can_be_rerun(job):
    lake, new = SparkLake(), {"id": 0, "city": "new"}
    run = job.run_alone(IS_KILLED)
    assert run["state"] == "FAILED"
    assert "ExitCode: 137" in run["stateDetails"]
    assert lake.rows() == [OLD]
    lake.ingest([new])
    assert lake.rows() == [new, OLD]
