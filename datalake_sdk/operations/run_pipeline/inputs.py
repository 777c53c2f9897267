"""Copies the input tables of a run from a stage on AWS, which is only read, to the embedded lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from datalake_sdk.errors import InputCopyError
from datalake_sdk.operations.migration.plan import MigrationPlan, MigrationRequest, TableMigration, plan_migration
from datalake_sdk.operations.migration.run import MigratedTable, migrate
from datalake_sdk.operations.run_pipeline import PlannedRun
from datalake_sdk.operations.table_metadata import table_exists
from datalake_sdk.output_tables import declared_as
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode, TableName


def missing_inputs(planned: PlannedRun, lake: Platform) -> list[TableName]:
    """Returns the tables that tasks of a run read, that none of them writes, and that the lake does not contain."""
    written = {table for task in planned.tasks for table in task.output_tables}
    read = {table for task in planned.tasks for table in task.input_tables if table}
    tables = (TableName.parse(table) for table in sorted(read) if declared_as(table, written) is None)
    return [table for table in tables if not table_exists(lake, table)]


def plan_copies(
    stage: Platform, lake: Platform, tables: Sequence[TableName], sample: float | None
) -> Sequence[TableMigration]:
    """Plans the copies; writes nothing.

    Args:
        stage: Stage on AWS.
        lake: Embedded lake.
        tables: Tables to copy.
        sample: Fraction of the rows to copy, between 0 and 1; None copies all.

    Raises:
        UnknownTableError: A table does not exist in the stage.
        DatalakeError: A table cannot be copied.
    """
    requests = [
        MigrationRequest(each.database, each.table, mode=IngestionMode.OVERWRITE, sample=sample) for each in tables
    ]
    return [table for request in requests for table in plan_migration(stage, lake, request).tables]


def copy_inputs(
    lake: Platform, copies: Sequence[TableMigration], progress: Callable[[TableMigration, int], None]
) -> list[MigratedTable]:
    """Copies tables.

    Raises:
        InputCopyError: A table could not be copied.
    """
    copied = []
    for outcome in migrate(lake, MigrationPlan(tuple(copies)), progress):
        if outcome.error:
            raise InputCopyError(outcome.source, outcome.error)
        copied.append(outcome)
    return copied
