"""The tools of the agent and of the MCP server, over the operations of the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.datalfred_agent.tools import Arguments, Tool
from datalake_sdk.operations.investigate import investigate, with_commits
from datalake_sdk.operations.maintain_table import maintain_table
from datalake_sdk.operations.redrive import find_execution, redrive_execution
from datalake_sdk.operations.tables import describe_table, list_tables
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName

_TABLES_SHOWN = 300
_COLUMNS_SHOWN = 200
_IDENTIFIER = r"^[a-z][a-z0-9_]{0,254}$"
_NAME = Field(pattern=_IDENTIFIER, description="Name without the stage prefix.")
_EXECUTION_NAME = r"^[A-Za-z0-9:_-]{1,512}$"


class ListTables(Arguments):
    """Lists tables with their row counts, file counts, sizes and times of the last change."""

    database: str | None = Field(None, pattern=_IDENTIFIER, description="List only this database.")


class DescribeTable(Arguments):
    """Describes a table: columns with types and comments, partition keys, properties, size and last ten snapshots."""

    database: str = _NAME
    table: str = _NAME


class Query(Arguments):
    """Runs one SELECT in Athena's SQL and returns its first rows as CSV.

    Tables are named with the stage prefix, as in the results of list_tables, or {database_prefix}database.table. An
    empty value is null. FOR VERSION AS OF and FOR TIMESTAMP AS OF query earlier snapshots; "table$snapshots",
    "table$files" and "table$partitions" are metadata tables.
    """

    sql: str = Field(max_length=20_000, description="The statement.")


class Investigate(Arguments):
    """Reports why an execution of a pipeline failed: error, likely cause, logs and commits of its tables.

    Without arguments, it reports the last unsuccessful execution.
    """

    pipeline: str | None = Field(None, pattern=_IDENTIFIER, description="Name without the environment prefix.")
    execution: str | None = Field(
        None, pattern=_EXECUTION_NAME, description="Name or ARN of an execution, or id of a run."
    )


class MaintainTable(Arguments):
    """Compacts the files of a table, expires old snapshots and removes unreferenced files. Needs an approval."""

    database: str = _NAME
    table: str = _NAME
    force: bool = Field(False, description="Run every step, even if no threshold is reached.")


class Redrive(Arguments):
    """Continues a failed execution of a deployed pipeline from the tasks that failed. Needs an approval."""

    pipeline: str = Field(pattern=_IDENTIFIER, description="Name without the environment prefix.")
    execution: str = Field(pattern=_EXECUTION_NAME, description="Name of the execution.")


def lake_tools(platform: Platform, queries: QueryRunner) -> list[Tool[Any]]:
    """Returns the tools for an environment.

    Args:
        platform: Platform of the environment.
        queries: Runs the queries.
    """
    return [
        *_table_tools(platform),
        _query_tool(queries),
        _investigation_tool(platform),
        *_writing_tools(platform),
    ]


def _table_tools(platform: Platform) -> list[Tool[Any]]:
    async def list_(given: ListTables) -> Any:
        summaries = await asyncio.to_thread(list_tables, platform, given.database)
        return _cut("tables", [summary.as_dict() for summary in summaries], _TABLES_SHOWN)

    async def describe(given: DescribeTable) -> Any:
        description = await asyncio.to_thread(describe_table, platform, TableName(given.database, given.table))
        fields = description.as_dict()
        return fields | _cut("columns", fields["columns"], _COLUMNS_SHOWN)

    return [Tool("list_tables", ListTables, list_), Tool("describe_table", DescribeTable, describe)]


def _query_tool(queries: QueryRunner) -> Tool[Query]:
    async def query(given: Query) -> Any:
        result = await queries.run(given.sql)
        return {
            "columns": result.columns,
            "csv": "\n".join(result.lines),
            "rows": len(result.lines),
            "has_more_rows": not result.is_complete,
            "scanned_bytes": result.scanned_bytes,
            "seconds": result.seconds,
        }

    return Tool("query", Query, query)


def _investigation_tool(platform: Platform) -> Tool[Investigate]:
    async def run(given: Investigate) -> Any:
        report = await asyncio.to_thread(investigate, platform, given.pipeline, given.execution)
        return (await asyncio.to_thread(with_commits, platform, report)).as_dict()

    return Tool("investigate", Investigate, run)


def _writing_tools(platform: Platform) -> list[Tool[Any]]:
    async def maintain(given: MaintainTable) -> Any:
        table = TableName(given.database, given.table)
        return (await asyncio.to_thread(maintain_table, platform, table, force=given.force)).as_dict()

    async def redrive(given: Redrive) -> Any:
        execution = await asyncio.to_thread(find_execution, platform, given.pipeline, given.execution)
        await asyncio.to_thread(redrive_execution, platform, execution)
        return {"redriven": execution.name, "link": execution.link}

    tools: list[Tool[Any]] = [Tool("maintain_table", MaintainTable, maintain, writes=True)]
    if platform.pipelines is not None:
        tools.append(Tool("redrive", Redrive, redrive, writes=True))
    return tools


def _cut(name: str, values: Sequence[Any], limit: int) -> dict[str, Any]:
    omitted = len(values) - limit
    return {name: list(values[:limit])} | ({f"omitted_{name}": omitted} if omitted > 0 else {})
