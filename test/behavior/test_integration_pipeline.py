"""The integration pipeline on an embedded lake, without its Spark task."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from test.behavior.pipeline_project import Project
from test.utils.pipeline_utils.checks import Check

PIPELINE = Path(__file__).parents[1] / "integration_tests_pipeline"
FILES = {"files": ["integration_tests/data/orders.csv", "integration_tests/data/orders.jsonl"]}


@pytest.fixture
def project(tmp_path):
    """The pipeline, and its files in the technical bucket of the lake."""
    bucket = tmp_path / "lake/local-lake-dev-technical/integration_tests"
    shutil.copytree(PIPELINE / "data", bucket / "data")
    return Project(tmp_path, "run_pipeline")


def test_a_run_checks_its_tables(project):
    code, _, errors = project.run(str(PIPELINE / "pipeline.yaml"), "--parameters", json.dumps(FILES))
    assert code == 0, errors
    checked = project.rows("checks", "integration_tests")
    assert [(row["name"], row["difference"]) for row in checked] == [
        ("orders", ""),
        ("orders_by_day", ""),
        ("loads", ""),
    ]


def test_a_difference_names_expected_and_found_rows():
    check = Check("orders", "SELECT 1", [("1", "12.50")])
    assert check.difference(lambda _: [(1, Decimal("12.50"))]) == ""
    assert check.difference(lambda _: [(1, None)]) == "expected [('1', '12.50')], found [('1', 'None')]"
