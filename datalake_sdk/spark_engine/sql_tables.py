"""Replaces the tables of a query with those of Spark's catalog."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from datalake_sdk.engine.metadata_tables import metadata_rows
from datalake_sdk.engine.scan import check_snapshot, snapshot_at
from datalake_sdk.errors import QueryFailedError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_prefixed_table
from datalake_sdk.spark_engine.dataframes import spark_batch
from datalake_sdk.spark_engine.settings import CATALOG
from datalake_sdk.spark_engine.spark_internals import analyzed_plan
from datalake_sdk.sql.spark.templates import expanded, spark_sql
from datalake_sdk.sql.spark.translate import translate
from datalake_sdk.sql.spark.type_rules import resolve_placeholders
from datalake_sdk.sql.tables import lake_tables

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyspark.sql import SparkSession


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def point_to_tables(
    tree: exp.Query, session: SparkSession, platform: Platform, statement: str, database: str | None
) -> None:
    """Replaces the name of each table with its name in Spark's catalog, at the requested snapshot.

    Raises:
        UnknownTableError: A table does not exist.
        UnknownSnapshotError: A snapshot does not exist.
        NoSnapshotAtError: A table has no snapshot at that time.
        UnknownMetadataTableError: A metadata table does not exist.
    """
    for node in lake_tables(tree, database):
        name, _, metadata = node.name.lower().partition("$")
        table = load_prefixed_table(platform, node.db.lower(), name)
        if metadata:
            _point_to_view(node, _metadata_view(session, table, metadata))
        else:
            _set_version(node, session, table, statement)
            node.set("this", exp.to_identifier(name, quoted=True))
            node.set("db", exp.to_identifier(node.db.lower(), quoted=True))
            node.set("catalog", exp.to_identifier(CATALOG, quoted=True))


def _metadata_view(session: SparkSession, table: Table, metadata: str) -> str:
    """Creates a view of a metadata table with Athena's columns, which differ from those of Iceberg for Spark."""
    view = "$".join(["sdk", *table.name(), metadata])
    spark_batch(session, view, metadata_rows(table, metadata)).dataframe.createOrReplaceTempView(f"`{view}`")
    return view


def _point_to_view(node: exp.Table, view: str) -> None:
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name.lower(), quoted=True)))
    node.set("this", exp.to_identifier(view, quoted=True))
    node.set("db", None)
    node.set("catalog", None)


def _set_version(node: exp.Table, session: SparkSession, table: Table, statement: str) -> None:
    version = node.args.get("version")
    if version is None:
        return
    snapshot = _snapshot(session, table, version, statement)
    node.set("version", exp.Version(this="VERSION", kind="AS OF", expression=snapshot))


def _snapshot(session: SparkSession, table: Table, version: exp.Version, statement: str) -> exp.Expr:
    if version.name.upper() == "VERSION":
        snapshot = int(_value(session, version, "BIGINT", statement))
        check_snapshot(table, snapshot)
    else:
        microseconds = int(_value(session, version, "TIMESTAMP_LTZ", statement))
        snapshot = snapshot_at(table, _EPOCH + timedelta(microseconds=microseconds))
    return exp.Literal.number(snapshot)


def _value(session: SparkSession, version: exp.Version, kind: str, statement: str) -> Any:
    """Returns the value of an expression without columns; a timestamp in microseconds since 1970."""
    translated = translate(exp.select(version.expression.copy()), statement)
    wanted = resolve_placeholders(translated, partial(analyzed_plan, session)).selects[0]
    value = expanded(f"CAST(:a AS {kind})" if kind == "BIGINT" else f"unix_micros(CAST(:a AS {kind}))", wanted)
    (row,) = session.sql(spark_sql(exp.select(value))).collect()
    if row[0] is None:
        raise QueryFailedError("the value after AS OF is null")
    return row[0]
