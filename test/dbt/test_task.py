"""A task of the type dbt."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.errors import DbtBuildError, EmptyDbtSelectionError, UndeclaredModelTableError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper


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
