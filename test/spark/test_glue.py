"""A task on Glue: a Spark job of a state machine, on Spark 3.5 and with the permissions of the job's role."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import datalake_sdk
from datalake_sdk.settings import Environment
from test.aws.emulator.execution import ENDED, ROLE, Workshop
from test.emulator.domain import create_domain
from test.spark.lake import SparkLake
from test.spark_3_5 import MissingPythonError, python_with_spark_3_5

BUCKET = "shop-sales-dev-technical"
GROUP = "shop_sales_dev_daily/load"
OLD = {"id": 1, "city": "old"}
VARIABLES = {
    "PROJECT_NAME": "shop",
    "DOMAIN_NAME": "sales",
    "STAGE_NAME": "dev",
    "PIPELINE_NAME": "daily",
    "TASK_NAME": "load",
    "OUTPUT_TABLES": '{"sales.orders": {"ingestion_mode": "append"}}',
}
SCRIPT = "import sys\n\nfrom datalake_sdk.glue_job import main\n\nmain(sys.argv[1:])\n"
WRITES_AND_RAISES = """
import sys

def main(job):
    city = job.task_additional_parameters["city"]
    written = job.ingest("sales.orders", job.spark.range(1).selectExpr("id", f"'{city}' AS city"))
    versions = [job.spark.version, ".".join(map(str, sys.version_info[:2]))]
    raise ValueError(f"{versions} {job.spark.conf.get('spark.sql.shuffle.partitions')} {written.rows_inserted}")
"""


@pytest.fixture
def shop(aws, tmp_path):
    try:
        python_with_spark_3_5()
    except MissingPythonError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    create_domain(aws, Environment("shop", "sales", "dev"), ["sales"])
    SparkLake().native().ingest([OLD])
    return Workshop(aws, tmp_path)


def put_job(shop: Workshop) -> None:
    """Creates the job as pipeline_factory does: script, wheel and code of the task in the technical bucket."""
    package = Path(datalake_sdk.__file__).parent
    wheel = shutil.make_archive(str(shop.folder / "sdk"), "zip", package.parent, package.name)
    objects = {"load/entry_point.py": SCRIPT.encode(), "load/code/main.py": WRITES_AND_RAISES.encode()}
    for key, body in {"sdk.whl": Path(wheel).read_bytes(), **objects}.items():
        shop.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    shop.allow("job", "s3:*", "glue:*", "logs:CreateLogStream", "logs:PutLogEvents")
    shop.client("glue").create_job(
        Name="load",
        Role=f"{ROLE}job",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/load/entry_point.py", "PythonVersion": "3"},
        GlueVersion="5.1",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        DefaultArguments={
            "--additional-python-modules": f"s3://{BUCKET}/sdk.whl",
            "--conf": "spark.sql.shuffle.partitions=3 --conf spark.sql.codegen.wholeStage=false",
            "--custom-logGroup-prefix": GROUP,
            "--datalake-formats": "iceberg",
            "--task_code": f"s3://{BUCKET}/load/",
            "--task_retries": "0",
            "--task_variables": json.dumps(VARIABLES),
        },
    )


STATE = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Arguments": {
        "JobName": "load",
        "Arguments": {
            "--task_execution": "{% $string({'TASK_ADDITIONAL_PARAMETERS_city': $states.input.city, "
            "'step_function_execution_arn': $states.context.Execution.Id}) %}"
        },
    },
    "End": True,
}


def test_a_job_run_writes_with_spark_3_5_and_its_exception_fails_the_state(shop):
    put_job(shop)
    shop.allow("machine", "glue:StartJobRun", "glue:GetJobRun")
    shop.aws.enforce_iam()
    execution = shop.start(shop.machine({"Run": STATE}), {"city": "Nîmes"})
    shop.aws.wait_for(execution, *ENDED, seconds=150)
    ended = shop.sfn.describe_execution(executionArn=execution)
    assert ended["error"] == "States.TaskFailed", ended["cause"]
    run = json.loads(ended["cause"])
    assert run["ErrorMessage"] == "TerminalError: load: ValueError: ['3.5.6', '3.11'] 3 1"
    assert (run["JobRunState"], run["GlueVersion"]) == ("FAILED", "5.1")
    assert any("the task failed" in line for line in shop.log_lines(f"{GROUP}/output", run["Id"]))
    assert SparkLake().native().rows() == [{"id": 0, "city": "Nîmes"}, OLD]
