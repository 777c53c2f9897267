"""Small files become large ones, deleted rows leave their files, manifests become few: one commit, no row changes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from datalake_sdk.engine.data_file import ROW_GROUP_ROWS, FileLayout
from datalake_sdk.engine.draft import ConflictError, Draft, load
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.position_deletes import deleted_rows
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.replace import Replace, mergeable
from datalake_sdk.engine.stage import RowsTask, Stage
from datalake_sdk.engine.transaction import DraftTransaction
from datalake_sdk.errors import StorageError

logger = logging.getLogger(__name__)

_TRIES = 3
_JOINED_BYTES = 8 << 20


@dataclass(frozen=True)
class Compaction:
    """What a compaction did.

    Args:
        gave_up: Other writers came first each time; nothing was changed.
    """

    files_compacted: int = 0
    files_written: int = 0
    delete_files_removed: int = 0
    manifests_rewritten: int = 0
    gave_up: bool = False


def compact(catalog: Catalog, table: Table, policy: MaintenancePolicy) -> Compaction:
    """Rewrites what the policy finds worth it.

    When another writer commits first, files that it left alone are not written a second time.

    Args:
        catalog: Where the table is.
        table: As it is now.
        policy: The table's thresholds.

    Raises:
        StorageError: A file could not be written; the table is as it was.
    """
    current: Table | None = table
    rewrite: _Rewrite | None = None
    with Stage(table.io) as stage:
        for _ in range(_TRIES):
            if current is None or current.current_snapshot() is None:
                return Compaction()
            tasks = list(current.scan().plan_files())
            if rewrite is None or not rewrite.still_stands(current.metadata, tasks):
                rewrite = _rewrite(stage, current, files_to_rewrite(tasks, policy))
            try:
                return _commit(catalog, stage, current, tasks, rewrite, policy)
            except ConflictError as conflict:
                logger.info("%s: %s; planning the compaction again", ".".join(table.name()), conflict)
            current = load(catalog, table.name())
    return Compaction(gave_up=True)


def files_to_rewrite(tasks: Iterable[FileScanTask], policy: MaintenancePolicy) -> list[FileScanTask]:
    """Small files of partitions with many of them, and files with many deleted rows; partition after partition."""
    partitions: dict[tuple[int, Record], list[FileScanTask]] = defaultdict(list)
    for task in tasks:
        partitions[task.file.spec_id, task.file.partition].append(task)
    return [task for group in partitions.values() for task in _worth_it(group, policy)]


def _worth_it(group: Sequence[FileScanTask], policy: MaintenancePolicy) -> list[FileScanTask]:
    small = [task for task in group if task.file.file_size_in_bytes < policy.small_bytes]
    if not policy.uneven:
        small = _alike(small)
    needed = ceil(sum(task.file.file_size_in_bytes for task in small) / policy.target_bytes)
    joins = len(small) >= policy.min_files and len(small) > needed
    joined = {task.file.file_path for task in small} if joins else set()
    return [task for task in group if task.file.file_path in joined or _is_worn(task, policy)]


def _alike(small: Sequence[FileScanTask]) -> list[FileScanTask]:
    """All but those that outweigh the rest: else a table of small appends would be written again each time."""
    by_size = sorted(small, key=lambda task: task.file.file_size_in_bytes)
    total = sum(task.file.file_size_in_bytes for task in small)
    while by_size and 2 * by_size[-1].file.file_size_in_bytes > total:
        total -= by_size.pop().file.file_size_in_bytes
    chosen = {task.file.file_path for task in by_size}
    return [task for task in small if task.file.file_path in chosen]


def _is_worn(task: FileScanTask, policy: MaintenancePolicy) -> bool:
    deleted = deleted_rows(task)
    return deleted > 0 and deleted >= policy.deleted_share * task.file.record_count


@dataclass(frozen=True)
class _Rewrite:
    """Files written again, and the table version that they were written for."""

    tasks: Sequence[FileScanTask]
    written: Sequence[DataFile]
    metadata: TableMetadata

    def still_stands(self, metadata: TableMetadata, tasks: Iterable[FileScanTask]) -> bool:
        """Whether a newer version has the same files with the same deletes, and wants the same schema and spec."""
        live = {_state(task) for task in tasks}
        return (
            metadata.current_schema_id == self.metadata.current_schema_id
            and metadata.default_spec_id == self.metadata.default_spec_id
            and all(_state(task) in live for task in self.tasks)
        )


def _state(task: FileScanTask) -> tuple[str, frozenset[str]]:
    return task.file.file_path, frozenset(file.file_path for file in task.delete_files)


def _rewrite(stage: Stage, table: Table, tasks: Sequence[FileScanTask]) -> _Rewrite:
    layout = FileLayout(".".join(table.name()), table.io, table.metadata)
    # A partitioner, even of no partition key, keeps the rows in order and fills one file after another.
    partitioner = Partitioner(table.spec(), table.schema())
    staged = write_files(stage, _rows(table, tasks, layout.schema), layout, partitioner)
    return _Rewrite(tasks, [file.data_file for file in staged], table.metadata)


def _rows(table: Table, tasks: Iterable[FileScanTask], schema: pa.Schema) -> Iterator[RowsTask]:
    for joined in _joined(tasks):
        if len(joined) > 1:
            yield partial(_read_all, table, joined, schema)
        else:
            yield from _read(table, joined[0], schema)


def _joined(tasks: Iterable[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Neighbours that fill a row group together."""
    joined: list[FileScanTask] = []
    size = rows = 0
    for task in tasks:
        size += task.file.file_size_in_bytes
        rows += task.file.record_count
        if joined and (size > _JOINED_BYTES or rows > ROW_GROUP_ROWS):
            yield joined
            joined, size, rows = [], task.file.file_size_in_bytes, task.file.record_count
        joined.append(task)
    if joined:
        yield joined


