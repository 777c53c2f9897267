"""Upsert: finds the stored rows that a staged batch replaces, and rewrites files without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

import numpy as np
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.key_filter import KeyFilter
from datalake_sdk.engine.keys import KeyIndex, index_keys
from datalake_sdk.engine.locations import is_local
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.position_deletes import is_file_scoped
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.staging import RowsTask, StagedFile, StagingArea
from datalake_sdk.parallel import in_order, thread_count

_FEW_FILES, _SMALL_BYTES = 16, 1 << 20
"""Up to this many local files of this total size take longer to distribute to threads than to read."""
_JOINED_BYTES = 8 << 20
"""Size in memory of the rows of small files that are written as one task."""


@dataclass(frozen=True)
class KeyMatches:
    """Rows of one data file whose keys are in a batch.

    Args:
        task: The file and the delete files that apply to it.
        positions: Row positions in the file, ascending.
        code_indices: For each position, the index of its key in `KeyIndex.codes`.
    """

    task: FileScanTask
    positions: np.ndarray
    code_indices: np.ndarray


def keyed_batch(table: str, columns: Sequence[str], staged: Sequence[StagedFile], deleted: pa.Table) -> KeyIndex:
    """Indexes the keys of a staged batch: those of its files, in their order, then the keys to delete.

    Raises:
        NullKeysError: A row has a null key.
        DuplicateKeysError: Two rows have the same key.
    """
    names = list(columns)
    parts = [part for file in staged for part in file.keys]
    return index_keys(table, pa.concat_tables([part.select(names) for part in (*parts, deleted)]))


def find_matches(table: Table, batch: KeyIndex) -> list[KeyMatches]:
    """Finds the stored rows whose keys are in the batch.

    Skips files and row groups whose statistics exclude every key, and reads only the key columns of the others.

    Args:
        table: Table with the snapshot to search; search again after a conflict.
        batch: Index of the batch's keys.

    Returns:
        Matches of each file that has at least one.
    """
    if not set(batch.columns) <= {field.name for field in table.schema().fields}:
        return []
    sorted_keys = batch.sorted_integers()
    tasks = plan_files(table, chosen=KeyFilter(table, batch))
    probed = _each_file(partial(_probe, table, batch=batch, sorted_keys=sorted_keys), tasks)
    return [matches for matches in probed if len(matches.positions)]


def _each_file(probe: Callable[[FileScanTask], KeyMatches], tasks: Iterator[FileScanTask]) -> Iterator[KeyMatches]:
    first = list(islice(tasks, _FEW_FILES + 1))
    if len(first) <= _FEW_FILES and _is_small(task.file for task in first):
        yield from map(probe, first)
        return
    with ThreadPoolExecutor(thread_count(), "probe") as pool:
        yield from in_order(pool, (partial(probe, task) for task in chain(first, tasks)))


def _is_small(files: Iterable[DataFile]) -> bool:
    files = list(files)
    are_local = all(is_local(file.file_path) for file in files)
    return are_local and sum(file.file_size_in_bytes for file in files) <= _SMALL_BYTES


def _probe(table: Table, task: FileScanTask, batch: KeyIndex, sorted_keys: Mapping[str, np.ndarray]) -> KeyMatches:
    reader = DataFileReader(table, task)
    positions, code_indices = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for first, stored in reader.key_columns(batch.columns, sorted_keys):
        found, at = batch.search(stored.cast(batch.keys.schema))
        positions.append(found + first)
        code_indices.append(at)
    matches = KeyMatches(task, np.concatenate(positions), np.concatenate(code_indices))
    if not task.delete_files or not len(matches.positions):
        return matches
    live = ~reader.are_deleted(matches.positions)
    return KeyMatches(task, matches.positions[live], matches.code_indices[live])


def rewrite_without(
    staging: StagingArea,
    table: Table,
    matches: Sequence[KeyMatches],
    layout: FileLayout,
    partitioner: Partitioner | None,
) -> tuple[list[DataFile], list[StagedFile]]:
    """Copy-on-write: rewrites files without the rows that the batch replaces.

    Returns:
        The files to remove, including delete files that apply only to them, and the new files.
    """
    tasks: Iterator[RowsTask] = (task for match in matches for task in _kept_rows(table, match, layout))
    if matches and _is_small(match.task.file for match in matches):
        tasks = _first_together(tasks)
    removed = [file for match in matches for file in (match.task.file, *_own_deletes(match.task))]
    return removed, write_files(staging, tasks, layout, partitioner)


def _first_together(tasks: Iterator[RowsTask]) -> Iterator[RowsTask]:
    """Joins the first rows, up to a limit: small files may hold many rows that compress well."""
    first, size = [], 0
    for task in tasks:
        first.append(task())
        size += first[-1].nbytes
        if size >= _JOINED_BYTES:
            break
    yield partial(pa.concat_tables, first)
    yield from tasks


def _own_deletes(task: FileScanTask) -> list[DataFile]:
    return [file for file in task.delete_files if is_file_scoped(file, task.file)]


def _kept_rows(table: Table, match: KeyMatches, layout: FileLayout) -> Iterator[RowsTask]:
    return DataFileReader(table, match.task).rows_without(match.positions, layout.schema)


def stored_values(
    table: Table, matches: Sequence[KeyMatches], batch: KeyIndex, missing: Sequence[str], schema: pa.Schema
) -> pa.Table:
    """Reads the stored values of columns that the batch lacks.

    Args:
        table: Table with the searched snapshot.
        matches: Rows that the batch replaces.
        batch: Index of the batch's keys.
        missing: Names of the columns that the batch lacks.
        schema: Arrow schema of the data files.

    Returns:
        One row per row of the batch, in the same order; null for rows that replace no stored row.
    """
    fields = pa.schema([schema.field(name) for name in missing])
    parts = [DataFileReader(table, match.task).rows_at(match.positions, fields) for match in matches]
    stored = pa.concat_tables([*parts, fields.empty_table()]).combine_chunks()
    replaced = np.full(batch.num_rows, -1)
    if matches:
        code_indices = np.concatenate([match.code_indices for match in matches])
        replaced[batch.rows[code_indices]] = np.arange(stored.num_rows)
    return stored.take(pa.array(replaced, mask=replaced < 0))
