"""Compaction: rewrites small files and files with deleted rows, and merges manifests, in one replace snapshot."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
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
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.format_version import check_writable
from datalake_sdk.engine.iceberg_internals import CachedTransaction
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.position_deletes import deleted_rows
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.replace import Replace, mergeable_manifests
from datalake_sdk.engine.staging import RowsTask, StagingArea
from datalake_sdk.engine.write_transaction import ConflictError, WriteTransaction, load_if_exists
from datalake_sdk.errors import StorageError

logger = logging.getLogger(__name__)

_MAX_ATTEMPTS = 3
_BIN_BYTES = 8 << 20


@dataclass(frozen=True)
class Compaction:
    """Result of a compaction.

    Args:
        has_conflicted: Every attempt conflicted with another writer; nothing was changed.
    """

    files_compacted: int = 0
    files_written: int = 0
    delete_files_removed: int = 0
    manifests_rewritten: int = 0
    has_conflicted: bool = False


def compact(catalog: Catalog, table: Table, policy: MaintenancePolicy) -> Compaction:
    """Rewrites the files and manifests that the policy selects.

    After a conflict, rewritten files are reused if the other commit did not touch the originals.

    Args:
        catalog: Catalog of the table.
        table: The current table.
        policy: The table's thresholds.

    Raises:
        UnsupportedFormatVersionError: The table's format version is too new.
        StorageError: A file could not be written; the table is unchanged.
    """
    check_writable(table)
    current: Table | None = table
    rewrite: _Rewrite | None = None
    with StagingArea(table.io) as staging:
        for _ in range(_MAX_ATTEMPTS):
            if current is None or current.current_snapshot() is None:
                return Compaction()
            candidates = _candidates(current, policy)
            if rewrite is None or not rewrite.is_still_valid(current.metadata, candidates.tasks):
                rewrite = _rewrite(staging, current, files_to_rewrite(candidates.tasks, policy))
            try:
                return _commit(catalog, staging, current, candidates, rewrite, policy)
            except ConflictError as conflict:
                logger.info("%s: %s; planning the compaction again", ".".join(table.name()), conflict)
            current = load_if_exists(catalog, table.name())
    return Compaction(has_conflicted=True)


@dataclass(frozen=True)
class _Candidates:
    """What compaction keeps in memory of the files of a snapshot.

    Args:
        tasks: Files that are small or have deleted rows, without their statistics.
        deletes_of_others: Delete files that apply to other files.
    """

    tasks: Sequence[FileScanTask]
    deletes_of_others: Set[str]


def _candidates(table: Table, policy: MaintenancePolicy) -> _Candidates:
    tasks, others = [], set[str]()
    for task in plan_files(table, with_statistics=False):
        if task.file.file_size_in_bytes < policy.small_bytes or _has_many_deletes(task, policy):
            tasks.append(task)
        else:
            others.update(file.file_path for file in task.delete_files)
    return _Candidates(tasks, others)


def files_to_rewrite(tasks: Iterable[FileScanTask], policy: MaintenancePolicy) -> list[FileScanTask]:
    """Selects small files of partitions with many of them, and files with many deleted rows, grouped by partition."""
    partitions: dict[tuple[int, Record], list[FileScanTask]] = defaultdict(list)
    for task in tasks:
        partitions[task.file.spec_id, task.file.partition].append(task)
    return [task for group in partitions.values() for task in _selected_in_partition(group, policy)]


def _selected_in_partition(group: Sequence[FileScanTask], policy: MaintenancePolicy) -> list[FileScanTask]:
    small = [task for task in group if task.file.file_size_in_bytes < policy.small_bytes]
    if not policy.include_outliers:
        small = _without_outliers(small)
    needed = ceil(sum(task.file.file_size_in_bytes for task in small) / policy.target_bytes)
    joins = len(small) >= policy.min_files and len(small) > needed
    joined = {task.file.file_path for task in small} if joins else set()
    return [task for task in group if task.file.file_path in joined or _has_many_deletes(task, policy)]


def _without_outliers(small: Sequence[FileScanTask]) -> list[FileScanTask]:
    """Leaves out files larger than all smaller ones combined, so that small appends do not trigger rewriting them."""
    by_size = sorted(small, key=lambda task: task.file.file_size_in_bytes)
    total = sum(task.file.file_size_in_bytes for task in small)
    while by_size and 2 * by_size[-1].file.file_size_in_bytes > total:
        total -= by_size.pop().file.file_size_in_bytes
    chosen = {task.file.file_path for task in by_size}
    return [task for task in small if task.file.file_path in chosen]


def _has_many_deletes(task: FileScanTask, policy: MaintenancePolicy) -> bool:
    deleted = deleted_rows(task)
    return deleted > 0 and deleted >= policy.deleted_share * task.file.record_count


@dataclass(frozen=True)
class _Rewrite:
    """Rewritten files, and the table version that they were written for."""

    tasks: Sequence[FileScanTask]
    written: Sequence[DataFile]
    metadata: TableMetadata

    def is_still_valid(self, metadata: TableMetadata, tasks: Iterable[FileScanTask]) -> bool:
        """Whether a newer table version has the same files with the same deletes, and the same schema and spec."""
        live = {_file_with_deletes(task) for task in tasks}
        return (
            metadata.current_schema_id == self.metadata.current_schema_id
            and metadata.default_spec_id == self.metadata.default_spec_id
            and all(_file_with_deletes(task) in live for task in self.tasks)
        )


def _file_with_deletes(task: FileScanTask) -> tuple[str, frozenset[str]]:
    return task.file.file_path, frozenset(file.file_path for file in task.delete_files)


def _rewrite(staging: StagingArea, table: Table, tasks: Sequence[FileScanTask]) -> _Rewrite:
    layout = FileLayout(".".join(table.name()), table.io, table.metadata)
    # A partitioner, even without partition fields, keeps the order of rows and fills one file after another.
    partitioner = Partitioner(table.spec(), table.schema())
    staged = write_files(staging, _rows(table, tasks, layout.schema), layout, partitioner)
    return _Rewrite(tasks, [file.data_file for file in staged], table.metadata)


def _rows(table: Table, tasks: Iterable[FileScanTask], schema: pa.Schema) -> Iterator[RowsTask]:
    for joined in _bins(tasks):
        if len(joined) > 1:
            yield partial(_read_all, table, joined, schema)
        else:
            yield from _read(table, joined[0], schema)


def _bins(tasks: Iterable[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Groups consecutive files whose rows fit into one row group."""
    joined: list[FileScanTask] = []
    size = rows = 0
    for task in tasks:
        size += task.file.file_size_in_bytes
        rows += task.file.record_count
        if joined and (size > _BIN_BYTES or rows > ROW_GROUP_ROWS):
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
    staging: StagingArea,
    table: Table,
    candidates: _Candidates,
    rewrite: _Rewrite,
    policy: MaintenancePolicy,
) -> Compaction:
    manifests = _manifests(table)
    rewritten = [task.file for task in rewrite.tasks]
    deletes = _dangling_deletes(table, manifests, candidates, {file.file_path for file in rewritten})
    if not rewritten and not deletes and not mergeable_manifests(manifests, policy.min_manifests):
        return Compaction()
    iceberg_transaction = CachedTransaction(table)
    transaction = WriteTransaction(catalog, table, iceberg_transaction, iceberg_transaction.table_metadata)
    snapshot = transaction.stage_replace(rewrite.written, [*rewritten, *deletes], {}, policy.min_manifests)
    paths = [file.file_path for file in rewrite.written]
    staging.release(paths)
    try:
        snapshot.commit()
    except (ConflictError, StorageError):
        staging.reclaim(paths)
        raise
    merged = snapshot.producer.merged_manifests if isinstance(snapshot.producer, Replace) else 0
    return Compaction(len(rewritten), len(rewrite.written), len(deletes), merged)


def _manifests(table: Table) -> list[ManifestFile]:
    snapshot = table.current_snapshot()
    return snapshot.manifests(table.io) if snapshot else []


def _dangling_deletes(
    table: Table, manifests: Iterable[ManifestFile], candidates: _Candidates, rewritten: Set[str]
) -> list[DataFile]:
    """Delete files that do not apply to any remaining data file."""
    staying = (task for task in candidates.tasks if task.file.file_path not in rewritten)
    used = {file.file_path for task in staying for file in task.delete_files} | candidates.deletes_of_others
    entries = (
        entry
        for manifest in manifests
        if manifest.content == ManifestContent.DELETES
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    )
    return [entry.data_file for entry in entries if entry.data_file.file_path not in used]
