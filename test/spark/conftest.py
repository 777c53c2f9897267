"""A lake for Spark, whose JVM runs until the test process exits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from test.spark import RUNS_SPARK
from test.spark.lake import SparkLake


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for marker in RUNS_SPARK:
                item.add_marker(marker)


@pytest.fixture
def lake(tmp_path: Path) -> SparkLake:
    return SparkLake(tmp_path / "lake")
