"""Fixtures for tests of tasks: `lake`, `job`, `job_input` and `job_parameters`. pytest loads this module as a plugin.

Heavy libraries are imported by the fixtures, so that other tests do not pay for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper
    from datalake_sdk.operations.test_task.lake import TestLake


@pytest.fixture
def lake(tmp_path: Path) -> TestLake:
    """A throw-away lake with the methods `write`, `add_file`, `rows` and `query`.

    Example:
        def test_a_lake_contains_the_rows_written_to_it(lake):
            lake.write("raw.orders", [{"country": "fr", "amount": 2.0}])
            assert lake.rows("raw.orders") == [{"country": "fr", "amount": 2.0}]
    """
    from datalake_sdk.operations.test_task.lake import TestLake

    return TestLake(tmp_path / "lake")


@pytest.fixture
def job_input() -> Any:
    """Input of the run, from which parameters with `.$` and the logical date are taken. Tests may override it.

    Example:
        @pytest.fixture
        def job_input():
            return {"logical_date": "2026-01-31"}


        def test_the_task_covers_the_date_of_its_input(job):
            assert job.logical_date == "2026-01-31"
    """
    return {}


@pytest.fixture
def job_parameters() -> dict[str, str]:
    """Parameters added to those of the task, such as the item of a loop. Tests may override it.

    Example:
        @pytest.fixture
        def job_parameters():
            return {"country": "it"}


        def test_the_task_has_the_parameter(job):
            assert job.task_additional_parameters["country"] == "it"
    """
    return {}


@pytest.fixture
def job(
    lake: TestLake,
    job_input: Any,
    job_parameters: dict[str, str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BaseProcessingWrapper]:
    """The `job` of the task whose folder contains `tests/`; `job.execute()` runs its code and writes its tables.

    Example:
        def test_amounts_are_added_up_by_country(lake, job):
            lake.write("raw.orders", [{"country": "fr", "amount": 2.0}, {"country": "fr", "amount": 3.0}])
            job.execute()
            assert lake.rows("sales.totals") == [{"country": "fr", "amount": 5.0}]
    """
    from datalake_sdk.operations.run_pipeline import plan_run
    from datalake_sdk.operations.run_pipeline.task_process import Invocation, local_variables, task_variables
    from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER
    from datalake_sdk.operations.task_code import CODE_FOLDER
    from datalake_sdk.operations.test_task.definition import task_in
    from datalake_sdk.pipelines.parameters import task_parameters
    from datalake_sdk.runtime.environment import EXECUTION_ARN, LOCAL_ROOT, TASK_TOKEN

    folder = _task_folder(request.path)
    pipeline, task = task_in(folder, parameters=job_parameters)
    run = plan_run(lake.environment, pipeline, job_input).run
    parameters = task_parameters(task, run.input_for(task.name))
    variables = task_variables(pipeline, run, Invocation(task, parameters))
    for name, value in {**variables, **local_variables(pipeline, task), LOCAL_ROOT: str(lake.root)}.items():
        if name not in (TASK_TOKEN, EXECUTION_ARN):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    with closing(_wrapper(task.is_spark)(tables_configuration=CODE_FOLDER / DEFAULT_FOLDER)) as job:
        yield job


def _task_folder(file: Path) -> Path:
    return next((folder for folder in file.parents if (folder / "code").is_dir()), file.parent)


def _wrapper(is_spark: bool) -> type[BaseProcessingWrapper]:
    if is_spark:
        from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper

        return SparkProcessingWrapper
    from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

    return NativePythonProcessingWrapper
