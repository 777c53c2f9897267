"""The runtime reads the variables of the golden file, which the Terraform tests also check."""

from __future__ import annotations

import json
from pathlib import Path

from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.operations.run_pipeline.task_process import Invocation, task_variables
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.platforms.select import resolve_environment
from datalake_sdk.runtime import environment

CONTRACT = json.loads((Path(__file__).parent / "task_variables.json").read_text(encoding="utf-8"))


def test_the_runtime_reads_the_variables_that_terraform_sets():
    names = {
        setter: sorted(name for name, by in environment.SET_BY.items() if by.startswith(f"the {setter}"))
        for setter in ("iteration", "state", "task's definition")
    }
    assert names == {
        "task's definition": CONTRACT["task definition"],
        "state": CONTRACT["state"],
        "iteration": CONTRACT["iteration"],
    }
    assert CONTRACT["parameter prefix"] == environment.PARAMETER_PREFIX


def test_a_local_run_sets_the_same_variables(tmp_path):
    environment = resolve_environment(None, None, None, local_root=tmp_path)
    task = Task("load", additional_parameters={"source": "inbox"})
    pipeline = Pipeline("daily", {"load": task}, {}, tmp_path)
    variables = task_variables(pipeline, new_run(environment, "daily", None), Invocation(task, {"source": "inbox"}))
    assert sorted(variables) == sorted(
        [*CONTRACT["task definition"], *CONTRACT["state"], f"{CONTRACT['parameter prefix']}source"]
    )
