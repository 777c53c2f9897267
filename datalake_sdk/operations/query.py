"""Runs SQL on an environment's tables."""

from __future__ import annotations

from functools import partial

import pyarrow as pa

from datalake_sdk.engine.metadata_tables import metadata_rows
from datalake_sdk.engine.scan import relation, snapshot_at
from datalake_sdk.operations.lookup import load_prefixed_table
from datalake_sdk.platforms.base import Platform, Relation, StatisticsReport, TableReference


def query(platform: Platform, statement: str, report: StatisticsReport | None = None) -> pa.RecordBatchReader:
    """Runs one SELECT in Athena's dialect and streams its rows.

    Args:
        platform: Where the tables are.
        statement: Tables are named with the stage's prefix, as `dev_sales.orders` or `{database_prefix}sales.orders`,
            with `FOR VERSION AS OF` or `FOR TIMESTAMP AS OF` as they were.
        report: Called with what the query took, where a service ran it.

    Raises:
        DatalakeError: The statement is wrong, or fails; a failure may also come while the rows are read.
    """
    return platform.sql.query(statement, partial(_relation, platform), report)


def _relation(platform: Platform, reference: TableReference) -> Relation:
    table = load_prefixed_table(platform, reference.database, reference.table)
    if reference.metadata is not None:
        return metadata_rows(table, reference.metadata)
    if reference.timestamp is not None:
        return relation(table, snapshot_at(table, reference.timestamp))
    return relation(table, reference.snapshot_id)
