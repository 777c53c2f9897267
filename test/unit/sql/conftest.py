"""Fixtures for statements without tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from datalake_sdk.platforms.local.sql import LocalSql


@pytest.fixture
def rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[tuple[Any, ...]]]:
    """Returns a function that runs a statement without tables and returns its rows."""

    def run(statement: str) -> list[tuple[Any, ...]]:
        result = LocalSql(tmp_path_factory.getbasetemp()).query(statement, _no_tables).read_all()
        return list(zip(*[column.to_pylist() for column in result.columns], strict=True))

    return run


def _no_tables(reference: object) -> str:
    raise AssertionError(f"{reference} does not exist in this test")
