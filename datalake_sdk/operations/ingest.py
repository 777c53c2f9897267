"""Ingests files or a dataframe into a table, or says what that would do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from datalake_sdk.batches import BatchStream
from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.schema import arrow_type, write_schema
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write import WriteResult, plan_write, write
from datalake_sdk.engine.write_transaction import Target, load_if_exists
from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe
from datalake_sdk.inputs.files import FileStream, open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.operations.maintain_table import maintain_after_write
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import OutputTable, TableName

NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Progress:
    """How far an ingestion is.

    Args:
        bytes_read: Of the input, as it lies on disk.
        total_bytes: None when unknown.
        rows: Rows written to data files.
    """

    bytes_read: int
    total_bytes: int | None
    rows: int


@dataclass(frozen=True)
class IngestionResult:
    """What one ingestion did; all counts are of rows, files or bytes.

    Args:
        table: Name as queries use it, with the stage's prefix.
        snapshot_id: None when nothing was committed.
        skipped: The ingestion id had been written before.
        strategy: How an upsert took the replaced rows out, and why; empty in the other modes.
    """

    table: str
    mode: str
    rows_read: int
    rows_inserted: int
    rows_updated: int
    rows_deleted: int
    files_added: int
    files_removed: int
    bytes_added: int
    seconds: float
    snapshot_id: int | None
    ingestion_id: str
    skipped: bool
    strategy: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields; the strategy is told to people only, in words that may change."""
        fields = asdict(self)
        del fields["strategy"]
        return fields


@dataclass(frozen=True)
class PlannedColumn:
    """A column of the table after the write; `source` is its name in the input, None when the input lacks it."""

    name: str
    type: str
    source: str | None


@dataclass(frozen=True)
class IngestionPlan:
    """What an ingestion would do."""

    table: str
    mode: str
    creates_table: bool
    columns: tuple[PlannedColumn, ...]
    schema_changes: tuple[str, ...]
    partition_keys: tuple[str, ...]
    upsert_keys: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields."""
        return asdict(self)


def ingest_files(
    platform: Platform,
    table: TableName,
    path: str,
    output: OutputTable,
    options: InputOptions,
    *,
    ingestion_id: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> IngestionResult:
    """Ingests a file, a glob, a folder or `-` (standard input) in one commit.

    Memory is bounded, but that an upsert holds the keys of its batch.

    Args:
        platform: Where the table is.
        table: Table to write.
        path: Input.
        output: Mode, keys and declared types.
        options: How to read the input.
        ingestion_id: A second ingestion with the same id is skipped; random when None.
        progress: Called from any thread, after each piece written.

    Raises:
        DatalakeError: The input or the call is wrong; the table is as it was.
    """
    stream = _input(platform, table, path, output, options)
    return _ingest(platform, table, stream, output, ingestion_id, _Counter(stream, progress))


def ingest_dataframe(
    platform: Platform,
    table: TableName,
    dataframe: object,
    output: OutputTable,
    *,
    ingestion_id: str | None = None,
    properties: Mapping[str, str] = NO_PROPERTIES,
) -> IngestionResult:
    """Ingests anything that holds or streams Arrow data: pandas, polars, pyarrow, a DuckDB relation.

    Args:
        platform: Where the table is.
        table: Table to write.
        dataframe: Rows.
        output: Mode, keys and declared types.
        ingestion_id: A second ingestion with the same id is skipped; random when None.
        properties: Table properties that this write sets.

    Raises:
        DatalakeError: The data or the call is wrong; the table is as it was.
    """
    return _ingest(
        platform, table, stream_from_dataframe(dataframe), output, ingestion_id, lambda rows: None, properties
    )


def write_dataframe(
    platform: Platform,
    table: TableName,
    dataframe: object,
    output: OutputTable,
    *,
    ingestion_id: str | None = None,
    properties: Mapping[str, str] = NO_PROPERTIES,
    progress: Callable[[int], None] = lambda rows: None,
) -> IngestionResult:
    """Does what `ingest_dataframe` does, but leaves maintenance to the caller.

    Args:
        platform: Where the table is.
        table: Table to write.
        dataframe: Rows.
        output: Mode, keys and declared types.
        ingestion_id: A second ingestion with the same id is skipped; random when None.
        properties: Table properties that this write sets.
        progress: Told how many rows were written, from any thread.

    Raises:
        DatalakeError: The data or the call is wrong; the table is as it was.
    """
    return _write(platform, table, stream_from_dataframe(dataframe), output, ingestion_id, progress, properties)


def write_with(
    platform: Platform,
    table: TableName,
    output: OutputTable,
    ingestion_id: str | None,
    properties: Mapping[str, str],
    engine: Callable[[Target, str], WriteResult],
) -> IngestionResult:
    """Lets an engine write, and tells what it did; maintenance is left to the caller.

    Args:
        platform: Where the table is.
        table: Table to write.
        output: Mode, keys and declared types.
        ingestion_id: Random when None.
        properties: Table properties that this write sets.
        engine: Writes under an ingestion id.

    Raises:
        DatalakeError: The data or the call is wrong; the table is as it was.
    """
    start = time.monotonic()
    target = _target(platform, table, output, properties)
    identifier = ingestion_id or uuid4().hex
    with platform.service_errors():
        result = engine(target, identifier)
    return IngestionResult(
        table=target.name,
        mode=output.ingestion_mode.value,
        seconds=round(time.monotonic() - start, 3),
        ingestion_id=identifier,
        **asdict(result),
    )


def plan_ingestion(
    platform: Platform, table: TableName, path: str, output: OutputTable, options: InputOptions
) -> IngestionPlan:
    """Reads the whole input for its types and says what an ingestion would do; writes nothing.

    Raises:
        DatalakeError: The input or the call is wrong.
    """
    stream = _input(platform, table, path, output, options)
    with platform.service_errors():
        stream.resolve_types()
    target = _target(platform, table, output)
    plan = plan_write(platform.catalog, target, stream)
    plan.schema.check_values(target.name, stream.schema)
    schema = plan.transaction.schema
    sources = {name: stream.schema.field(position).name for name, position in plan.schema.sources.items()}
    return IngestionPlan(
        table=target.name,
        mode=output.ingestion_mode.value,
        creates_table=plan.base is None,
        columns=tuple(
            PlannedColumn(column.name, format_type(column.field_type), sources.get(column.name))
            for column in schema.fields
        ),
        schema_changes=plan.schema.changes,
        partition_keys=tuple(str(key) for key in spec_keys(plan.transaction.spec, schema)),
        upsert_keys=plan.key_columns,
        warnings=(*plan.transaction.warnings, *plan.schema.value_dependent_warnings(target.name, stream.schema)),
    )


def typed_options(platform: Platform, table: TableName, output: OutputTable, options: InputOptions) -> InputOptions:
    """Lets inference start from the table's types; declared types are binding."""
    declared = {
        name: arrow_type(declared_type(name, column.type))
        for name, column in output.configuration.columns.items()
        if column.type is not None
    }
    return replace(options, types={**_stored_types(platform, table), **declared}, declared=frozenset(declared))


