"""Rows of a quarantine: each as JSON, with the checks that it violates and where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import pyarrow as pa

from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.errors import NanPartitionError
from datalake_sdk.row_format import json_rows
from datalake_sdk.settings import DuplicateKeys, IngestionMode, IngestionRequest

QUARANTINE_SCHEMA = pa.schema(
    [
        ("quarantine_id", pa.string()),
        ("row", pa.string()),
        ("checks", pa.list_(pa.string())),
        ("reason", pa.string()),
        ("ingestion_id", pa.string()),
        ("run_id", pa.string()),
        ("pipeline_name", pa.string()),
        ("task_name", pa.string()),
        ("input_file", pa.string()),
        ("input_row", pa.int64()),
        ("partition", pa.string()),
        ("write_options", pa.string()),
        ("quarantined_at", pa.timestamp("us", "UTC")),
    ]
)
DESCRIPTIONS: Mapping[str, str] = {
    "quarantine_id": "Identifies the quarantined row",
    "row": "The row as a JSON object",
    "checks": "Names of the checks that the row violates",
    "reason": "What the checks require",
    "ingestion_id": "Ingestion that the row belongs to",
    "run_id": "Execution of the pipeline, or run of the command",
    "pipeline_name": "Pipeline that wrote the row",
    "task_name": "Task that wrote the row",
    "input_file": "File that contains the row, if the ingestion read files",
    "input_row": "Number of the row in its file, or in the dataframe, from 1",
    "partition": "Partition of the table that the row belongs to",
    "write_options": "How the row was written, as a JSON object",
    "quarantined_at": "Time of the ingestion",
}
_PUBLISHED = "published"


@dataclass(frozen=True)
class Origin:
    """The ingestion that rows belong to.

    Args:
        ingestion_id: Id of the ingestion.
        run_id: Execution of a pipeline, or run of a command.
        write_options: How the rows were written; see `write_options`.
        quarantined_at: Time of the ingestion.
        locations: Columns `input_file` and `input_row` of each row of the batch; None if the batch is the input.
    """

    ingestion_id: str
    run_id: str | None
    pipeline_name: str | None
    task_name: str | None
    write_options: str
    quarantined_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    locations: pa.Table | None = None


@dataclass(frozen=True)
class Replay:
    """A write of quarantined rows.

    Args:
        origin: The ingestion that the rows belong to; the quarantine keeps those of its rows that are rejected again.
        last_change: Last change of the quarantine before its rows were read; the write fails after another one.
    """

    origin: Origin
    last_change: str | None


@dataclass(frozen=True)
class RejectedRows:
    """Rows of a batch that violate checks.

    Args:
        rows: The rows in the schema of the table.
        checks: Names of the checks that each row violates.
        reasons: What these checks require, by row.
        positions: Position of each row in its part of the batch; None if unknown.
        part: Number of the part of the batch; None if unknown.
    """

    rows: pa.Table
    checks: Sequence[Sequence[str]]
    reasons: Sequence[str]
    positions: Sequence[int] | None = None
    part: int | None = None


def write_options(request: IngestionRequest) -> str:
    """Returns the options of a write that a replay needs, as JSON without defaults."""
    given = {
        "mode": request.mode.value,
        "upsert_keys": list(request.upsert_keys),
        "on_duplicate": request.on_duplicate.value if request.on_duplicate is not DuplicateKeys.REFUSE else None,
        "order_by": request.order_by,
    }
    return json.dumps({name: value for name, value in given.items() if value})


def unpublished(stored: str) -> str:
    """Returns the options of an overwrite whose rows were to replace stored rows, of which none were replaced."""
    return json.dumps(json.loads(stored) | {_PUBLISHED: False})


def is_unpublished(stored: str) -> bool:
    """Whether rows with these options were to replace stored rows, which the table still has."""
    return json.loads(stored).get(_PUBLISHED) is False


def replay_options(stored: str) -> dict[str, object]:
    """Returns the fields of an `IngestionRequest` with which rows are replayed.

    A replay of an overwrite appends: it adds rows that the overwrite did not publish.
    """
    given = json.loads(stored)
    if given["mode"] != IngestionMode.UPSERT:
        return {"mode": IngestionMode.APPEND}
    return {
        "mode": IngestionMode.UPSERT,
        "upsert_keys": tuple(given["upsert_keys"]),
        "on_duplicate": DuplicateKeys(given.get("on_duplicate", DuplicateKeys.REFUSE)),
        "order_by": given.get("order_by"),
    }


def quarantined(
    rejected: RejectedRows, origin: Origin, columns: Sequence[str], partitioner: Partitioner | None
) -> pa.Table:
    """Converts rejected rows to rows of the quarantine, without their location in the input.

    Args:
        rejected: Rows of the batch.
        origin: The ingestion that they belong to.
        columns: Columns of the batch; others have no value in it.
        partitioner: Partitioner of the table; None if it is unpartitioned.
    """
    count = rejected.rows.num_rows
    given = rejected.rows.select(list(columns)).combine_chunks()
    values = {
        "quarantine_id": [uuid4().hex for _ in range(count)],
        "row": [text for batch in given.to_batches() for text in json_rows(batch, non_finite=True)],
        "checks": list(rejected.checks),
        "reason": list(rejected.reasons),
        "partition": _partitions(rejected.rows, partitioner),
    }
    same = {
        "ingestion_id": origin.ingestion_id,
        "run_id": origin.run_id,
        "pipeline_name": origin.pipeline_name,
        "task_name": origin.task_name,
        "input_file": None,
        "input_row": None,
        "write_options": origin.write_options,
        "quarantined_at": origin.quarantined_at,
    }
    return pa.table(values | {name: [value] * count for name, value in same.items()}, schema=QUARANTINE_SCHEMA)


def _partitions(rows: pa.Table, partitioner: Partitioner | None) -> list[str | None]:
    if partitioner is None:
        return [None] * rows.num_rows
    try:
        codes, records = partitioner.record_codes(rows.combine_chunks())
    except NanPartitionError:
        return [None] * rows.num_rows
    paths = [partitioner.path(record) for record in records]
    return [paths[code] for code in codes]
