"""Recent commits of the tables that failed tasks write."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyiceberg.table import Table

from datalake_sdk.naming import PIPELINE_PROPERTY, TASK_PROPERTY
from datalake_sdk.operations.investigate.report import TableCommit
from datalake_sdk.operations.tables import snapshot_descriptions
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import tables_of_stage

_COMMITS_PER_TABLE, _COMMITS = 3, 10


def recent_commits(platform: Platform, pipeline: str, tasks: Collection[str], execution: str) -> list[TableCommit]:
    """Returns the last commits of the tables whose properties name one of the tasks as their last writer.

    Args:
        platform: Platform that holds the tables.
        pipeline: Name of the pipeline.
        tasks: Names of the tasks.
        execution: Identifier of the execution.

    Returns:
        At most 10 commits, 3 of each table, the newest first.

    Raises:
        DatalakeError: The catalog or the metadata of a table cannot be read.
    """
    with platform.service_errors():
        written = [
            table
            for table in tables_of_stage(platform)
            if table.properties.get(PIPELINE_PROPERTY) == pipeline and table.properties.get(TASK_PROPERTY) in tasks
        ]
    prefix = platform.environment.database_prefix
    commits = [commit for table in written for commit in _commits(table, prefix, execution)]
    return sorted(commits, key=lambda commit: commit.committed_at, reverse=True)[:_COMMITS]


def _commits(table: Table, prefix: str, execution: str) -> Iterator[TableCommit]:
    for snapshot in snapshot_descriptions(table)[:_COMMITS_PER_TABLE]:
        yield TableCommit(
            table=".".join(table.name()).removeprefix(prefix),
            committed_at=snapshot.committed_at,
            operation=snapshot.operation,
            added_rows=snapshot.added_rows,
            deleted_rows=snapshot.deleted_rows,
            by_this_execution=(snapshot.ingestion_id or "").startswith(f"{execution}/"),
        )
