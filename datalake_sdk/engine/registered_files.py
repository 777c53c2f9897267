"""Adds existing Parquet files to a table without copying them.

https://iceberg.apache.org/docs/latest/spark-procedures/#add_files has the same purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.name_mapping import create_mapping_from_schema

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.data_file import FileLayout, data_file
from datalake_sdk.engine.file_columns import check_columns
from datalake_sdk.engine.file_partitions import FileProblem, partition_of
from datalake_sdk.engine.locations import location_key
from datalake_sdk.engine.name_mapping import has_field_ids
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.types import format_type, iceberg_type, merged_type
from datalake_sdk.engine.write import write_staged
from datalake_sdk.engine.write_plan import WritePlan
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import UnregistrableFilesError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.parallel import in_order, thread_count

_STORED_TYPES = (
    pa.types.is_boolean,
    pa.types.is_int32,
    pa.types.is_int64,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_decimal128,
    pa.types.is_date32,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
)
"""Types that Parquet files store as Iceberg requires: https://iceberg.apache.org/spec/#parquet"""
_INT96 = "INT96"


@dataclass(frozen=True)
class ParquetFooter:
    """Metadata of a Parquet file."""

    location: str
    size: int
    metadata: pq.FileMetaData
    schema: pa.Schema


def add_files(catalog: Catalog, target: Target, locations: Sequence[str]) -> WriteResult:
    """Adds files to a table in one commit, creating the table if it does not exist.

    The statistics and partitions of the files are taken from their footers. Columns are matched by name; if the files
    have no field ids, the table gets a name mapping.

    Args:
        catalog: The environment's catalog.
        target: Table, and a request whose mode is append.
        locations: URIs of the files, without duplicates.

    Raises:
        UnregistrableFilesError: Files cannot be registered; all of them are listed, and the table is unchanged.
        DatalakeError: The commit failed; the table is unchanged.
    """
    footers = _footers(load_file_io(catalog.properties, locations[0]), target.name, locations)
    stream = InMemoryStream(_union(target.name, footers), ())
    return write_staged(catalog, target, stream, lambda plan, staging: _RegisteredRows(target, footers))


def _footers(io: FileIO, table: str, locations: Sequence[str]) -> list[ParquetFooter]:
    with ThreadPoolExecutor(thread_count(), "footers") as pool:
        results = list(in_order(pool, (partial(_footer, io, location) for location in locations)))
    problems = [result for result in results if isinstance(result, str)]
    if problems:
        raise UnregistrableFilesError(table, len(locations), problems)
    return [result for result in results if isinstance(result, ParquetFooter)]


def _footer(io: FileIO, location: str) -> ParquetFooter | str:
    """Reads a footer, or returns why the file cannot be registered."""
    try:
        source = io.new_input(location)
        with source.open(seekable=True) as stream, pq.ParquetFile(stream) as file:
            footer = ParquetFooter(location, len(source), file.metadata, file.schema_arrow)
            problem = next(_problems(footer, file.schema), None)
    except (OSError, pa.ArrowException) as error:
        return f"{location}: cannot be read as Parquet: {error}"
    return footer if problem is None else f"{location}: {problem}"


def _problems(footer: ParquetFooter, schema: Any) -> Iterator[str]:
    columns = footer.schema.names
    if not columns:
        yield "has no columns"
    if not footer.metadata.num_rows:
        yield "has no rows"
    for name in columns:
        if normalized_column_name(name) != name:
            yield f"column '{name}' is not in lower snake_case ('{normalized_column_name(name)}')"
        elif columns.count(name) > 1:
            yield f"column '{name}' occurs twice"
    for index in range(len(schema)):
        if schema.column(index).physical_type == _INT96:
            yield f"column '{schema.column(index).path}' is an INT96 timestamp"
    for field in footer.schema:
        unsupported = _unsupported(field.type)
        if unsupported is not None:
            yield f"column '{field.name}' has type {unsupported}, which readers of Iceberg tables cannot read"


