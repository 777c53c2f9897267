"""A task of the SDK on the emulator, as pipeline_factory defines it."""

from __future__ import annotations

import json
from typing import Any

from test.aws.emulator.execution import Workshop

COMMAND = ["python", "-m", "datalake_sdk.native_python_processing_wrapper"]
COMPUTED_VARIABLES = [
    {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"},
    {"Name": "step_function_execution_arn", "Value.$": "$$.Execution.Id"},
]


def sdk_task(shop: Workshop, code: str, mode: str = "append", **fields: Any) -> dict[str, Any]:
    """Defines the task load of the pipeline daily, which writes sales.orders; returns its state.

    Args:
        shop: Helpers for the emulator.
        code: Source of code/main.py.
        mode: Ingestion mode of sales.orders.
        fields: Fields of the state.
    """
    shop.define_task("", command=COMMAND, environment=task_variables(mode))
    (shop.folder / "code").mkdir(exist_ok=True)
    (shop.folder / "code" / "main.py").write_text(code)
    return shop.run_task_state(".waitForTaskToken", environment=COMPUTED_VARIABLES, ResultPath=None, **fields)


def task_variables(mode: str) -> list[dict[str, str]]:
    """Returns the environment variables in the definition of the task."""
    variables = {
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
        "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": mode, "upsert_keys": ["id"]}}),
    }
    return [{"name": name, "value": value} for name, value in variables.items()]
