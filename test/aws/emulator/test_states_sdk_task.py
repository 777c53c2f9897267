"""A task folder of the SDK runs in a state machine as it would on Fargate."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.settings import Environment
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")
COMMAND = ["python", "-m", "datalake_sdk.native_python_processing_wrapper"]
GOOD = """
import pyarrow as pa
def main(job):
    rows = pa.table({"id": [1, 2], "day": [job.logical_timestamp.date()] * 2})
    return {"sales.orders": job.ProcessingResponse(dataframe=rows, job_end_message="two orders")}
"""


@pytest.fixture
def pipeline(shop):
    create_domain(shop.aws, ENVIRONMENT, ["sales"])
    (shop.folder / "code").mkdir()
    variables = {
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
        "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
    }
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    shop.define_task("", command=COMMAND, environment=environment)

    def run(code, given):
        (shop.folder / "code" / "main.py").write_text(code)
        parameters = [
            {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"},
            {"Name": "step_function_execution_arn", "Value.$": "$$.Execution.Id"},
            {"Name": "step_function_execution_input", "Value.$": "States.JsonToString($$.Execution.Input)"},
        ]
        state = shop.run_task_state(".waitForTaskToken", environment=parameters, TimeoutSeconds=50)
        return shop.execute({"Load": state}, given)

    return run


def test_a_task_writes_its_table_and_returns_the_output_of_its_state(pipeline, shop):
    execution = pipeline(GOOD, {"logical_date": "2026-02-03T00:00:00Z"})
    assert execution["status"] == "SUCCEEDED", execution
    assert "two orders" in execution["output"]
    table = shop.client("glue").get_table(DatabaseName="dev_sales", Name="orders")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["id", "day"]


def test_a_failing_task_fails_its_state_with_its_reason(pipeline, shop):
    execution = pipeline("def main(job): raise ValueError('no rows')", {})
    assert execution["status"] == "FAILED"
    assert "no rows" in execution["cause"]
    (task,) = shop.ecs.list_tasks(cluster="cluster")["taskArns"]
    assert shop.stopped(task)["containers"][0]["exitCode"] == 1
