"""Upsert: the batch is staged as data files, the rows it replaces are found by their keys and taken out of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThanOrEqual
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.parallel import THREADS, in_order
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.reading import DataFileReader
from datalake_sdk.engine.runs import runs
from datalake_sdk.engine.stage import RowsTask, Stage, StagedFile
from datalake_sdk.errors import (
    DuplicateKeysError,
    MissingColumnError,
    MissingUpsertKeysError,
    NullKeysError,
    UnkeyableTypeError,
)
from datalake_sdk.naming import normalized_column_name

_EXAMPLES = 5
_BATCH_ROW = "batch_row"
_MEMORY_LIMIT = "256MB"


@dataclass(frozen=True)
class Hits:
    """Rows of one data file that a batch replaces.

    Args:
        task: The file, with the delete files that apply to it.
        positions: Row positions in the file, ascending.
        batch_rows: For each position, the number of the batch's row that replaces it.
    """

    task: FileScanTask
    positions: np.ndarray
    batch_rows: np.ndarray


@dataclass(frozen=True)
class KeyedBatch:
    """The upsert keys of all staged rows, numbered in the order of the staged files.

    Args:
        columns: Names of the key columns.
        keys: The key columns and `batch_row`.
    """

    columns: tuple[str, ...]
    keys: pa.Table

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return int(self.keys.num_rows)


def key_columns(table: str, keys: Sequence[str], sources: Collection[str], schema: pa.Schema) -> tuple[str, ...]:
    """The stored names of the columns that identify a row.

    Args:
        table: Name for messages.
        keys: Columns as the user names them.
        sources: Stored names of the batch's columns.
        schema: Arrow schema of the data files.

    Raises:
        MissingUpsertKeysError: There are none.
        MissingColumnError: The batch does not have one of them.
        UnkeyableTypeError: One of them is nested.
    """
    if not keys:
        raise MissingUpsertKeysError(table)
    columns = tuple(dict.fromkeys(normalized_column_name(key) for key in keys))
    for key, column in zip(keys, columns, strict=False):
        if column not in sources:
            raise MissingColumnError(table, "upsert_keys", key, list(sources))
        if pa.types.is_nested(schema.field(column).type):
            raise UnkeyableTypeError(table, column, str(schema.field(column).type))
    return columns


def keyed_batch(table: str, columns: Sequence[str], staged: Sequence[StagedFile]) -> KeyedBatch:
    """Collects and checks the keys of a staged batch.

    Raises:
        NullKeysError: A row has a null key.
        DuplicateKeysError: Two rows have the same key.
    """
    keys = pa.concat_tables([part for file in staged for part in file.keys])
    _check_nulls(table, columns, keys)
    _check_duplicates(table, columns, keys)
    numbered = keys.append_column(_BATCH_ROW, pa.array(np.arange(keys.num_rows)))
    return KeyedBatch(tuple(columns), numbered)


def _check_nulls(table: str, columns: Sequence[str], keys: pa.Table) -> None:
    if not any(keys[column].null_count for column in columns):
        return
    missing = pc.is_null(keys[columns[0]])
    for column in columns[1:]:
        missing = pc.or_(missing, pc.is_null(keys[column]))
    raise NullKeysError(table, columns, pc.sum(missing).as_py())


def _check_duplicates(table: str, columns: Sequence[str], keys: pa.Table) -> None:
    connection = _connection()
    connection.register("keys", keys)
    names = ", ".join(_quoted(column) for column in columns)
    repeated = f"FROM keys GROUP BY {names} HAVING count(*) > 1"
    count = connection.execute(f"SELECT count(*) FROM (SELECT 1 {repeated})").fetchone()
    if count and count[0]:
        rows = connection.execute(f"SELECT {names} {repeated} ORDER BY ALL LIMIT {_EXAMPLES}").fetchall()
        examples = [_described_key(columns, row) for row in rows]
        raise DuplicateKeysError(table, columns, count[0], examples)


def _described_key(columns: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(columns, values, strict=True))


def find_hits(table: Table, batch: KeyedBatch) -> list[Hits]:
    """Finds the stored rows whose keys are in the batch.

    Files and row groups whose statistics exclude every key are not read; of the others only the key columns are.

    Args:
        table: The snapshot to probe; a conflicting commit needs a new probe.
        batch: Checked keys.

    Returns:
        Only files with at least one hit.
    """
    if not set(batch.columns) <= {field.name for field in table.schema().fields}:
        return []
    tasks = list(table.scan(row_filter=_key_range(batch)).plan_files())
    readers = [DataFileReader(table, task) for task in tasks]
    probe = pa.RecordBatchReader.from_batches(_probe_schema(batch), _probed(readers, batch))
    connection = _connection()
    connection.register("batch", batch.keys)
    connection.register("probe", probe)
    joined = " AND ".join(f"probe.{_quoted(column)} = batch.{_quoted(column)}" for column in batch.columns)
    found = connection.sql(
        f"SELECT file, position, {_BATCH_ROW} FROM probe JOIN batch ON {joined} ORDER BY file, position"
    ).to_arrow_table()
    return list(_grouped(tasks, found))


def _key_range(batch: KeyedBatch) -> BooleanExpression:
    expression: BooleanExpression = AlwaysTrue()
    for column in batch.columns:
        low, high = _bounds(batch.keys[column])
        if low is not None:
            expression = And(expression, _between(column, low, high))
    return expression


def _between(column: str, low: object, high: object) -> BooleanExpression:
    # The constructors take a column's name, their types do not say so.
    # https://py.iceberg.apache.org/api/#query-the-data
    return And(GreaterThanOrEqual(column, low), LessThanOrEqual(column, high))  # type: ignore[call-arg, arg-type]


def _bounds(column: pa.ChunkedArray) -> tuple[object, object]:
    if pa.types.is_boolean(column.type) or pa.types.is_fixed_size_binary(column.type):
        return None, None
    if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
        return None, None
    bounds = pc.min_max(column)
    return bounds["min"].as_py(), bounds["max"].as_py()


def _probe_schema(batch: KeyedBatch) -> pa.Schema:
    fields = [pa.field("file", pa.int32()), pa.field("position", pa.int64())]
    return pa.schema(fields + [batch.keys.schema.field(column).remove_metadata() for column in batch.columns])


def _probed(readers: Sequence[DataFileReader], batch: KeyedBatch) -> Iterator[pa.RecordBatch]:
    schema = _probe_schema(batch)
    sorted_keys = _sorted_keys(batch)
    tasks = (partial(_probed_file, number, reader, sorted_keys, schema) for number, reader in enumerate(readers))
    with ThreadPoolExecutor(THREADS, "probe") as pool:
        for batches in in_order(pool, tasks):
            yield from batches


def _probed_file(
    number: int, reader: DataFileReader, sorted_keys: Mapping[str, np.ndarray], schema: pa.Schema
) -> list[pa.RecordBatch]:
    batches = []
    for positions, columns in reader.key_columns(schema.names[2:], sorted_keys):
        files = np.full(len(positions), number, dtype=np.int32)
        keys = [column.cast(field.type) for column, field in zip(columns, list(schema)[2:], strict=True)]
        rows = pa.Table.from_arrays([pa.array(files), pa.array(positions), *keys], schema=schema)
        batches.extend(rows.to_batches())
    return batches


def _sorted_keys(batch: KeyedBatch) -> dict[str, np.ndarray]:
    return {
        column: np.sort(batch.keys[column].to_numpy())
        for column in batch.columns
        if pa.types.is_integer(batch.keys[column].type)
    }


def _grouped(tasks: Sequence[FileScanTask], found: pa.Table) -> Iterator[Hits]:
    files = found["file"].to_numpy()
    positions, rows = found["position"].to_numpy(), found[_BATCH_ROW].to_numpy()
    for start, end in runs(files):
        yield Hits(tasks[files[start]], positions[start:end], rows[start:end])


def rewrite_without(
    stage: Stage, table: Table, hits: Sequence[Hits], layout: FileLayout, partitioner: Partitioner | None
) -> tuple[list[DataFile], list[StagedFile]]:
    """Copy-on-write: writes the hit files again without the rows that the batch replaces.

    Returns:
        The files to drop and the files that stand in for them.
    """
    tasks = (task for hit in hits for task in _kept_rows(table, hit, layout))
    return [hit.task.file for hit in hits], write_files(stage, tasks, layout, partitioner)


def _kept_rows(table: Table, hit: Hits, layout: FileLayout) -> Iterator[RowsTask]:
    return DataFileReader(table, hit.task).rows_without(hit.positions, layout.schema)


def complete_rows(
    table: Table, hits: Sequence[Hits], batch: KeyedBatch, missing: Sequence[str], schema: pa.Schema
) -> pa.Table:
    """The stored values of columns that the batch does not have, for the rows that it replaces.

    Args:
        table: The probed snapshot.
        hits: Where the replaced rows are.
        batch: The batch's keys.
        missing: Names of the columns that the batch lacks.
        schema: Arrow schema of the data files.

    Returns:
        One row for each row of the batch, in the batch's order; null where nothing is replaced.
    """
    fields = pa.schema([schema.field(name) for name in missing])
    parts = [DataFileReader(table, hit.task).picked(hit.positions, fields) for hit in hits]
    stored = pa.concat_tables([*parts, fields.empty_table()]).combine_chunks()
    replaced = np.full(batch.num_rows, -1)
    if hits:
        replaced[np.concatenate([hit.batch_rows for hit in hits])] = np.arange(stored.num_rows)
    return stored.take(pa.array(replaced, mask=replaced < 0))


def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": THREADS, "memory_limit": _MEMORY_LIMIT})


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
