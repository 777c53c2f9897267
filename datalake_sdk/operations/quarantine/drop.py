"""Removes quarantined rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.quarantine.reading import QuarantineFilter, quarantined_rows
from datalake_sdk.engine.write import write
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import NoQuarantineError
from datalake_sdk.operations.maintain_table import maintain_after_write
from datalake_sdk.operations.quarantine.finish import quarantine_of
from datalake_sdk.operations.quarantine.listing import opened
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName

_SCHEMA = pa.schema([("quarantine_id", pa.string()), ("is_dropped", pa.bool_())])


@dataclass(frozen=True)
class DroppedRows:
    """Outcome of removing quarantined rows.

    Args:
        table: Table that the rows are missing from, as named in queries.
        rows: Number of removed rows.
    """

    table: str
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def count_quarantined(platform: Platform, name: TableName, selected: QuarantineFilter) -> int:
    """Returns the number of quarantined rows.

    Raises:
        NoQuarantineError: There are none, and rows of any age are selected.
        UnknownTableError: The table does not exist.
    """
    with platform.service_errors():
        return sum(int(batch.num_rows) for batch in _selected(platform, name, selected))


def drop_quarantined(platform: Platform, name: TableName, selected: QuarantineFilter) -> DroppedRows:
    """Removes quarantined rows; maintenance later removes them from the files of older snapshots.

    Args:
        platform: Platform that holds the table.
        name: The table, not its quarantine.
        selected: Rows to remove.

    Raises:
        NoQuarantineError: There are no such rows, and rows of any age are selected.
        UnknownTableError: The table does not exist.
    """
    table = ".".join(name.identifier(platform.environment))
    with platform.service_errors():
        rows = _selected(platform, name, selected)
        first = next(rows, None)
        if first is None:
            return DroppedRows(table, 0)
        _, quarantine = opened(platform, name)
        request = IngestionRequest(
            quarantine_of(name), IngestionMode.UPSERT, upsert_keys=("quarantine_id",), delete_when="is_dropped"
        )
        target = Target(quarantine_of(name).identifier(platform.environment), quarantine.location(), request)
        written = write(platform.catalog, target, InMemoryStream(_SCHEMA, _dropped(chain([first], rows))))
    maintain_after_write(platform, quarantine_of(name))
    return DroppedRows(table, written.rows_deleted)


def _selected(platform: Platform, name: TableName, selected: QuarantineFilter) -> Iterator[pa.RecordBatch]:
    """Yields the selected rows; that none are old enough is no error, since old rows are removed on a schedule."""
    try:
        _, quarantine = opened(platform, name)
    except NoQuarantineError:
        if selected.before is None:
            raise
        return
    is_empty = True
    for batch in quarantined_rows(quarantine, selected):
        if batch.num_rows:
            is_empty = False
            yield batch
    if is_empty and selected.before is None:
        raise NoQuarantineError(str(name), str(selected))


def _dropped(rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in rows:
        keys = batch.column("quarantine_id")
        yield pa.RecordBatch.from_arrays([keys, pa.repeat(True, len(keys))], schema=_SCHEMA)
