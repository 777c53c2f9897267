"""SQL without tables: what a statement gives on its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datalake_sdk.platforms.local.sql import LocalSql


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs a statement that names no tables and returns its rows."""

    def run(statement: str) -> list[tuple[Any, ...]]:
        result = LocalSql(tmp_path).query(statement, _no_tables).read_all()
        return list(zip(*[column.to_pylist() for column in result.columns], strict=True))

    return run


def _no_tables(reference: object) -> str:
    raise AssertionError(f"{reference} is no part of this test")
