"""Statements on the catalog: CREATE and DROP, views, OPTIMIZE and VACUUM, SHOW and DESCRIBE."""

from __future__ import annotations

from itertools import count
from typing import Any

import pyarrow as pa
from pyiceberg import types as iceberg
from pyiceberg.schema import Schema
from sqlglot import exp

from datalake_sdk.engine.partitions import PartitionKey
from test.emulator.athena_dml import PARQUET_STORAGE, check_not_existing, properties_of
from test.emulator.athena_errors import FailedError, athena_errors
from test.emulator.athena_session import Outcome, Session
from test.emulator.athena_tables import encoded_view
from test.emulator.athena_types import Column

_PRIMITIVES: dict[Any, iceberg.IcebergType] = {
    exp.DType.BIGINT: iceberg.LongType(),
    exp.DType.BINARY: iceberg.BinaryType(),
    exp.DType.BOOLEAN: iceberg.BooleanType(),
    exp.DType.DATE: iceberg.DateType(),
    exp.DType.DOUBLE: iceberg.DoubleType(),
    exp.DType.FLOAT: iceberg.FloatType(),
    exp.DType.INT: iceberg.IntegerType(),
    exp.DType.TEXT: iceberg.StringType(),
    exp.DType.TIMESTAMP: iceberg.TimestampType(),
    exp.DType.VARCHAR: iceberg.StringType(),
}


def create_or_drop(session: Session, tree: exp.Create | exp.Drop) -> Outcome:
    """CREATE and DROP of databases, tables and views."""
    kind = tree.args["kind"].upper()
    if isinstance(tree, exp.Drop):
        table = tree.args["tables"][0] if tree.args.get("tables") else tree.this
        return _drop_database(session, tree, table) if kind in ("DATABASE", "SCHEMA") else _drop(session, tree, table)
    if kind in ("DATABASE", "SCHEMA"):
        return _create_database(session, tree)
    return _create_table(session, tree)


