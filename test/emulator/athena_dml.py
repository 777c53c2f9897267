"""Statements that write rows: INSERT, CREATE TABLE AS, UNLOAD, MERGE, UPDATE, DELETE."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import Table
from sqlglot import exp

from datalake_sdk.engine.partitions import PartitionKey
from test.emulator.athena_errors import FailedError, athena_errors
from test.emulator.athena_session import Outcome, Session
from test.emulator.athena_tables import Request
from test.emulator.athena_types import Column, check_hive

_ROWS = (Column("rows", "bigint"),)
PARQUET_STORAGE = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
_SPECIAL_PROPERTIES: dict[type[exp.Expr], str] = {
    exp.FileFormatProperty: "format",
    exp.LocationProperty: "location",
    exp.PartitionedByProperty: "partitioned_by",
}


def insert(session: Session, tree: exp.Insert) -> Outcome:
    """INSERT INTO an Iceberg or Parquet table."""
    target = session.named(tree.this)
    found = session.tables.iceberg(target)
    query = _query(tree.expression)
    _, rows = session.engine().run(query)
    with athena_errors(tree):
        if found is None:
            files = session.write_parquet(rows, session.tables.entry(target)["StorageDescriptor"]["Location"])
            return Outcome(_ROWS, update_count=rows.num_rows, files=files)
        named = [column.name for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
        found.append(_cast_to_table(found, rows, named or [field.name for field in found.schema().fields]))
    return Outcome(_ROWS, update_count=rows.num_rows)


def create_as(session: Session, tree: exp.Create) -> Outcome:
    """CREATE TABLE … AS, as an Iceberg table or as Hive's Parquet files."""
    target, properties = session.named(tree.this), properties_of(tree)
    if tree.args.get("exists") and session.tables.has(target):
        return Outcome(_ROWS, update_count=0)
    check_not_existing(session, target)
    columns, rows = session.engine().run(_query(tree.expression))
    with athena_errors(tree):
        if str(properties.get("table_type", "")).lower() == "iceberg":
            return _create_iceberg(session, target, properties, rows)
        return _create_hive(session, target, properties, columns, rows)


def unload(session: Session, query: exp.Query, location: str, properties: dict[str, str]) -> Outcome:
    """UNLOAD to Parquet files at a location, which must be empty."""
    if properties.get("format", "").upper() != "PARQUET":
        raise FailedError("NOT_SUPPORTED", f"the emulator unloads PARQUET, not {properties.get('format')}")
    columns, rows = session.engine().run(query.copy())
    check_hive(columns)
    _check_empty(session, location)
    return Outcome(_ROWS, update_count=rows.num_rows, files=session.write_parquet(rows, location))


def change(session: Session, tree: exp.Merge | exp.Update | exp.Delete) -> Outcome:
    """MERGE, UPDATE and DELETE: change a copy of the rows, which then replaces the table's rows in one commit."""
    target = session.named(tree.this)
    found = session.tables.iceberg(target)
    if found is None:
        raise FailedError("NOT_SUPPORTED", f"Modifying Hive table rows is not supported: {target.db}.{target.name}")
    engine = session.engine()
    original = tree.copy()
    with athena_errors(original):
        rows = session.tables.rows(target, Request(None), engine.run_text)
        copy = _change_copy(engine, tree, target, rows)
        count = engine.connection.execute(engine.sql(tree)).fetchone()
        changed = engine.connection.sql(f"FROM {copy}").to_arrow_table()
        found.overwrite(_cast_to_table(found, changed, rows.column_names))
    return Outcome(_ROWS, update_count=int(count[0]) if count else 0)


def _change_copy(engine: Any, tree: exp.Expr, target: exp.Table, rows: pa.Table) -> str:
    """Replaces the target of a statement by a table that DuckDB can change, and its other tables by views."""
    database, name = target.db.lower(), target.name.lower()
    if not target.alias:
        target.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    shadow = exp.Table(this=exp.to_identifier("changed", quoted=True), alias=target.args["alias"])
    target.replace(exp.Placeholder(this="target"))
    engine.bind_tables(tree)
    view = engine.add(database, rows)
    engine.connection.execute(f'CREATE TABLE changed AS FROM lake."{database}"."{view}"')
    tree.set("this", shadow)
    return "changed"


