"""Plans which files a write adds to a table and which it removes, for each ingestion mode."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.typedef import Record

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.declared_partitions import DeclaredPartitions
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.keys import KeyIndex
from datalake_sdk.engine.partition_filter import EVERY_PARTITION, PartitionFilter, filter_of
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.planning import FileFilter, plan_files
from datalake_sdk.engine.position_deletes import write_position_deletes
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.staged_rows import read_staged_rows
from datalake_sdk.engine.staging import RowsTask, StagedFile, StagingArea
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.upsert import KeyMatches, find_matches, rewrite_without, stored_values
from datalake_sdk.engine.upsert_policy import choose_strategy
from datalake_sdk.engine.write_transaction import WriteTransaction
from datalake_sdk.parallel import in_order, thread_count
from datalake_sdk.settings import IngestionMode


@dataclass(frozen=True)
class StagedBatch:
    """A staged batch.

    Args:
        files: Complete data files with the batch's rows.
        missing: Columns of the table that the batch lacks.
        keys: Checked keys of an upsert: those of the rows in the files, then those to delete; None in the other modes.
        partitions: Partitions that an `overwrite_partitions` declares; None replaces those of the files.
    """

    files: Sequence[StagedFile]
    missing: Sequence[str] = ()
    keys: KeyIndex | None = None
    partitions: DeclaredPartitions | None = None

    @property
    def num_rows(self) -> int:
        """Number of rows in the batch."""
        return sum(file.data_file.record_count for file in self.files)


@dataclass(frozen=True)
class Changes:
    """Files that one commit adds and removes, and the number of changed rows.

    Args:
        added: Data files of the current spec and delete files of any spec.
        removed: Files of the base snapshot.
        strategy: Strategy of an upsert and its reason; empty in the other modes.
        partitions: Partitions that an `overwrite_partitions` replaces, as paths.
        batch: The added data files with rows of the batch; the others contain rows that were stored before. None if
            all added data files have rows of the batch.
    """

    added: Sequence[DataFile]
    removed: Sequence[DataFile] = ()
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    strategy: str = ""
    partitions: Sequence[str] = ()
    batch: Sequence[DataFile] | None = None


@dataclass(frozen=True)
class CommitAttempt:
    """One attempt to commit: the staging area, and the transaction that the changes are planned for."""

    staging: StagingArea
    transaction: WriteTransaction
    layout: FileLayout
    partitioner: Partitioner | None


def plan_changes(mode: IngestionMode, attempt: CommitAttempt, batch: StagedBatch) -> Changes:
    """Plans the changes of one commit attempt; rewritten files are written to the staging area.

    Args:
        mode: How the batch changes the table.
        attempt: The transaction to plan for; after a conflict, plan again with a new one.
        batch: The staged batch.
    """
    return _PLANS[mode](attempt, batch)


def _append(attempt: CommitAttempt, batch: StagedBatch) -> Changes:
    files = [file.data_file for file in batch.files]
    return Changes(files, rows_inserted=batch.num_rows, batch=files)


def _overwrite(attempt: CommitAttempt, batch: StagedBatch) -> Changes:
    tasks, files = _planned(attempt.transaction.base), [file.data_file for file in batch.files]
    return Changes(
        files,
        _files_of(tasks),
        rows_inserted=batch.num_rows,
        rows_deleted=_live_rows(attempt, tasks),
        batch=files,
    )


def _overwrite_partitions(attempt: CommitAttempt, batch: StagedBatch) -> Changes:
    replaced = _replaced_partitions(batch)
    current = attempt.transaction.metadata.default_spec_id
    tasks = _planned(attempt.transaction.base, _ReplacedFiles(attempt.transaction, batch))
    whole = [task for task in tasks if task.file.spec_id == current and task.file.partition in replaced]
    older = [task for task in tasks if task.file.spec_id != current]
    kept = write_files(attempt.staging, _outside(attempt, older, replaced), attempt.layout, attempt.partitioner)
    return Changes(
        [file.data_file for file in (*batch.files, *kept)],
        _files_of([*whole, *older]),
        rows_inserted=batch.num_rows,
        rows_deleted=_live_rows(attempt, [*whole, *older]) - sum(file.data_file.record_count for file in kept),
        partitions=_paths(attempt, [*(file.data_file for file in batch.files), *(task.file for task in whole)]),
        batch=[file.data_file for file in batch.files],
    )


@dataclass(frozen=True)
class _ReplacedFiles:
    """Selects the files of the replaced partitions, and all files of older partition specs."""

    transaction: WriteTransaction
    batch: StagedBatch

    def partitions(self, spec_id: int) -> PartitionFilter:
        """The partitions of the batch; any partition if the write declares what it replaces."""
        return self._of_batch if spec_id == self.transaction.metadata.default_spec_id else EVERY_PARTITION

    def may_match(self, file: DataFile) -> bool:
        """Statistics do not matter."""
        return True

    @cached_property
    def _of_batch(self) -> PartitionFilter:
        if self.batch.partitions is not None:
            return EVERY_PARTITION
        spec, schema = self.transaction.spec, self.transaction.schema
        written = {file.data_file.partition for file in self.batch.files}
        return filter_of(spec, schema, range(len(spec.fields)), written)


def _paths(attempt: CommitAttempt, files: Sequence[DataFile]) -> list[str]:
    partitioner = attempt.partitioner
    return sorted({partitioner.path(file.partition) for file in files}) if partitioner else []


def _replaced_partitions(batch: StagedBatch) -> Container[Record]:
    written = {file.data_file.partition for file in batch.files}
    if batch.partitions is None:
        return written
    batch.partitions.check(written)
    return batch.partitions


def _outside(attempt: CommitAttempt, tasks: Sequence[FileScanTask], replaced: Container[Record]) -> Iterator[RowsTask]:
    """Rows outside the replaced partitions, from files with an older partition spec."""
    if attempt.transaction.base is None or attempt.partitioner is None:
        return
    for task in tasks:
        reader = DataFileReader(attempt.transaction.base, task)
        for rows in reader.rows_without(np.empty(0, dtype=np.int64), attempt.layout.schema):
            yield partial(_rows_outside, rows, attempt.partitioner, replaced)


def _rows_outside(rows_task: RowsTask, partitioner: Partitioner, replaced: Container[Record]) -> pa.Table:
    rows = rows_task().combine_chunks()
    codes, records = partitioner.record_codes(rows)
    kept = np.array([record not in replaced for record in records], dtype=bool)
    return rows.filter(pa.array(kept[codes]))


def _upsert(attempt: CommitAttempt, batch: StagedBatch) -> Changes:
    table, keys = attempt.transaction.base, batch.keys
    matches = find_matches(table, keys) if table and keys else []
    if table is None or keys is None:
        return _append(attempt, batch)
    if _is_incomplete(attempt, batch, matches):
        batch = replace(batch, files=_completed(attempt, batch, table, keys, matches))
    if not matches:
        return _append(attempt, batch)
    strategy = choose_strategy(attempt.layout.table, matches, attempt.transaction.metadata)
    removed, rewritten = rewrite_without(
        attempt.staging, table, strategy.copy_on_write, attempt.layout, attempt.partitioner
    )
    updated, deleted = _changed_rows(keys, batch.num_rows, matches)
    return Changes(
        [*(file.data_file for file in (*batch.files, *rewritten)), *_mark_deleted(attempt, strategy.merge_on_read)],
        removed,
        rows_inserted=batch.num_rows - updated,
        rows_updated=updated,
        rows_deleted=deleted,
        strategy=f"{strategy.name}: {strategy.reason}",
        batch=[file.data_file for file in batch.files],
    )


def _is_incomplete(attempt: CommitAttempt, batch: StagedBatch, matches: Sequence[KeyMatches]) -> bool:
    """Whether the batch lacks columns that have stored values or are required."""
    schema = attempt.layout.schema
    return bool(batch.missing and matches) or any(not schema.field(name).nullable for name in batch.missing)


def _completed(
    attempt: CommitAttempt, batch: StagedBatch, table: Table, keys: KeyIndex, matches: Sequence[KeyMatches]
) -> list[StagedFile]:
    layout = attempt.layout
    stored = stored_values(table, matches, keys, batch.missing, layout.schema)
    tasks = read_staged_rows(layout.table, attempt.staging.io, batch.files, layout.schema, stored)
    return write_files(attempt.staging, tasks, layout, attempt.partitioner)


def _changed_rows(keys: KeyIndex, live: int, matches: Sequence[KeyMatches]) -> tuple[int, int]:
    """Counts updated keys, for which appends may have stored more than one row, and deleted rows.

    Args:
        keys: Keys of the batch; those after the first `live` ones are to be deleted.
        live: Number of rows to insert or update.
        matches: Stored rows whose keys are in the batch.
    """
    is_deleted = keys.rows >= live if live < keys.num_rows else np.zeros(live, dtype=bool)
    is_matched = np.zeros(keys.num_rows, dtype=bool)
    for match in matches:
        is_matched[match.code_indices] = True
    deleted = sum(int(np.count_nonzero(is_deleted[match.code_indices])) for match in matches)
    return int(np.count_nonzero(is_matched & ~is_deleted)), deleted


def _mark_deleted(attempt: CommitAttempt, matches: Sequence[KeyMatches]) -> list[DataFile]:
    marks = (
        partial(write_position_deletes, attempt.staging, attempt.layout, match.task.file, match.positions)
        for match in matches
    )
    with storage_errors(attempt.layout.table), ThreadPoolExecutor(thread_count(), "delete-files") as pool:
        return list(in_order(pool, marks))


def _files_of(tasks: Sequence[FileScanTask]) -> list[DataFile]:
    files = (file for task in tasks for file in (task.file, *task.delete_files))
    return list({file.file_path: file for file in files}.values())


def _live_rows(attempt: CommitAttempt, tasks: Sequence[FileScanTask]) -> int:
    base = attempt.transaction.base
    return sum(DataFileReader(base, task).num_rows for task in tasks) if base else 0


def _planned(table: Table | None, chosen: FileFilter | None = None) -> list[FileScanTask]:
    return list(plan_files(table, chosen=chosen, with_statistics=False)) if table else []


_PLANS: dict[IngestionMode, Callable[[CommitAttempt, StagedBatch], Changes]] = {
    IngestionMode.APPEND: _append,
    IngestionMode.OVERWRITE: _overwrite,
    IngestionMode.OVERWRITE_PARTITIONS: _overwrite_partitions,
    IngestionMode.UPSERT: _upsert,
}