def create_view(session: Session, tree: exp.Create) -> Outcome:
    """CREATE [OR REPLACE] VIEW."""
    target = session.named(tree.this)
    if tree.args.get("replace"):
        session.tables.glue.batch_delete_table(DatabaseName=target.db.lower(), TablesToDelete=[target.name.lower()])
    else:
        check_not_existing(session, target)
    query = tree.expression.copy()
    columns, _ = session.engine().run(exp.select("*").from_(query.subquery("v")).limit(0))
    sql = tree.expression.sql("trino")
    entry = {
        "Name": target.name.lower(),
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {
            "Columns": [{"Name": column.name, "Type": column.type} for column in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": encoded_view(sql, session.database, [(column.name, column.type) for column in columns]),
        "ViewExpandedText": "/* Presto View */",
    }
    session.tables.glue.create_table(DatabaseName=target.db.lower(), TableInput=entry)
    return Outcome()


def maintain(session: Session, target: exp.Table) -> Outcome:
    """OPTIMIZE and VACUUM: accepted for Iceberg tables, but the files are not changed."""
    if session.tables.iceberg(session.named(target)) is None:
        raise FailedError("NOT_SUPPORTED", f"Table {target.db}.{target.name} is not an Iceberg table")
    return Outcome()


def show(session: Session, what: str | None, database: str | None, table: str | None) -> Outcome:
    """SHOW DATABASES, SHOW TABLES and DESCRIBE."""
    if table is not None:
        return _describe(session, session.named(exp.to_table(table.replace("`", '"'), dialect="trino")))
    glue = session.tables.glue
    if (what or "").upper() == "TABLES":
        name = (database or session.database).strip('`"').lower()
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=name)
        names = [entry["Name"] for page in pages for entry in page["TableList"]]
        return _listing("tab_name", names)
    pages = glue.get_paginator("get_databases").paginate()
    return _listing("database_name", [entry["Name"] for page in pages for entry in page["DatabaseList"]])


def _listing(column: str, names: list[str]) -> Outcome:
    return Outcome((Column(column, "varchar"),), pa.table({column: pa.array(sorted(names), pa.string())}))


def _describe(session: Session, target: exp.Table) -> Outcome:
    columns = session.tables.entry(target)["StorageDescriptor"]["Columns"]
    rows = {
        "col_name": [column["Name"].ljust(20) for column in columns],
        "data_type": [column["Type"].ljust(20) for column in columns],
        "comment": [column.get("Comment", "").ljust(20) for column in columns],
    }
    return Outcome([Column(name, "varchar") for name in rows], pa.table(rows))


def _create_database(session: Session, tree: exp.Create) -> Outcome:
    name = (tree.this.name or tree.this.db).lower()
    if session.tables.has_database(name):
        if tree.args.get("exists"):
            return Outcome()
        raise FailedError("FAILED", f"AlreadyExistsException(message:Database {name} already exists)")
    location = properties_of(tree).get("location")
    session.tables.glue.create_database(
        DatabaseInput={"Name": name} | ({"LocationUri": location} if location else {}),
    )
    return Outcome()


def _drop_database(session: Session, tree: exp.Drop, table: exp.Table) -> Outcome:
    name = (table.name or table.db).lower()
    if not session.tables.has_database(name):
        if tree.args.get("exists"):
            return Outcome()
        raise FailedError("FAILED", f"SemanticException [Error 10072]: Database does not exist: {name}")
    held = session.tables.glue.get_tables(DatabaseName=name)["TableList"]
    if held and not tree.args.get("cascade"):
        raise FailedError("FAILED", f"InvalidOperationException(message:Database {name} is not empty.)")
    session.tables.glue.delete_database(Name=name)
    return Outcome()


def _drop(session: Session, tree: exp.Drop, table: exp.Table) -> Outcome:
    target = session.named(table)
    try:
        entry = session.tables.entry(target)
    except FailedError as error:
        if tree.args.get("exists") and error.reason.startswith("TABLE_NOT_FOUND"):
            return Outcome()
        text = f"SemanticException [Error 10001]: Table not found {target.db}.{target.name}"
        raise FailedError("FAILED", text) from error
    is_iceberg = session.tables.iceberg(target) is not None
    session.tables.glue.delete_table(DatabaseName=entry["DatabaseName"], Name=entry["Name"])
    if is_iceberg:
        session.tables.remove(entry["StorageDescriptor"]["Location"])
    return Outcome()


def _create_table(session: Session, tree: exp.Create) -> Outcome:
    target, properties = session.named(tree.this), properties_of(tree)
    if tree.args.get("exists") and session.tables.has(target):
        return Outcome()
    check_not_existing(session, target)
    if "location" not in properties:
        raise FailedError("FAILED", "SemanticException table is not partitioned but has no location: set LOCATION")
    if str(properties.get("table_type", "")).lower() != "iceberg":
        return _create_external(session, target, tree, properties["location"])
    with athena_errors(tree):
        transaction = session.tables.catalog.create_table_transaction(
            (target.db.lower(), target.name.lower()), iceberg_schema(tree), properties["location"].rstrip("/")
        )
        with transaction, transaction.update_spec() as update:
            for key in map(PartitionKey.parse, _partition_keys(tree)):
                update.add_field(key.column, key.transform, key.field_name)
    return Outcome()


def _create_external(session: Session, target: exp.Table, tree: exp.Create, location: str) -> Outcome:
    columns = [
        {"Name": column.name.lower(), "Type": column.kind.sql("hive").lower()}
        for column in tree.this.expressions
        if isinstance(column, exp.ColumnDef)
    ]
    keys = [
        {"Name": column.name.lower(), "Type": column.kind.sql("hive").lower()}
        for listed in tree.find_all(exp.PartitionedByProperty)
        for column in listed.this.expressions
    ]
    session.tables.glue.create_table(
        DatabaseName=target.db.lower(),
        TableInput={
            "Name": target.name.lower(),
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE"},
            "PartitionKeys": keys,
            "StorageDescriptor": {"Columns": columns, "Location": location, **PARQUET_STORAGE},
        },
    )
    return Outcome()


def iceberg_schema(tree: exp.Create) -> Schema:
    """Schema of a CREATE TABLE; the catalog assigns new field ids."""
    ids = count(1)
    fields = [
        iceberg.NestedField(
            next(ids), column.name.lower(), _iceberg_type(column.args["kind"], ids), doc=_comment(column)
        )
        for column in tree.this.expressions
        if isinstance(column, exp.ColumnDef)
    ]
    return Schema(*fields)


def _iceberg_type(kind: exp.DataType, ids: count[int]) -> iceberg.IcebergType:
    inner = kind.expressions
    if kind.this in _PRIMITIVES:
        return _PRIMITIVES[kind.this]
    if kind.this is exp.DType.DECIMAL:
        precision, scale = [int(part.name) for part in inner] or [10, 0]
        return iceberg.DecimalType(precision, scale)
    if kind.this in (exp.DType.ARRAY, exp.DType.LIST):
        return iceberg.ListType(next(ids), _iceberg_type(inner[0], ids), element_required=False)
    if kind.this is exp.DType.MAP:
        key, value = (_iceberg_type(part, ids) for part in inner)
        return iceberg.MapType(next(ids), key, next(ids), value, value_required=False)
    if kind.this is exp.DType.STRUCT:
        return iceberg.StructType(
            *(iceberg.NestedField(next(ids), part.name, _iceberg_type(part.kind, ids)) for part in inner)
        )
    raise FailedError("FAILED", f"ParseException: Iceberg has no type {kind.sql('hive')}")


def _comment(column: exp.ColumnDef) -> str | None:
    found = column.find(exp.CommentColumnConstraint)
    return found.this.name if found else None


def _partition_keys(tree: exp.Create) -> list[str]:
    listed = tree.find(exp.PartitionedByProperty)
    return [_key(part) for part in listed.this.expressions] if listed else []


def _key(part: exp.Expr) -> str:
    column = part.find(exp.Column)
    name = column.name if column else part.name
    if isinstance(part, exp.PartitionedByBucket | exp.PartitionByTruncate):
        width = part.expression.name
        return f"{'bucket' if isinstance(part, exp.PartitionedByBucket) else 'truncate'}({width}, {name})"
    if isinstance(part, exp.Year | exp.Month | exp.Day | exp.Hour):
        return f"{part.key}({name})"
    return name
