"""A task of the type dbt."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from datalake_sdk.errors import DbtBuildError, EmptyDbtSelectionError, UndeclaredModelTableError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.reading import RunState, iterate_runs
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.platforms.select import open_platform, resolve_environment


@pytest.fixture(scope="module")
def folder(make_project):
    """The folder of a task, with the project in `code`; the task defines the profile."""
    project = make_project()
    task = project.folder.parent / "task"
    task.mkdir()
    project.folder.rename(task / "code")
    (task / "code/profiles.yml").unlink()
    (task / "code/models/wrong.sql").write_text(
        "select amount + '{{ var(\"word\") }}' as total from {{ ref('raw_orders') }}"
    )
    return task


@pytest.fixture
def run(folder, monkeypatch):
    """`run(parameters, outputs)`: runs the task and returns its result."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TASK_TYPE", "dbt")

    def run(parameters, *outputs):
        for name, value in parameters.items():
            monkeypatch.setenv(f"TASK_ADDITIONAL_PARAMETERS_{name}", value)
        monkeypatch.setenv("OUTPUT_TABLES", json.dumps({table: {} for table in outputs}))
        return NativePythonProcessingWrapper(pipeline_name="sales", task_name="models").execute()

    return run


def test_an_undeclared_table_is_an_error_before_anything_is_written(run):
    with pytest.raises(UndeclaredModelTableError, match="'wrong writes sales.wrong'"):
        run({"dbt_select": "raw_orders wrong", "word": "abc"}, "sales.raw_orders")
    assert run({"dbt_select": "raw_orders"}, "sales.raw_orders")["tables"]["sales.raw_orders"]["rows_deleted"] == 0


def test_a_failure_names_the_model(run):
    with pytest.raises(DbtBuildError, match="dbt nodes failed: wrong: Database Error in model wrong"):
        run({"dbt_select": "wrong", "word": "abc"}, "sales.*")


def test_a_selection_without_nodes_is_an_error(run):
    with pytest.raises(EmptyDbtSelectionError, match="dbt_select is 'order', which matches no node"):
        run({"dbt_select": "order"}, "sales.*")


def test_the_ledger_has_a_run_for_each_model_and_the_results_of_tests(run):
    run({"dbt_select": "raw_orders customers orders"}, "sales.*")
    assert flush()
    platform = open_platform(resolve_environment(None, None, None, local_root=Path(os.environ["DATALAKE_LOCAL_ROOT"])))
    runs = list(iterate_runs(platform.run_events))
    (task,) = [each for each in runs if each.run.job.name == "sales.models" and each.state is RunState.SUCCEEDED][:1]
    models = {each.run.job.name: each for each in runs if each.run.parent and each.run.parent.run_id == task.run.id}
    orders = models["sales.model.shop.orders"]
    assert [each.name for each in orders.inputs] == ["dev_sales.raw_orders"]
    (written,) = [each for each in task.outputs if each.name == "dev_sales.orders"]
    assert {(check.column, check.passed) for check in written.checks} >= {("order_id", True), ("customer_id", True)}
    sources = {column: [each.column for each in found] for column, found in orders.outputs[0].lineage.items()}
    assert sources["order_id"] == ["order_id"]
