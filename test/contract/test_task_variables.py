"""The runtime reads the variables of the golden file, which the Terraform tests also check."""

from __future__ import annotations

import json
from pathlib import Path

from datalake_sdk.runtime import environment

CONTRACT = json.loads((Path(__file__).parent / "task_variables.json").read_text(encoding="utf-8"))


def test_the_runtime_reads_the_variables_that_terraform_sets():
    names = {
        setter: sorted(name for name, by in environment.SET_BY.items() if by.startswith(f"the {setter}"))
        for setter in ("state", "task's definition")
    }
    assert names == {"task's definition": CONTRACT["task definition"], "state": CONTRACT["state"]}
    assert CONTRACT["parameter prefix"] == environment.PARAMETER_PREFIX
