"""Reads quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from datalake_sdk.engine.scan import query_rows, relation
from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.engine.selection import Selection
from datalake_sdk.errors import UnreadableQuarantineError
from datalake_sdk.json_values import Conversion, InvalidValueError, conversion
from datalake_sdk.sql_quotes import literal
from datalake_sdk.temporary_folders import process_folder

INGESTION_SCHEMA = pa.schema(
    [
        ("ingestion_id", pa.string()),
        ("rows", pa.int64()),
        ("run_id", pa.string()),
        ("pipeline_name", pa.string()),
        ("task_name", pa.string()),
        ("write_options", pa.string()),
        ("quarantined_at", pa.timestamp("us", "UTC")),
        ("checks", pa.string()),
        ("input_files", pa.string()),
    ]
)
_INGESTIONS = """
SELECT ingestion_id, count(*)::BIGINT AS rows, any_value(run_id) AS run_id, any_value(pipeline_name) AS pipeline_name,
  any_value(task_name) AS task_name, any_value(write_options) AS write_options, min(quarantined_at) AS quarantined_at,
  to_json(histogram_checks) AS checks, to_json(list_sort(list(DISTINCT input_file)
  FILTER (input_file IS NOT NULL))) AS input_files
FROM all_rows LEFT JOIN (
  SELECT ingestion_id AS id, histogram("check") AS histogram_checks
  FROM (SELECT ingestion_id, unnest(checks) AS "check" FROM all_rows) GROUP BY ALL
) ON id = ingestion_id
GROUP BY ingestion_id, histogram_checks ORDER BY quarantined_at, ingestion_id
"""


def quarantined_ingestions(quarantine: Table) -> list[dict[str, Any]]:
    """Returns one record per ingestion with quarantined rows, oldest first: the columns of `INGESTION_SCHEMA`."""
    if quarantine.current_snapshot() is None:
        return []
    found = query_rows(quarantine, {"all_rows": relation(quarantine)}, _INGESTIONS, INGESTION_SCHEMA).read_all()
    return [
        row | {"checks": json.loads(row["checks"] or "{}"), "input_files": json.loads(row["input_files"] or "[]")}
        for row in found.to_pylist()
    ]


@dataclass(frozen=True)
class QuarantineFilter:
    """Quarantined rows to select; fields that are None select all rows.

    Args:
        ingestion_id: Ingestion that the rows belong to.
        run_id: Run that wrote them.
        check: Check that they violate.
        before: Time before which they were quarantined, with time zone.
    """

    ingestion_id: str | None = None
    run_id: str | None = None
    check: str | None = None
    before: datetime | None = None

    def __str__(self) -> str:
        names = {"ingestion": self.ingestion_id, "run": self.run_id, "check": self.check}
        return ", ".join(f"{name} '{value}'" for name, value in names.items() if value is not None)

    @property
    def condition(self) -> str | None:
        """Condition in DuckDB's SQL; None selects all rows."""
        conditions = {
            "ingestion_id = {}": self.ingestion_id,
            "run_id = {}": self.run_id,
            "list_contains(checks, {})": self.check,
            "quarantined_at < {}::TIMESTAMPTZ": None if self.before is None else self.before.isoformat(),
        }
        given = [text.format(literal(value)) for text, value in conditions.items() if value is not None]
        return " AND ".join(given) or None


def quarantined_rows(quarantine: Table, selected: QuarantineFilter) -> Iterator[pa.RecordBatch]:
    """Reads quarantined rows.

    Args:
        quarantine: The quarantine of a table.
        selected: Rows to read.
    """
    snapshot = quarantine.current_snapshot()
    if snapshot is not None:
        yield from Selection(quarantine, snapshot.snapshot_id, where=selected.condition).stream()


@contextmanager
def local_copy(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Copies rows to local disk and maps the copy into memory, so that it can be read several times in one order."""
    with TemporaryDirectory(prefix="replay-", dir=process_folder(), ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "rows.arrow")
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        with pa.memory_map(path) as source:
            yield pa.ipc.open_file(source).read_all()


def restored_schema(schema: Schema, text: str) -> pa.Schema:
    """Returns the columns of quarantined rows, in the types of their table.

    Args:
        schema: Schema of the table.
        text: One of the rows as JSON; all rows of an ingestion have the same columns.
    """
    given = json.loads(text)
    columns = [field for field in schema.fields if field.name in given]
    return pa.schema([pa.field(field.name, arrow_type(field.field_type)) for field in columns])


def restored_rows(table: str, schema: Schema, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """Converts quarantined rows to rows of their table.

    Args:
        table: Name for messages.
        schema: Schema of the table.
        rows: Columns `quarantine_id` and `row` of at least one row of an ingestion.

    Raises:
        UnreadableQuarantineError: A value does not fit its column.
    """
    target = restored_schema(schema, rows["row"][0].as_py())
    conversions = {name: conversion(schema.find_field(name).field_type, non_finite=True) for name in target.names}
    for batch in rows.to_batches():
        identified = zip(batch.column("quarantine_id").to_pylist(), batch.column("row").to_pylist(), strict=True)
        records = [_record(table, key, text, conversions) for key, text in identified]
        columns = [pa.array([record[field.name] for record in records], field.type) for field in target]
        yield pa.RecordBatch.from_arrays(columns, schema=target)


def _record(table: str, key: str, text: str, conversions: Mapping[str, Conversion]) -> dict[str, Any]:
    values = json.loads(text, parse_float=Decimal)
    record: dict[str, Any] = {}
    for name, convert in conversions.items():
        value = values.get(name)
        try:
            record[name] = None if value is None else convert(value)
        except InvalidValueError as error:
            raise UnreadableQuarantineError(table, key, name + error.path, error.problem) from None
    return record