def _create_iceberg(session: Session, target: exp.Table, properties: dict[str, Any], rows: pa.Table) -> Outcome:
    if properties.get("is_external") is not False:
        raise FailedError("NOT_SUPPORTED", "Iceberg tables can only be created with is_external=false")
    if "location" not in properties:
        raise FailedError("INVALID_TABLE_PROPERTY", "Table location can not be null for tables not in the workgroup")
    catalog: GlueCatalog = session.tables.catalog
    transaction = catalog.create_table_transaction(
        (target.db.lower(), target.name.lower()), rows.schema, properties["location"].rstrip("/")
    )
    with transaction:
        with transaction.update_spec() as update:
            for key in map(PartitionKey.parse, properties.get("partitioning", [])):
                update.add_field(key.column, key.transform, key.field_name)
        transaction.append(rows)
    return Outcome(_ROWS, update_count=rows.num_rows)


def _create_hive(
    session: Session, target: exp.Table, properties: dict[str, Any], columns: list[Column], rows: pa.Table
) -> Outcome:
    if str(properties.get("format", "PARQUET")).upper() != "PARQUET" or "partitioned_by" in properties:
        raise FailedError("NOT_SUPPORTED", "the emulator writes PARQUET without partitions")
    check_hive(columns)
    location = properties.get("external_location") or f"{session.output_folder}tables/{session.query_id}/"
    _check_empty(session, location)
    files = session.write_parquet(rows, location)
    described = [{"Name": column.name, "Type": hive_type(column.type)} for column in columns]
    session.tables.glue.create_table(
        DatabaseName=target.db.lower(),
        TableInput={
            "Name": target.name.lower(),
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
            "StorageDescriptor": {"Columns": described, "Location": location, **PARQUET_STORAGE},
        },
    )
    return Outcome(_ROWS, update_count=rows.num_rows, files=files)


def check_not_existing(session: Session, target: exp.Table) -> None:
    """Raises an error if a table or view with the name already exists."""
    if session.tables.has(target):
        text = f"Table 'awsdatacatalog.{target.db}.{target.name}' already exists"
        raise FailedError("TABLE_ALREADY_EXISTS", text, target)


def hive_type(name: str) -> str:
    """Returns Hive's name for a primitive Trino type; other types keep their names."""
    plain = {"integer": "int", "real": "float", "varchar": "string", "varbinary": "binary"}
    return plain.get(name, "timestamp" if name.startswith("timestamp") else name)


def _query(expression: exp.Expr) -> exp.Query:
    """Returns the query of a statement; VALUES are wrapped in a SELECT."""
    if isinstance(expression, exp.Values):
        names = [f"_col{index}" for index, _ in enumerate(expression.expressions[0].expressions)]
        return exp.select("*").from_(exp.alias_(expression.copy(), "rows", table=names))
    query = expression.unnest()
    if not isinstance(query, exp.Query):
        raise FailedError("SYNTAX_ERROR", f"'{expression.sql()}' is not a query")
    return query.copy()


def _cast_to_table(table: Table, rows: pa.Table, names: list[str]) -> pa.Table:
    lower = {field.name.lower(): field.name for field in table.schema().fields}
    unknown = [name for name in names if name.lower() not in lower]
    if unknown:
        raise FailedError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown[0]}")
    stored = [lower[name.lower()] for name in names]
    target = table.schema().select(*stored).as_arrow()
    if len(stored) != rows.num_columns:
        sides = f"Table: [{', '.join(map(str, target.types))}], Query: [{', '.join(map(str, rows.schema.types))}]"
        raise FailedError("TYPE_MISMATCH", f"Insert query has mismatched column types: {sides}")
    ordered = pa.schema([target.field(name) for name in stored])
    try:
        return rows.rename_columns(stored).cast(ordered)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise FailedError("TYPE_MISMATCH", f"Insert query has mismatched column types: {error}") from error


def _check_empty(session: Session, location: str) -> None:
    if session.tables.files_below(location):
        text = f"Target directory for table 'awsdatacatalog.{session.database}.{session.query_id}' already exists"
        raise FailedError("HIVE_PATH_ALREADY_EXISTS", f"{text}: {location}")


def properties_of(tree: exp.Create) -> dict[str, Any]:
    """Returns the properties in WITH, LOCATION and TBLPROPERTIES by lowercase name."""
    listed = tree.args.get("properties")
    pairs = ((_SPECIAL_PROPERTIES.get(type(item), item.name), item) for item in (listed.expressions if listed else ()))
    return {name.lower(): _value(item.args.get("value") or item.this) for name, item in pairs}


def _value(node: exp.Expr) -> Any:
    if isinstance(node, exp.Boolean):
        return node.this
    if isinstance(node, exp.Array | exp.Schema | exp.Tuple):
        return [item.name for item in node.expressions]
    return node.name
