"""Columns of every Arrow type and layout are read back with their values, or rejected with an error of the SDK."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk.errors import DatalakeError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionRequest, TableName
from test.property.arrow_columns import LEAVES, UNSUPPORTED, Column, columns

TABLE = TableName("property", "rows")
APPEND = IngestionRequest(TABLE)


@contextmanager
def empty_lake() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield open_platform(Environment("shop", "sales", "dev", local_root=Path(folder)))
        finally:
            flush()


def batch(column: Column) -> pa.Table:
    return pa.table({"id": range(len(column.values)), "v": column.array})


@settings(max_examples=80)
@given(column=st.integers(1, 4).flatmap(lambda size: columns(LEAVES, size)))
def test_values_of_every_type_and_layout_are_read_as_written(column):
    with empty_lake() as lake:
        ingest(lake, APPEND, batch(column))
        rows: list[dict[str, Any]] = read_table(lake, TABLE).read_all().sort_by("id").to_pylist()
        assert [row.get("v") for row in rows] == column.values


@settings(max_examples=30)
@given(column=columns(UNSUPPORTED, 2))
def test_types_that_iceberg_cannot_store_are_rejected(column):
    with empty_lake() as lake, pytest.raises(DatalakeError, match="column 'v"):
        ingest(lake, APPEND, batch(column))