class _Counter:
    """Adds up rows from several threads and reports progress."""

    def __init__(self, stream: FileStream, progress: Callable[[Progress], None] | None) -> None:
        self._stream = stream
        self._progress = progress
        self._rows = 0
        self._lock = Lock()

    def __call__(self, rows: int) -> None:
        with self._lock:
            self._rows += rows
            if self._progress is not None:
                self._progress(Progress(self._stream.bytes_read, self._stream.total_bytes, self._rows))


def _ingest(
    platform: Platform,
    table: TableName,
    stream: BatchStream,
    output: OutputTable,
    ingestion_id: str | None,
    on_rows: Callable[[int], None],
    properties: Mapping[str, str] = NO_PROPERTIES,
) -> IngestionResult:
    result = _write(platform, table, stream, output, ingestion_id, on_rows, properties)
    if result.snapshot_id is not None:
        maintain_after_write(platform, table)
    return result


def _write(
    platform: Platform,
    table: TableName,
    stream: BatchStream,
    output: OutputTable,
    ingestion_id: str | None,
    on_rows: Callable[[int], None],
    properties: Mapping[str, str],
) -> IngestionResult:
    return write_with(
        platform,
        table,
        output,
        ingestion_id,
        properties,
        lambda target, identifier: write(platform.catalog, target, stream, identifier, on_rows),
    )


def _target(
    platform: Platform, table: TableName, output: OutputTable, properties: Mapping[str, str] = NO_PROPERTIES
) -> Target:
    return Target(table.identifier(platform.environment), platform.table_location(table), output, properties)


def _input(platform: Platform, table: TableName, path: str, output: OutputTable, options: InputOptions) -> FileStream:
    typed = typed_options(platform, table, output, options)
    with platform.service_errors():
        return open_input(path, typed, open_filesystem=platform.input_filesystem)


def _stored_types(platform: Platform, table: TableName) -> Mapping[str, Any]:
    stored = load_if_exists(platform.catalog, table.identifier(platform.environment))
    return {column.name: column.type for column in write_schema(stored.schema())} if stored else {}
