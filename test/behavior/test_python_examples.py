"""The examples of the Python API run, in the order of its page."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import datalake_sdk
from datalake_sdk.operations.test_task.lake import TestLake
from doc_resources import python_reference
from doc_resources.docstrings import Docstring

NEEDS_SPARK = "SparkProcessingWrapper"
PIPELINE = """
pipeline_name: daily
tasks:
  totals:
    type: sql
    path: totals
    input_tables: [raw.orders]
    output_tables: {sales.totals: {ingestion_mode: overwrite}}
"""


@pytest.mark.filterwarnings("ignore")
def test_the_examples_of_the_python_reference_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(python_reference.ORDERS, encoding="utf-8")
    names = {name: getattr(datalake_sdk, name) for name in datalake_sdk.__all__}
    names |= {"Path": Path, "lake": TestLake(tmp_path / "test_lake")}
    for name, example in python_reference.examples():
        if NEEDS_SPARK not in name:
            run(name, example, names)


def run(name: str, example: str, names: dict[str, object]) -> None:
    """Runs an example and keeps its variables for the next one."""
    report: list[str] = []
    session = doctest.DocTestParser().get_doctest(example, names, name, None, 0)
    doctest.DocTestRunner().run(session, out=report.append, clear_globs=False)
    names.update(session.globs)
    assert not report, "".join(report)


def test_the_examples_of_the_fixtures_run(tmp_path):
    (tmp_path / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    for folder in ("code", "tests"):
        (tmp_path / "totals" / folder).mkdir(parents=True)
    (tmp_path / "totals/code/main.sql").write_text(python_reference.TASK_SQL, encoding="utf-8")
    for name, fixture in python_reference.FIXTURES.items():
        test = f"import pytest\n\n{Docstring.of(fixture).example}\n"
        (tmp_path / f"totals/tests/test_{name}.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "totals/tests"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert "4 passed" in finished.stdout, finished.stdout + finished.stderr
