"""Runs the tests in the folder of a task on throw-away lakes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from datalake_sdk.errors import NoTaskTestsError, PytestMissingError
from datalake_sdk.operations.run_pipeline import plan_run, run_pipeline
from datalake_sdk.operations.run_pipeline.environments import cache_folder, python_program, requirements_of
from datalake_sdk.operations.run_pipeline.processes import Processes
from datalake_sdk.operations.run_pipeline.task_process import TaskState, TaskStatus
from datalake_sdk.operations.test_task.cases import Case, read_case
from datalake_sdk.operations.test_task.definition import task_in
from datalake_sdk.operations.test_task.differences import row_differences
from datalake_sdk.operations.test_task.lake import TestLake

TESTS = "tests"
PLUGIN = "datalake_sdk.pytest_plugin"
_LOG_LINES = 20


@dataclass(frozen=True)
class TaskTests:
    """The tests of a task.

    Args:
        folder: Folder of the task.
        cases: Tests in YAML files.
        has_pytest_files: Whether there are files for pytest.
    """

    folder: Path
    cases: Sequence[Case]
    has_pytest_files: bool


@dataclass(frozen=True)
class TestResult:
    """Result of a test.

    Args:
        name: Name of its file.
        failures: Lines that explain its failure; none if it passed.
    """

    name: str
    failures: Sequence[str]


def find_tests(folder: Path) -> TaskTests:
    """Finds `tests/*.yaml` and `tests/test_*.py` in the folder of a task.

    Raises:
        NoTaskTestsError: There are none.
        PytestMissingError: There are files for pytest, which is not installed.
        TaskTestError: A YAML file is invalid.
    """
    tests = folder / TESTS
    cases = [read_case(file) for file in sorted(tests.glob("*.yaml"))]
    has_pytest_files = any(tests.glob("test_*.py"))
    if not cases and not has_pytest_files:
        raise NoTaskTestsError(tests)
    if has_pytest_files and find_spec("pytest") is None:
        raise PytestMissingError(tests)
    return TaskTests(folder, cases, has_pytest_files)


def run_cases(tests: TaskTests) -> Iterator[TestResult]:
    """Runs the tests in YAML files, each on an empty lake."""
    for case in tests.cases:
        with TemporaryDirectory(prefix="datalake_sdk-test-") as folder:
            yield TestResult(case.file.name, list(_failures(tests.folder, case, TestLake(Path(folder)))))


def run_pytest(tests: TaskTests) -> int:
    """Runs the files for pytest, in the folder of the task; returns the exit code of pytest."""
    _, task = task_in(tests.folder)
    log = cache_folder() / f"{task.name}.log"
    with Processes() as processes:
        python = python_program(requirements_of(task, tests.folder), processes, log, on_install=lambda: None)
    command = [python, "-m", "pytest", "-q", "-p", PLUGIN, TESTS]
    return subprocess.run(command, cwd=tests.folder, check=False).returncode


def _failures(folder: Path, case: Case, lake: TestLake) -> Iterator[str]:
    for table, rows in case.given.items():
        lake.write(str(table), rows)
    for path, file in case.files.items():
        lake.add_file(path, file)
    pipeline, _ = task_in(folder, map(str, case.expected), case.parameters)
    (status,) = run_pipeline(plan_run(lake.environment, pipeline, case.input), on_change=lambda status: None)
    if status.state != TaskState.SUCCEEDED:
        yield from _task_failure(status)
        return
    for table, rows in case.expected.items():
        expected = lake.file_rows(rows) if isinstance(rows, Path) else rows
        if differences := row_differences(expected, lake.rows(str(table))):
            yield f"{table}: rows differ (- expected, + written)"
            yield from differences


def _task_failure(status: TaskStatus) -> Iterator[str]:
    yield f"the task failed: {status.error}"
    yield from status.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
