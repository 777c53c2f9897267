"""The SDK's reader, its SQL and independent engines read the same rows from a table."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from datalake_sdk.engine.table_properties import AUTOMATIC_MAINTENANCE, MERGE_MODE
from datalake_sdk.operations.query import query
from test.behavior.lake import Lake

TYPES = pa.schema(
    {
        "id": pa.int64(),
        "flag": pa.bool_(),
        "small": pa.int32(),
        "ratio": pa.float64(),
        "single": pa.float32(),
        "price": pa.decimal128(18, 4),
        "name": pa.string(),
        "raw": pa.binary(),
        "day": pa.date32(),
        "clock": pa.time64("us"),
        "seen": pa.timestamp("us"),
        "sent": pa.timestamp("us", "UTC"),
        "place": pa.struct({"city": pa.string(), "at": pa.struct({"x": pa.float64()})}),
        "tags": pa.list_(pa.string()),
        "counts": pa.map_(pa.string(), pa.int64()),
    }
)


def typed(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "flag": number % 2 == 0,
        "small": -number,
        "ratio": number / 3,
        "single": number / 4,
        "price": Decimal(number).scaleb(-4),
        "name": f"ünï {number}",
        "raw": bytes([0, number, 255]),
        "day": date(1969, 12, 30 + number % 2),
        "clock": time(23, 59, 59, number),
        "seen": datetime(1969, 12, 31, 23, 59, 59, number),
        "sent": datetime(2026, 3, 29, 1, 0, 0, number, tzinfo=UTC),
        "place": {"city": "Köln", "at": {"x": float(number)}},
        "tags": ["a", None, str(number)][: number % 4],
        "counts": [("one", number), ("two", None)][: number % 3],
    }


def rows_of(*numbers: int) -> pa.Table:
    return pa.Table.from_pylist([typed(number) for number in numbers], TYPES)


@pytest.fixture(autouse=True)
def planner(monkeypatch):
    """Selects the scan planner of Polars explicitly, because its default warns if a package is missing."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")


def merge_on_read(lake: Lake) -> None:
    with lake.iceberg().transaction() as transaction:
        transaction.set_properties({MERGE_MODE.name: "merge-on-read", AUTOMATIC_MAINTENANCE.name: "false"})


def every_type(lake: Lake) -> int:
    nothing = pa.Table.from_pylist([{"id": 12}], TYPES)
    lake.ingest(pa.concat_tables([rows_of(*range(12)), nothing]))
    return 13


def partitioned(lake: Lake) -> int:
    lake.ingest(rows_of(*range(12)), partitions=("day", "month(sent)", "bucket(3, name)", "truncate(2, small)"))
    return 12


def marked_rows(lake: Lake) -> int:
    lake.ingest(rows_of(*range(12)))
    merge_on_read(lake)
    for numbers in ((2, 3), (3, 4, 12)):
        lake.upsert(rows_of(*numbers))
    return 13


def marked_rows_of_partitions(lake: Lake) -> int:
    lake.ingest(rows_of(*range(12)), partitions=("day",))
    merge_on_read(lake)
    moved = rows_of(3, 4).set_column(TYPES.get_field_index("day"), TYPES.field("day"), [[date(2026, 1, 1)] * 2])
    lake.upsert(moved)
    return 12


def evolved_schema(lake: Lake) -> int:
    lake.ingest([{"id": number, "v": "old"} for number in range(6)])
    merge_on_read(lake)
    lake.upsert([{"id": number, "w": {"new": number}} for number in (1, 2, 6)])
    lake.ingest([{"w": {"new": 9, "newer": "x"}, "id": 9}])
    return 8


def evolved_spec(lake: Lake) -> int:
    lake.ingest(rows_of(*range(6)), partitions=("day",))
    lake.ingest(rows_of(*range(6, 12)), partitions=("bucket(2, id)",))
    merge_on_read(lake)
    lake.upsert(rows_of(1, 7, 12))
    return 13


MARKED = [marked_rows, marked_rows_of_partitions, evolved_schema, evolved_spec]


def by_sql(lake: Lake) -> list[dict[str, Any]]:
    return query(lake.platform, "SELECT * FROM dev_sales.orders").read_all().to_pylist()


def by_pyiceberg(lake: Lake) -> list[dict[str, Any]]:
    return lake.iceberg().scan().to_arrow().to_pylist()


def by_polars(lake: Lake) -> list[dict[str, Any]]:
    options = {
        "aws_endpoint_url": os.environ.get("AWS_ENDPOINT_URL", ""),
        "aws_allow_http": "true",
    }
    table = lake.iceberg()
    scan = pl.scan_iceberg(
        table if lake.local_root is None else table.metadata_location,
        reader_override="native",
        storage_options=None if lake.local_root else options,
    )
    return scan.collect().to_dicts()


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Normalizes maps, which are pairs or dictionaries, and timestamps, whose time zone classes differ."""
    if row.get("counts") is not None:
        row = row | {"counts": dict(row["counts"])}
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
        for name, value in row.items()
    }


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((comparable(row) for row in rows), key=lambda row: row["id"])


@pytest.mark.parametrize("read", [by_sql, by_pyiceberg, by_polars])
@pytest.mark.parametrize("make", [every_type, partitioned, *MARKED])
def test_every_engine_reads_the_same_rows(lake, make: Callable[[Lake], int], read):
    count = make(lake)
    assert any(task.delete_files for task in lake.iceberg().scan().plan_files()) == (make in MARKED)
    rows = by_id(lake.rows())
    assert len(rows) == count
    assert by_id(read(lake)) == rows


@pytest.mark.parametrize("numbers", [range(12), (3, 4)])
def test_values_of_every_type_are_read_back_unchanged(lake, numbers):
    lake.ingest(rows_of(*numbers))
    assert by_id(lake.rows()) == by_id(rows_of(*numbers).to_pylist())
