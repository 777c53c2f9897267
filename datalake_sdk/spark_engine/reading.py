"""Reads files and tables as Spark DataFrames.

Spark tasks run the SDK's own readers, each on one part of the files. Types, rows and errors are therefore those of the
native engine, and files in S3 need no Hadoop file system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import pyarrow as pa

from datalake_sdk.engine.conform import conform
from datalake_sdk.engine.read_range import ReadRange
from datalake_sdk.errors import DatalakeError, UnknownColumnError, UnsplittableInputError
from datalake_sdk.inputs.files import find_input
from datalake_sdk.inputs.formats import TypedFormat
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parts import PART_SIZE, Part, TextParts, TypedParts, typed_parts
from datalake_sdk.inputs.paths import STANDARD_INPUT
from datalake_sdk.inputs.remote_files import SCHEME
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import TypedStream
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, TableName
from datalake_sdk.spark_engine.input_types import spark_arrow_schema, spark_schema
from datalake_sdk.spark_engine.session import table_name

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem
    from pyspark.sql import DataFrame, SparkSession

Item = TypeVar("Item")
Result = TypeVar("Result")
Batches: TypeAlias = Callable[[Part], Iterator[pa.RecordBatch]]


def read_files(session: SparkSession, platform: Platform, path: str, options: InputOptions) -> DataFrame:
    """Reads files of any input format, with types inferred from all of the data, like the native engine.

    Text files are read immediately to infer types, and again by each action on the dataframe.

    Args:
        session: Spark session.
        platform: Opens the storage of `s3://` paths.
        path: A file, a glob pattern, a folder or an `s3://` path; a local path must exist on every machine of the
            cluster.
        options: How to read the files.

    Raises:
        UnsplittableInputError: The path is standard input or another pipe.
        UnsupportedSparkTypeError: Spark does not support the type of a column.
        DatalakeError: The input cannot be read.
    """
    if _is_pipe(path):
        raise UnsplittableInputError(path)
    with platform.service_errors():
        found = find_input(path, options, platform.input_filesystem)
    open_filesystem = partial(_input_filesystem, platform.environment)
    if isinstance(found.input_format, TypedFormat):
        stream = TypedStream([found.input_format.open(file) for file in found.files], options)
        typed = TypedParts(found.input_format, stream.schema, options, open_filesystem)
        parts = [replace(part, name=_absolute_name(part.name)) for part in typed_parts(stream.files)]
        return _dataframe(session, path, parts, typed.batches, stream.schema)
    return _text_dataframe(session, path, found.files, TextParts(found.input_format, options, open_filesystem))


def read_table(
    session: SparkSession,
    platform: Platform,
    table: TableName,
    columns: Sequence[str] | None = None,
    snapshots: ReadRange | None = None,
) -> DataFrame:
    """Reads a table.

    Args:
        session: Spark session.
        platform: Platform that holds the table.
        table: Table to read.
        columns: Columns to read; None reads all.
        snapshots: Part of the table's history, whose snapshots only add rows; None reads the current snapshot.

    Raises:
        UnknownTableError: The table does not exist.
        UnknownColumnError: The table does not have one of the columns.
    """
    known = [field.name for field in load_table(platform, table).schema().fields]
    for column in columns or ():
        if column not in known:
            raise UnknownColumnError(column, known)
    name = table_name(platform.environment, table)
    rows = session.table(name) if snapshots is None else _rows_in_range(session, name, snapshots)
    return rows if columns is None else rows.select(*(f"`{column}`" for column in columns))


def _rows_in_range(session: SparkSession, name: str, snapshots: ReadRange) -> DataFrame:
    """Reads appended rows: https://iceberg.apache.org/docs/latest/spark-queries/#incremental-read."""
    if snapshots.until is None or snapshots.is_empty:
        return session.table(name).where("false")
    if snapshots.after is None:
        return session.read.option("snapshot-id", str(snapshots.until)).table(name)
    bounds = {"start-snapshot-id": str(snapshots.after), "end-snapshot-id": str(snapshots.until)}
    return session.read.options(**bounds).table(name)


def _is_pipe(path: str) -> bool:
    local = Path(path)
    return path == STANDARD_INPUT or (local.exists() and not local.is_file() and not local.is_dir())


def _text_dataframe(session: SparkSession, path: str, files: Sequence[InputFile], text: TextParts) -> DataFrame:
    whole = [Part(_absolute_name(file.name), 0, None, file.size) for file in files]
    large = [part for part in whole if part.size > text.part_size]
    cut = dict(zip(large, _on_workers(session, text.split, large), strict=True))
    parts = list(chain.from_iterable(cut.get(part, [part]) for part in whole))
    columns = text.columns(parts, _on_workers(session, text.infer, parts))
    schema = pa.schema([(column.name, column.type) for column in columns])
    return _dataframe(session, path, parts, partial(text.batches, columns), schema)


def _on_workers(session: SparkSession, work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Runs a function on each part; if several fail, raises the error of the first part."""
    if not parts:
        return []
    tasks = session.sparkContext.parallelize(parts, _task_count(session, parts))
    outcomes = tasks.map(partial(_outcome, work)).collect()
    results = []
    for outcome in outcomes:
        if isinstance(outcome, DatalakeError):
            raise outcome
        results.append(outcome)
    return results


def _outcome(work: Callable[[Part], Result], part: Part) -> Result | DatalakeError:
    try:
        return work(part)
    except DatalakeError as error:
        return error


def _dataframe(
    session: SparkSession, path: str, parts: Sequence[Part], batches: Batches, schema: pa.Schema
) -> DataFrame:
    target = spark_arrow_schema(f"input '{path}'", schema)
    positions = session.range(0, len(parts), 1, max(_task_count(session, parts), 1))
    return positions.mapInArrow(partial(_rows, path, parts, batches, target), spark_schema(target))


def _rows(
    path: str, parts: Sequence[Part], batches: Batches, schema: pa.Schema, positions: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    sources = {name: position for position, name in enumerate(schema.names)}
    for position in chain.from_iterable(batch.column(0).to_pylist() for batch in positions):
        for batch in batches(parts[position]):
            yield from conform(f"input '{path}'", batch, sources, schema).to_batches()


def _task_count(session: SparkSession, parts: Sequence[Part]) -> int:
    by_size = -(-sum(part.size for part in parts) // PART_SIZE)
    return min(len(parts), max(session.sparkContext.defaultParallelism, by_size))


def _absolute_name(name: str) -> str:
    """Returns a file name that is valid in any working directory."""
    return name if name.startswith(SCHEME) else str(Path(name).absolute())


def _input_filesystem(environment: Environment, path: str) -> FileSystem:
    return open_platform(environment).input_filesystem(path)
