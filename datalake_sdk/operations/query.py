"""Runs SQL queries on the tables of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from datalake_sdk.engine.metadata_tables import metadata_rows
from datalake_sdk.engine.scan import relation, snapshot_at
from datalake_sdk.operations.recorded_tables import counted_query, record_query, record_read
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
        platform: Platform that holds the tables.
        statement: Query whose tables have the stage prefix: `dev_sales.orders` or `{database_prefix}sales.orders`.
            `FOR VERSION AS OF` and `FOR TIMESTAMP AS OF` query earlier snapshots.
        report: Called with the statistics of the query if a service ran it.
        parameters: Values of the placeholders; see `statement_text`.
        database: Default database, without the stage prefix.

    Raises:
        DatalakeError: The statement is invalid or fails; it may also fail while the rows are read.
    """
    prefix = platform.environment.database_prefix
    text = statement_text(statement, prefix, parameters)
    default = database and prefix + database
    record_query(platform, text, default)
    return platform.sql.query(text, partial(_relation, platform), counted_query(report), default)


def _relation(platform: Platform, reference: TableReference) -> Relation:
    table = load_prefixed_table(platform, reference.database, reference.table)
    if reference.metadata is not None:
        return metadata_rows(table, reference.metadata)
    snapshot_id = reference.snapshot_id
    if reference.timestamp is not None:
        snapshot_id = snapshot_at(table, reference.timestamp)
    record_read(table, snapshot_id)
    return relation(table, snapshot_id, conditions=reference.conditions)