def _unsupported(data_type: pa.DataType) -> pa.DataType | None:
    """The first type within a type that is not stored as Iceberg requires."""
    if pa.types.is_struct(data_type):
        return next(filter(None, (_unsupported(child.type) for child in data_type)), None)
    if pa.types.is_list(data_type) or pa.types.is_large_list(data_type):
        return _unsupported(data_type.value_type)
    if pa.types.is_map(data_type):
        return _unsupported(data_type.key_type) or _unsupported(data_type.item_type)
    if pa.types.is_dictionary(data_type):
        return _unsupported(data_type.value_type)
    is_stored = any(test(data_type) for test in _STORED_TYPES)
    is_time = pa.types.is_timestamp(data_type) or pa.types.is_time(data_type)
    return None if is_stored or (is_time and data_type.unit == "us") else data_type


def _union(table: str, footers: Sequence[ParquetFooter]) -> pa.Schema:
    schema, problems = footers[0].schema, []
    for footer in footers:
        try:
            schema = pa.unify_schemas([schema, footer.schema], promote_options="permissive")
        except pa.ArrowException as error:
            problems.append(f"{footer.location}: differs from the files before it: {error}")
    if problems:
        raise UnregistrableFilesError(table, len(footers), problems)
    return schema.remove_metadata()


@dataclass(frozen=True)
class _RegisteredRows:
    """Files to register as the batch of a write."""

    target: Target
    footers: Sequence[ParquetFooter]

    @property
    def num_rows(self) -> int:
        return sum(int(footer.metadata.num_rows) for footer in self.footers)

    def changes(self, plan: WritePlan) -> Changes:
        transaction = plan.transaction
        self._check_not_registered(plan.base)
        layout = FileLayout(self.target.name, transaction.io, transaction.metadata)
        files, problems = [], []
        for footer in self.footers:
            try:
                files.append(_data_file(footer, layout))
            except FileProblem as problem:
                problems.append(f"{footer.location}: {problem}")
        if problems:
            raise UnregistrableFilesError(self.target.name, len(self.footers), problems)
        self._add_name_mapping(plan)
        return Changes(files, rows_inserted=self.num_rows)

    def table_results(self, plan: WritePlan, changes: Changes) -> None:
        """The native engine evaluates the checks."""

    def _check_not_registered(self, base: Table | None) -> None:
        tasks = plan_files(base) if base else ()
        stored = {location_key(task.file.file_path) for task in tasks}
        known = [footer.location for footer in self.footers if location_key(footer.location) in stored]
        if known:
            problems = [f"{location}: is already a file of the table" for location in known]
            raise UnregistrableFilesError(self.target.name, len(self.footers), problems)

    def _add_name_mapping(self, plan: WritePlan) -> None:
        """Lets readers find the columns of files without field ids: https://iceberg.apache.org/spec/#column-projection."""
        transaction, name = plan.transaction, TableProperties.DEFAULT_NAME_MAPPING
        if all(has_field_ids(footer.schema) for footer in self.footers) or name in transaction.metadata.properties:
            return
        mapping = create_mapping_from_schema(transaction.schema)
        transaction.iceberg_transaction.set_properties({name: mapping.model_dump_json()})


def _data_file(footer: ParquetFooter, layout: FileLayout) -> DataFile:
    _check_types(footer, layout)
    check_columns(footer.metadata, footer.schema, layout)
    return data_file(layout, footer.location, footer.metadata, footer.size, partition_of(footer.metadata, layout))


def _check_types(footer: ParquetFooter, layout: FileLayout) -> None:
    schema = layout.metadata.schema()
    for column in footer.schema:
        stored = schema.find_field(column.name).field_type
        given = iceberg_type(layout.table, column.name, column.type)
        merged = merged_type(stored, given)
        if merged is None or format_type(merged) != format_type(stored):
            raise FileProblem(f"column '{column.name}' is {format_type(given)}, in the table {format_type(stored)}")
