"""Adds the change of the quarantine to the commit of a write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.io import FileIO
from pyiceberg.table import Table

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.ingestion_ids import was_ingested
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.log import QUARANTINE_PROPERTY, QuarantineAction, QuarantineChange, QuarantineLog
from datalake_sdk.engine.quarantine.rows import Origin, write_options
from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.write_transaction import Target, WriteTransaction, load_if_exists
from datalake_sdk.errors import QuarantineChangedError
from datalake_sdk.naming import PIPELINE_PROPERTY, TASK_PROPERTY, quarantine_table_name
from datalake_sdk.settings import IngestionMode

_FILE_SUFFIX = "-quarantine"


@dataclass(frozen=True)
class PublishedRows:
    """What a write publishes, for the rows that it makes obsolete in the quarantine.

    Args:
        replaces: Whether it replaces the rows of the table; False if all rows of the batch are rejected.
        partitions: Partitions that an `overwrite_partitions` replaces.
    """

    replaces: bool
    partitions: Sequence[str] = ()


def origin_of(target: Target) -> Origin:
    """Returns the ingestion that the rows of a write belong to."""
    if target.replay is not None:
        return target.replay.origin
    request = target.request
    return Origin(
        request.ingestion_id,
        request.run_id,
        request.properties.get(PIPELINE_PROPERTY),
        request.properties.get(TASK_PROPERTY),
        write_options(request),
    )


def stage_quarantine(
    catalog: Catalog,
    target: Target,
    transaction: WriteTransaction,
    staging: StagingArea,
    layout: FileLayout,
    published: PublishedRows,
) -> list[str]:
    """Stages the rejected rows of a write as a file, and the change of the quarantine as a table property.

    Args:
        catalog: Catalog of the table and its quarantine.
        target: Table to write, and the request.
        transaction: Transaction of the write.
        staging: Owner of the file, with the rejected rows.
        layout: Settings for files of the table.
        published: What the write publishes.

    Returns:
        Locations of the files that belong to the table once the transaction is committed.

    Raises:
        QuarantineChangedError: The quarantine has changed since the rows of a replay were read.
    """
    stored = transaction.base.properties if transaction.base else {}
    log = QuarantineLog.of(stored)
    if target.replay is not None and log.last != target.replay.last_change:
        raise QuarantineChangedError(target.name)
    is_first, quarantine = log.last is None, None if log.last is None else _quarantine(catalog, target)
    log = _without_applied(quarantine, target, transaction.io, log)
    action, replaced = (QuarantineAction.ADD, ()) if is_first else _action(target, published, quarantine, log)
    file = _staged_file(target, transaction, staging, layout, published)
    rows = staging.quarantine.num_rows if staging.quarantine else 0
    change = QuarantineChange(target.request.ingestion_id, action, file, rows, tuple(replaced))
    if not change.is_empty:
        log = log.extended(change)
    properties = log.as_property()
    if properties and properties[QUARANTINE_PROPERTY] != stored.get(QUARANTINE_PROPERTY):
        transaction.iceberg_transaction.set_properties(properties)
    return [] if change.file is None else [change.file]


def has_lost_file(io: FileIO, table: str, change: QuarantineChange) -> bool:
    """Whether the staged file of a change does not exist.

    Such a change is done: its file is only removed after the quarantine has the rows. The quarantine may have been
    deleted afterwards, or another tool has expired the snapshot with the ingestion id.
    """
    if change.file is None:
        return False
    with storage_errors(table):
        return not io.new_input(change.file).exists()


def _quarantine(catalog: Catalog, target: Target) -> Table | None:
    database, table = target.identifier
    return load_if_exists(catalog, (database, quarantine_table_name(table)))


def _without_applied(quarantine: Table | None, target: Target, io: FileIO, log: QuarantineLog) -> QuarantineLog:
    def is_applied(change: QuarantineChange) -> bool:
        if quarantine is None and change.file is None:
            return True
        is_ingested = quarantine is not None and was_ingested(quarantine.metadata, change.ingestion_id)
        return is_ingested or has_lost_file(io, target.name, change)

    return log.without(frozenset(change.ingestion_id for change in takewhile(is_applied, log.pending)))


def _action(
    target: Target, published: PublishedRows, quarantine: Table | None, log: QuarantineLog
) -> tuple[QuarantineAction, Sequence[str]]:
    """What a write removes from the quarantine."""
    mode = target.request.mode
    if target.replay is not None:
        return QuarantineAction.REPLACE_INGESTION, (target.replay.origin.ingestion_id,)
    if mode is IngestionMode.OVERWRITE and published.replaces:
        return QuarantineAction.REPLACE_ALL, ()
    if mode is IngestionMode.OVERWRITE_PARTITIONS:
        partitions = published.partitions if log.pending else _with_rows(quarantine, published.partitions)
        return (QuarantineAction.REPLACE_PARTITIONS if partitions else QuarantineAction.ADD), partitions
    return QuarantineAction.ADD, ()


def _with_rows(quarantine: Table | None, partitions: Sequence[str]) -> list[str]:
    """The partitions that have rows in the quarantine."""
    if quarantine is None or not partitions or quarantine.current_snapshot() is None:
        return []
    found = {each for rows in read_arrow(quarantine, ["partition"]) for each in pc.unique(rows.column(0)).to_pylist()}
    return sorted(found & set(partitions))


def _staged_file(
    target: Target, transaction: WriteTransaction, staging: StagingArea, layout: FileLayout, published: PublishedRows
) -> str | None:
    rejected = staging.quarantine
    if rejected is None or not rejected.num_rows:
        return None
    path = staging.new_path(layout, suffix=_FILE_SUFFIX)
    unpublished = _unpublished_partitions(target, transaction, rejected, published)
    with storage_errors(layout.table):
        rejected.write(layout.io, path, unpublished)
    return path


def _unpublished_partitions(
    target: Target, transaction: WriteTransaction, rejected: QuarantineBuffer, published: PublishedRows
) -> set[str | None]:
    """Partitions of rejected rows whose stored rows an overwrite was to replace, but keeps because it rejects all rows.

    Adding these rows to the stored ones in a replay would repeat what both contain.
    """
    mode, base = target.request.mode, transaction.base
    if base is None or mode not in (IngestionMode.OVERWRITE, IngestionMode.OVERWRITE_PARTITIONS):
        return set()
    if mode is IngestionMode.OVERWRITE and published.replaces:
        return set()
    kept = rejected.partitions() - set(published.partitions)
    if not kept:
        return set()
    files = [task.file for task in plan_files(base)]
    if mode is IngestionMode.OVERWRITE:
        return kept if files else set()
    partitioner = Partitioner(transaction.spec, transaction.schema)
    current = (file for file in files if file.spec_id == transaction.metadata.default_spec_id)
    return kept & {partitioner.path(file.partition) for file in current}
