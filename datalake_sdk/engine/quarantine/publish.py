"""Applies the changes that commits of a table have promised to its quarantine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.io import FileIO
from pyiceberg.table import Table

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.ingestion_ids import was_ingested
from datalake_sdk.engine.quarantine.commit import has_lost_file
from datalake_sdk.engine.quarantine.log import QuarantineAction, QuarantineChange, QuarantineLog
from datalake_sdk.engine.quarantine.rows import DESCRIPTIONS, QUARANTINE_SCHEMA
from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.engine.staged_batch import NoRows
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.storage import remove_files
from datalake_sdk.engine.write import StageRows, write, write_staged
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.engine.write_transaction import Target, load_if_exists
from datalake_sdk.errors import DatalakeError, UnfinishedQuarantineError
from datalake_sdk.naming import quarantine_table_name
from datalake_sdk.settings import EmptyBatch, IngestionMode, IngestionRequest, TableName
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

logger = logging.getLogger(__name__)

_IS_REPLACED = "is_replaced"
_CHANGE_SCHEMA = QUARANTINE_SCHEMA.append(pa.field(_IS_REPLACED, pa.bool_()))
_CLASSIFIED = ("row", "partition")
"""Columns that contain values of rejected rows, of any column."""
_SELECTED_BY = {QuarantineAction.REPLACE_INGESTION: "ingestion_id", QuarantineAction.REPLACE_PARTITIONS: "partition"}


def apply_pending(catalog: Catalog, table: Table, name: TableName, location: str) -> int:
    """Applies the pending changes of a table to its quarantine, each once and in their order.

    Args:
        catalog: Catalog of the table.
        table: The current table.
        name: Name of the table, for messages.
        location: Location of its quarantine, if it does not exist.

    Returns:
        Number of changes that were applied.

    Raises:
        UnfinishedQuarantineError: A change could not be applied; it remains pending.
    """
    database, base = table.name()[-2:]
    quarantine = _Quarantine(catalog, (database, quarantine_table_name(base)), location, name, table.io)
    return sum(quarantine.apply(change) for change in QuarantineLog.of(table.properties).pending)


class _Quarantine:
    def __init__(
        self, catalog: Catalog, identifier: tuple[str, str], location: str, name: TableName, io: FileIO
    ) -> None:
        self._catalog = catalog
        self._identifier = identifier
        self._location = location
        self._name = name
        self._io = io

    def apply(self, change: QuarantineChange) -> bool:
        """Applies a change unless the quarantine already contains it; removes its file."""
        is_new = not self._is_applied(change)
        if is_new and self._is_lost(change):
            logger.warning("%s: the %d rows to quarantine in %s do not exist", self._name, change.rows, change.file)
            return False
        if is_new:
            self._write(change)
        if change.file is not None:
            self._remove(change.file)
        return is_new

    def _is_applied(self, change: QuarantineChange) -> bool:
        stored = load_if_exists(self._catalog, self._identifier)
        return stored is not None and was_ingested(stored.metadata, change.ingestion_id)

    def _is_lost(self, change: QuarantineChange) -> bool:
        """Whether the file of a change was removed, for example because the quarantine was deleted afterwards."""
        return has_lost_file(self._io, str(self._name), change) and not self._is_applied(change)

    def _write(self, change: QuarantineChange) -> None:
        try:
            self._commit(change)
        except (DatalakeError, OSError) as error:
            # Another process may have applied the change, and removed its file, in the meantime.
            if not self._is_applied(change):
                raise UnfinishedQuarantineError(str(self._name), change.rows, str(error)) from error

    def _commit(self, change: QuarantineChange) -> None:
        added = _rows(self._io, change.file)
        if change.action is QuarantineAction.ADD:
            self._ingest(change, InMemoryStream(QUARANTINE_SCHEMA, added), mode=IngestionMode.APPEND)
            return
        stored = load_if_exists(self._catalog, self._identifier)
        if stored is None:
            if change.file is not None:
                self._ingest(change, InMemoryStream(QUARANTINE_SCHEMA, added), mode=IngestionMode.APPEND)
        elif change.action is QuarantineAction.REPLACE_ALL:
            stream = InMemoryStream(QUARANTINE_SCHEMA, added)
            self._ingest(change, stream, mode=IngestionMode.OVERWRITE, empty=EmptyBatch.REPLACE)
        else:
            self._replace(change, (rows for rows in _flagged(stored, change, added) if rows.num_rows))

    def _replace(self, change: QuarantineChange, rows: Iterator[pa.RecordBatch]) -> None:
        first = next(rows, None)
        given = rows if first is None else chain([first], rows)
        keys = {"upsert_keys": ("quarantine_id",), "delete_when": _IS_REPLACED}
        # A change without rows is committed as well: otherwise it would remain pending.
        stage_rows = _stage_nothing if first is None else None
        stream = InMemoryStream(_CHANGE_SCHEMA, given)
        self._ingest(change, stream, stage_rows, mode=IngestionMode.UPSERT, **keys)

    def _ingest(
        self, change: QuarantineChange, stream: InMemoryStream, stage_rows: StageRows | None = None, **options: object
    ) -> None:
        columns = {name: ColumnConfiguration(description=text) for name, text in DESCRIPTIONS.items()}
        for name in _CLASSIFIED:
            columns[name] = replace(columns[name], classification="confidential")
        description = f"Rows that violate the contract of {self._name.table}"
        configuration = TableConfiguration(description, columns, is_contract=True)
        request = IngestionRequest(
            TableName(self._name.database, quarantine_table_name(self._name.table)),
            configuration=configuration,
            ingestion_id=change.ingestion_id,
            **options,  # type: ignore[arg-type]
        )
        target = Target(self._identifier, self._location, request)
        if stage_rows is None:
            write(self._catalog, target, stream)
        else:
            write_staged(self._catalog, target, stream, stage_rows)

    def _remove(self, file: str) -> None:
        try:
            remove_files(self._io, [file])
        except (DatalakeError, OSError) as error:
            logger.info("%s: a staged file is left to maintenance: %s", self._name, error)


def _stage_nothing(plan: WritePlan, staging: StagingArea) -> NoRows:
    return NoRows()


def _rows(io: FileIO, path: str | None) -> Iterator[pa.RecordBatch]:
    if path is None:
        return
    with io.new_input(path).open(seekable=True) as source:
        yield from pq.ParquetFile(source, pre_buffer=False).iter_batches(use_threads=False)


def _flagged(stored: Table, change: QuarantineChange, added: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The keys of the replaced rows, flagged, and the added rows."""
    column = _SELECTED_BY[change.action]
    replaced = pa.array(change.replaced, pa.string())
    for batch in read_arrow(stored, ["quarantine_id", column]):
        keys = batch.filter(pc.is_in(batch.column(column), replaced)).column("quarantine_id")
        columns = [pa.nulls(len(keys), field.type) for field in QUARANTINE_SCHEMA]
        columns[0] = keys
        yield pa.RecordBatch.from_arrays([*columns, pa.repeat(True, len(keys))], schema=_CHANGE_SCHEMA)
    for batch in added:
        yield pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(False, batch.num_rows)], schema=_CHANGE_SCHEMA)
