"""Runs SQL on an environment's tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from datalake_sdk.engine.metadata_tables import metadata_rows
from datalake_sdk.engine.scan import relation, snapshot_at
from datalake_sdk.platforms.base import Platform, Relation, StatisticsReport, TableReference
from datalake_sdk.platforms.lookup import load_prefixed_table
from datalake_sdk.sql.parameters import statement_text


def query(
    platform: Platform,
    statement: str,
    report: StatisticsReport | None = None,
    *,
    parameters: Mapping[str, object] | None = None,
    database: str | None = None,
) -> pa.RecordBatchReader:
    """Runs one SELECT in Athena's dialect and streams its rows.

    Args:
        platform: Where the tables are.
        statement: Tables are named with the stage's prefix, as `dev_sales.orders` or `{database_prefix}sales.orders`,
            with `FOR VERSION AS OF` or `FOR TIMESTAMP AS OF` as they were.
        report: Called with what the query took, where a service ran it.
        parameters: Values of the placeholders; see `statement_text`.
        database: Database of tables that are named without one, without the stage's prefix.

    Raises:
        DatalakeError: The statement is wrong, or fails; a failure may also come while the rows are read.
    """
    prefix = platform.environment.database_prefix
    text = statement_text(statement, prefix, parameters)
    return platform.sql.query(text, partial(_relation, platform), report, database and prefix + database)


def _relation(platform: Platform, reference: TableReference) -> Relation:
    table = load_prefixed_table(platform, reference.database, reference.table)
    if reference.metadata is not None:
        return metadata_rows(table, reference.metadata)
    if reference.timestamp is not None:
        return relation(table, snapshot_at(table, reference.timestamp))
    return relation(table, reference.snapshot_id)
