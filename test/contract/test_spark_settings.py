"""Job runs on EMR Serverless, which Terraform configures, have the Spark settings of the SDK."""

from __future__ import annotations

import re
from pathlib import Path

from datalake_sdk.platforms.aws.emr_runs import DRIVER_VARIABLE, EXECUTOR_VARIABLE
from datalake_sdk.spark_engine.settings import ON_EMR

STATE = Path(__file__).parents[2] / "pipeline_factory" / "modules" / "emr_factory" / "state.tf"


def test_a_job_run_is_submitted_with_the_settings_of_the_sdk():
    (block,) = re.findall(r"release_settings = \{(.*?)\}", STATE.read_text(encoding="utf-8"))
    assert dict(re.findall(r'"(.*?)" = "(.*?)"', block)) == {setting.name: setting.value for setting in ON_EMR}


def test_environment_variables_of_a_job_run_are_set_for_the_driver_and_the_executors():
    code = STATE.read_text(encoding="utf-8")
    assert f'"{DRIVER_VARIABLE}${{name}}"' in code
    assert f'"{EXECUTOR_VARIABLE}${{name}}"' in code
