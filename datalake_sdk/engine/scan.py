"""Scans a snapshot of a table as a DuckDB query: columns are matched by field id, deleted rows are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg import types as iceberg
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile, FileFormat
from pyiceberg.schema import Schema, index_by_id
from pyiceberg.table import FileScanTask, Table, TableProperties

from datalake_sdk.engine.duckdb_storage import connect, connect_bounded, duckdb_path
from datalake_sdk.engine.files_without_ids import columns_by_id, names_without_ids
from datalake_sdk.engine.format_version import NEWEST_WRITTEN
from datalake_sdk.engine.planning import plan_files, plan_matching
from datalake_sdk.engine.row_filter import row_filter
from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.errors import (
    NoSnapshotAtError,
    UnknownColumnError,
    UnknownSnapshotError,
)
from datalake_sdk.sql_quotes import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from datalake_sdk.sql.column_conditions import ColumnCondition

ROWS_PER_BATCH = 100_000
_LAST_SNAPSHOTS = 5
_ROWS_PER_FILE = 1 << 40
"""Upper bound of the number of rows in a data file."""
_DUCKDB_TYPES: dict[type[iceberg.IcebergType], str] = {
    iceberg.BooleanType: "BOOLEAN",
    iceberg.IntegerType: "INTEGER",
    iceberg.LongType: "BIGINT",
    iceberg.FloatType: "FLOAT",
    iceberg.DoubleType: "DOUBLE",
    iceberg.DateType: "DATE",
    iceberg.TimeType: "TIME",
    iceberg.TimestampType: "TIMESTAMP",
    iceberg.TimestamptzType: "TIMESTAMP WITH TIME ZONE",
    iceberg.StringType: "VARCHAR",
    iceberg.UUIDType: "UUID",
    iceberg.FixedType: "BLOB",
    iceberg.BinaryType: "BLOB",
}


def relation(
    table: Table,
    snapshot_id: int | None = None,
    since: int | None = None,
    conditions: Sequence[ColumnCondition] = (),
) -> str | pa.Table:
    """The rows of a snapshot, with the columns of that snapshot.

    Args:
        table: The table.
        snapshot_id: Snapshot to read; None reads the current snapshot with the current columns.
        since: Snapshot whose files are left out; None leaves out no files.
        conditions: Conditions that all rows to read meet; files that they exclude are left out, other rows are not.

    Returns:
        A DuckDB query. If DuckDB cannot match the columns of a file by field id (files without ids, renamed fields
        within a struct, formats other than Parquet), the rows themselves, in memory.

    Raises:
        UnknownSnapshotError: The table does not have the snapshot.
        EqualityDeletesError: The table has equality delete files.
    """
    check_snapshot(table, snapshot_id)
    known = set() if since is None else {task.file.file_path for task in plan_files(table, since)}
    schema = table.scan(snapshot_id=snapshot_id).projection()
    has_current_columns = schema.schema_id == table.schema().schema_id
    condition = row_filter(schema, conditions if has_current_columns else ())
    tasks = plan_matching(table, condition, snapshot_id, with_statistics=_has_nested_columns(schema))
    return relation_of_files(table, schema, [task for task in tasks if task.file.file_path not in known])


def snapshot_at(table: Table, timestamp: datetime) -> int:
    """Id of the snapshot that was current at a time.

    Args:
        table: The table.
        timestamp: Time with time zone.

    Raises:
        NoSnapshotAtError: The table's first snapshot is more recent.
    """
    snapshot = table.snapshot_as_of_timestamp(int(timestamp.timestamp() * 1000))
    if snapshot is None:
        times = [datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC) for entry in table.history()]
        first = times[0].isoformat(" ", "milliseconds") if times else None
        raise NoSnapshotAtError(_name(table), timestamp.isoformat(" "), first)
    return snapshot.snapshot_id


def read_arrow(
    table: Table,
    columns: Sequence[str] | None = None,
    snapshot_id: int | None = None,
    limit: int | None = None,
) -> pa.RecordBatchReader:
    """Streams a table's rows in bounded memory, in the Arrow types of the data files.

    Args:
        table: The table.
        columns: Columns to read, in this order; None reads all.
        snapshot_id: Snapshot to read; None reads the current one.
        limit: Maximum number of rows; None reads all.

    Raises:
        UnknownColumnError: The table does not have a column.
        UnknownSnapshotError: The table does not have the snapshot.
    """
    rows = relation(table, snapshot_id)
    schema = table.scan(snapshot_id=snapshot_id).projection()
    target = arrow_columns(schema, columns)
    limited = "" if limit is None else f" LIMIT {limit}"
    return query_rows(table, {"all_rows": rows}, f"SELECT {_quoted_list(target.names)} FROM all_rows{limited}", target)


def read_data_files(
    table: Table, files: Iterable[DataFile], columns: Sequence[str] | None = None
) -> pa.RecordBatchReader:
    """Streams the rows of data files without deletes, in the table's current columns.

    Args:
        table: The table.
        files: Data files of the table.
        columns: Columns to read, in this order; None reads all.

    Raises:
        UnknownColumnError: The table does not have a column.
    """
    target = arrow_columns(table.schema(), columns)
    rows = relation_of_files(table, table.schema(), [FileScanTask(file) for file in files])
    return query_rows(table, {"all_rows": rows}, f"SELECT {_quoted_list(target.names)} FROM all_rows", target)


def relation_of_files(table: Table, schema: Schema, tasks: Sequence[FileScanTask]) -> str | pa.Table:
    """The rows of files, as `relation` returns those of a snapshot.

    Args:
        table: The table.
        schema: Columns to read.
        tasks: Data files of the table, each with its delete files.
    """
    if _needs_pyiceberg(table, schema, tasks):
        return ArrowScan(table.metadata, table.io, schema, AlwaysTrue()).to_table(tasks)
    return _relation_sql(table, schema, tasks)


def query_rows(
    table: Table, relations: Mapping[str, str | pa.Table], query: str, target: pa.Schema, *, bounded: bool = False
) -> pa.RecordBatchReader:
    """Streams the result of a DuckDB query over relations of a table.

    Args:
        table: The table.
        relations: Results of `relation`, by the name that the query uses.
        query: DuckDB query.
        target: Columns of the result, in their order.
        bounded: Whether to spill what exceeds a few hundred MB of memory to local disk.
    """
    connection = connect_bounded(table) if bounded else connect(table)
    statement = bound_query(connection, relations, query)
    return connection.sql(statement).to_arrow_reader(ROWS_PER_BATCH).cast(target)


def bound_query(connection: DuckDBPyConnection, relations: Mapping[str, str | pa.Table], query: str) -> str:
    """Prepares a connection for a query over relations of a table.

    Args:
        connection: Connection that can read the files of the table.
        relations: Results of `relation`, by the name that the query uses.
        query: DuckDB query.

    Returns:
        The query with its relations.
    """
    in_memory = {name: rows for name, rows in relations.items() if isinstance(rows, pa.Table)}
    for name, rows in in_memory.items():
        connection.register(name, rows)
    views = ", ".join(
        f"{name} AS NOT MATERIALIZED ({rows})" for name, rows in relations.items() if name not in in_memory
    )
    return f"WITH {views} {query}" if views else query


def check_snapshot(table: Table, snapshot_id: int | None) -> None:
    """Checks that a table has a snapshot; None is the current one.

    Raises:
        UnknownSnapshotError: The table does not have the snapshot.
    """
    if snapshot_id is not None and table.snapshot_by_id(snapshot_id) is None:
        last = [snapshot.snapshot_id for snapshot in table.metadata.snapshots[-_LAST_SNAPSHOTS:]]
        raise UnknownSnapshotError(_name(table), snapshot_id, last)


def _name(table: Table) -> str:
    return ".".join(table.name())


def _needs_pyiceberg(table: Table, schema: Schema, tasks: Sequence[FileScanTask]) -> bool:
    files = [file for task in tasks for file in (task.file, *task.delete_files)]
    return (
        table.format_version > NEWEST_WRITTEN
        or (TableProperties.DEFAULT_NAME_MAPPING in table.properties and _has_nested_columns(schema))
        or any(file.file_format != FileFormat.PARQUET for file in files)
        or _renamed_within_columns(table, schema)
    )


def _renamed_within_columns(table: Table, schema: Schema) -> bool:
    """Whether a struct ever had other field names or ids: DuckDB matches columns by id, but struct fields by name."""
    current = dict(_struct_fields(schema.as_struct()))
    past = (fields for other in table.schemas().values() for fields in _struct_fields(other.as_struct()))
    return any(struct_id in current and not _agree(current[struct_id], fields) for struct_id, fields in past)


def _struct_fields(struct: iceberg.StructType) -> Iterator[tuple[int, dict[int, str]]]:
    for field in struct.fields:
        yield from _nested_structs(field.field_id, field.field_type)


def _nested_structs(field_id: int, data_type: iceberg.IcebergType) -> Iterator[tuple[int, dict[int, str]]]:
    match data_type:
        case iceberg.StructType():
            yield field_id, {child.field_id: child.name for child in data_type.fields}
            yield from _struct_fields(data_type)
        case iceberg.ListType():
            yield from _nested_structs(data_type.element_id, data_type.element_type)
        case iceberg.MapType():
            yield from _nested_structs(data_type.key_id, data_type.key_type)
            yield from _nested_structs(data_type.value_id, data_type.value_type)


def _agree(some: Mapping[int, str], others: Mapping[int, str]) -> bool:
    pairs = {*some.items(), *others.items()}
    ids, names = {field_id for field_id, _ in pairs}, {name for _, name in pairs}
    return len(pairs) == len(ids) == len(names) and not some.keys().isdisjoint(others.keys())


def _has_nested_columns(schema: Schema) -> bool:
    return not all(field.field_type.is_primitive for field in schema.fields)


def _relation_sql(table: Table, schema: Schema, tasks: Sequence[FileScanTask]) -> str:
    if not tasks:
        columns = [f"CAST(NULL AS {_duckdb_type(field.field_type)}) AS {quoted(field.name)}" for field in schema.fields]
        return f"SELECT {', '.join(columns)} WHERE false"
    names = names_without_ids(table, [task.file for task in tasks])
    by_id = [task for task in tasks if task.file.file_path not in names]
    parts = [*_parts(by_id, partial(_files_sql, schema))]
    for found in set(names.values()):
        by_name = [task for task in tasks if names.get(task.file.file_path) == found]
        parts.extend(_parts(by_name, partial(_named_files_sql, schema, columns_by_id(table, found))))
    return " UNION ALL ".join(parts)


def _parts(tasks: Sequence[FileScanTask], files_sql: Callable[[Sequence[DataFile]], str]) -> Iterator[str]:
    untouched = [task.file for task in tasks if not task.delete_files]
    touched = [task.file for task in tasks if task.delete_files]
    if untouched:
        yield files_sql(untouched)
    if touched:
        deletes = {file.file_path: file for task in tasks for file in task.delete_files}
        # Not an anti join: DuckDB may build the hash table from the table's rows instead of the deletes.
        yield (
            f"{files_sql(touched)} WHERE {_row_sql('file_index', 'file_row_number')} "
            f"NOT IN ({_deletes_sql(touched, deletes.values())})"
        )


def _named_files_sql(schema: Schema, names: Mapping[int, str], files: Sequence[DataFile]) -> str:
    columns = ", ".join(
        f"CAST({quoted(names[field.field_id]) if field.field_id in names else 'NULL'} "
        f"AS {_duckdb_type(field.field_type)}) AS {quoted(field.name)}"
        for field in schema.fields
    )
    return f"SELECT {columns} FROM read_parquet({_path_list(files)}, union_by_name = true, hive_partitioning = false)"


def _files_sql(schema: Schema, files: Sequence[DataFile]) -> str:
    columns = ", ".join(f"{_column_sql(field, files)} AS {quoted(field.name)}" for field in schema.fields)
    by_id = ", ".join(
        f"{field.field_id}: {{name: 'c{field.field_id}', type: {literal(_duckdb_type(field.field_type))}, "
        "default_value: NULL}"
        for field in schema.fields
    )
    return (
        f"SELECT {columns} FROM read_parquet({_path_list(files)}, schema = MAP {{{by_id}}}, hive_partitioning = false)"
    )


def _column_sql(field: iceberg.NestedField, files: Sequence[DataFile]) -> str:
    if field.field_type.is_primitive or _have_all_leaves(files, field):
        return f"c{field.field_id}"
    # DuckDB fails to read a single field of a struct if a file lacks the field or the struct. An expression around the
    # column makes it read the whole struct. https://github.com/duckdb/duckdb/issues/24253
    return f"coalesce(c{field.field_id}, NULL::{_duckdb_type(field.field_type)})"


def _have_all_leaves(files: Iterable[DataFile], column: iceberg.NestedField) -> bool:
    """Whether every file has all primitive fields of a nested column, according to its statistics."""
    fields = index_by_id(Schema(column)).items()
    leaves = {field_id for field_id, field in fields if field.field_type.is_primitive}
    return all(leaves <= (file.column_sizes or {}).keys() for file in files)


def _row_sql(file_index: str, position: str) -> str:
    """A single number that identifies a row: DuckDB compares one number faster than two.

    `file_index` is the position of the file in the list: https://duckdb.org/docs/stable/data/multiple_files/overview
    """
    return f"{file_index}::BIGINT * {_ROWS_PER_FILE} + {position}"


def _deletes_sql(files: Iterable[DataFile], deletes: Iterable[DataFile]) -> str:
    # Position deletes contain the location of a file, which Spark writes as file:/… and pyiceberg as file:///….
    # https://iceberg.apache.org/spec/#position-delete-files
    path = "regexp_replace(regexp_replace(file_path, '^file:/+', '/'), '^s3[an]://', 's3://')"
    index = f"coalesce(list_position({_path_list(files)}, {path}) - 1, -1)"
    return f"SELECT {_row_sql(index, 'pos')} FROM read_parquet({_path_list(deletes)})"


def _path_list(files: Iterable[DataFile]) -> str:
    return "[" + ", ".join(literal(duckdb_path(file.file_path)) for file in files) + "]"


def _duckdb_type(data_type: iceberg.IcebergType) -> str:
    match data_type:
        case iceberg.DecimalType():
            return f"DECIMAL({data_type.precision}, {data_type.scale})"
        case iceberg.StructType():
            fields = (f"{quoted(field.name)} {_duckdb_type(field.field_type)}" for field in data_type.fields)
            return f"STRUCT({', '.join(fields)})"
        case iceberg.ListType():
            return f"{_duckdb_type(data_type.element_type)}[]"
        case iceberg.MapType():
            return f"MAP({_duckdb_type(data_type.key_type)}, {_duckdb_type(data_type.value_type)})"
    return _DUCKDB_TYPES[type(data_type)]


def arrow_columns(schema: Schema, columns: Sequence[str] | None = None) -> pa.Schema:
    """Returns the Arrow schema of columns, in their order; None is all columns.

    Raises:
        UnknownColumnError: The schema does not have a column.
    """
    known = {field.name: field for field in schema.fields}
    chosen = list(known) if columns is None else columns
    for column in chosen:
        if column not in known:
            raise UnknownColumnError(column, list(known))
    return pa.schema([pa.field(column, arrow_type(known[column].field_type)) for column in chosen])


def _quoted_list(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