def _read_all(table: Table, tasks: Iterable[FileScanTask], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([rows() for task in tasks for rows in _read(table, task, schema)] or [schema.empty_table()])


def _read(table: Table, task: FileScanTask, schema: pa.Schema) -> Iterator[RowsTask]:
    return DataFileReader(table, task).rows_without(np.empty(0, dtype=np.int64), schema)


def _commit(
    catalog: Catalog,
    stage: Stage,
    table: Table,
    tasks: Sequence[FileScanTask],
    rewrite: _Rewrite,
    policy: MaintenancePolicy,
) -> Compaction:
    manifests = _manifests(table)
    rewritten = [task.file for task in rewrite.tasks]
    deletes = _idle_deletes(table, manifests, tasks, {file.file_path for file in rewritten})
    if not rewritten and not deletes and not mergeable(manifests, policy.min_manifests):
        return Compaction()
    transaction = DraftTransaction(table)
    draft = Draft(catalog, table, transaction, transaction.table_metadata)
    snapshot = draft.stage_replace(rewrite.written, [*rewritten, *deletes], {}, policy.min_manifests)
    paths = [file.file_path for file in rewrite.written]
    stage.keep(paths)
    try:
        snapshot.commit()
    except (ConflictError, StorageError):
        stage.give_back(paths)
        raise
    merged = snapshot.producer.merged_manifests if isinstance(snapshot.producer, Replace) else 0
    return Compaction(len(rewritten), len(rewrite.written), len(deletes), merged)


def _manifests(table: Table) -> list[ManifestFile]:
    snapshot = table.current_snapshot()
    return snapshot.manifests(table.io) if snapshot else []


def _idle_deletes(
    table: Table, manifests: Iterable[ManifestFile], tasks: Iterable[FileScanTask], rewritten: set[str]
) -> list[DataFile]:
    """Delete files that apply to no file that stays."""
    staying = (task for task in tasks if task.file.file_path not in rewritten)
    used = {file.file_path for task in staying for file in task.delete_files}
    entries = (
        entry
        for manifest in manifests
        if manifest.content == ManifestContent.DELETES
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    )
    return [entry.data_file for entry in entries if entry.data_file.file_path not in used]
