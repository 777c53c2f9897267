"""Tasks on Lambda: run_task, followed executions, failures and their reports."""

from __future__ import annotations

import json

import pytest

from test.aws.emulator.execution import ROLE, Workshop
from test.aws.sdk_task import task_variables

NAME = "shop_sales_dev_daily"
GROUP = f"{NAME}/load"
RUN_TASK = ("run_task", "--pipeline-name", "daily", "--task-name", "load")
CODE = """
import pyarrow as pa
def main(job):
    print("size", job.task_additional_parameters.get("size"))
    return {"sales.orders": job.ProcessingResponse(dataframe=pa.table({"id": [1, 2]}))}
"""
RAISES = """
import pyarrow as pa
def main(job):
    job.ingest("sales.orders", pa.table({"id": [1, 2]}))
    raise ConnectionResetError("connection lost")
"""
ALLOCATES = "import threading\ndef main(job):\n    held = bytearray(300_000_000)\n    threading.Event().wait()"
RETRY = [{"ErrorEquals": ["TransientError"], "MaxAttempts": 1, "IntervalSeconds": 1}]


class Function:
    """The function of the task load, as pipeline_factory defines it."""

    def __init__(self, shop):
        self.shop = shop
        self.client = shop.client("lambda")
        shop.role("function")
        shop.logs.create_log_group(logGroupName=GROUP)
        self.arn = self.client.create_function(
            FunctionName=f"{NAME}_load",
            Role=f"{ROLE}function",
            PackageType="Image",
            Code={"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"},
            ImageConfig={"Command": ["datalake_sdk.lambda_handler.handle"]},
            Environment={"Variables": {each["name"]: each["value"] for each in task_variables("append")}},
            LoggingConfig={"LogGroup": GROUP, "LogFormat": "Text"},
            MemorySize=1769,
            Timeout=600,
        )["FunctionArn"]
        self._publish("tasks/load", service="lambda", request={"FunctionName": self.arn}, log={"group": GROUP})
        self.state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "ResultPath": None,
            "Parameters": {
                "FunctionName": self.arn,
                "Payload": {
                    "task": "load",
                    "run.$": "States.UUID()",
                    "variables": {
                        "step_function_execution_arn.$": "$$.Execution.Id",
                        "step_function_execution_start_time.$": "$$.Execution.StartTime",
                    },
                },
            },
            "End": True,
        }

    def _publish(self, name, **fields):
        value = json.dumps({"computed_variables": [], **fields})
        self.shop.client("ssm").put_parameter(Name=f"/datalake/shop_sales_dev/daily/{name}", Value=value, Type="String")

    def write(self, code, **size):
        """Changes the code, and the size of the function."""
        (self.shop.folder / "code").mkdir(exist_ok=True)
        (self.shop.folder / "code" / "main.py").write_text(code)
        if size:
            self.client.update_function_configuration(FunctionName=f"{NAME}_load", **size)

    def machine(self, **fields):
        """Creates the state machine of the pipeline, and publishes it."""
        machine = self.shop.machine({"load": {**self.state, **fields}}, name=NAME)
        self._publish("operations", state_machine_arn=machine, dead_letter_queue_urls=[])
        return machine


@pytest.fixture
def function(program, tmp_path):
    return Function(Workshop(program.aws, tmp_path))


def rows(program):
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    return table["rows"]


def test_run_task_shows_the_log_of_its_run(program, function):
    function.write(CODE)
    ended = program.run(*RUN_TASK, "--parameter", "size=2")
    assert ended.exit_code == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "size 2"
    assert not any(line.startswith(("START", "END", "Run")) for line in lines)
    assert f"started {function.arn}, run " in ended.stderr
    assert rows(program) == 2


def test_run_task_reports_which_memory_a_task_needs(program, function):
    function.write(ALLOCATES, MemorySize=256)
    ended = program.run(*RUN_TASK)
    assert ended.exit_code == 1
    assert "Error: task 'load' failed: TaskOutOfMemoryError: the process of the task was killed" in ended.stderr
    assert "Hint: Set memory = 512 in the infra_config of the task" in ended.stderr
    assert f"Hint: See log group '{GROUP}', stream '" in ended.stderr


def test_an_execution_is_followed_with_its_log_and_its_rows(program, function):
    function.write(CODE)
    function.machine()
    ended = program.run("run_pipeline", "--pipeline-name", "daily", "--follow")
    assert ended.exit_code == 0, ended.stderr
    assert "[load] size None" in ended.stderr
    assert "load: succeeded, 2 rows, " in ended.stderr


def test_a_failure_is_investigated_with_the_log_of_its_last_attempt(program, function):
    function.write(RAISES)
    failed = function.shop.ended(function.shop.start(function.machine(Retry=RETRY)))
    ended = program.run("investigate", "--json")
    assert ended.exit_code == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert (report["execution"], report["message"]) == (failed["name"], "load: ConnectionResetError: connection lost")
    (task,) = report["tasks"]
    assert (task["task"], task["error"], task["attempts"]) == ("load", "TransientError", 2)
    assert task["message"] == "ConnectionResetError: connection lost"
    assert any("ConnectionResetError: connection lost" in line for line in task["log_lines"])
    assert "log-group/shop_sales_dev_daily$252Fload/log-events/" in task["log_link"]
    # The retry has skipped the rows of the first attempt.
    assert rows(program) == 2
