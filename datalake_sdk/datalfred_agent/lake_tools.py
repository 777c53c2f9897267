"""The tools of the agent and of the MCP server, over the operations of the SDK."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

from pydantic import Field

from datalake_sdk.datalfred_agent.chart_tools import chart_tools
from datalake_sdk.datalfred_agent.excerpts import first_entries, report_excerpt, with_short_strings
from datalake_sdk.datalfred_agent.file_tools import file_tools
from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.names import EXECUTION_NAME, IDENTIFIER, NAME
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.datalfred_agent.tools import Arguments, Draw, Tool
from datalake_sdk.datalfred_agent.writing_tools import writing_tools
from datalake_sdk.operations.classified_columns import classified_columns
from datalake_sdk.operations.compare_snapshots import compare_snapshots
from datalake_sdk.operations.investigate import investigate, with_commits
from datalake_sdk.operations.table_layout import table_layout
from datalake_sdk.operations.tables import describe_table, list_tables
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName

_TABLES_SHOWN = 300
_COLUMNS_SHOWN = 200
_PROPERTIES_SHOWN = 50
_TASKS_SHOWN = 10
_SNAPSHOT = r"^[0-9]{1,19}$"


class ListTables(Arguments):
    """Lists tables with their row counts, file counts, sizes and times of the last change."""

    database: str | None = Field(None, pattern=IDENTIFIER, description="List only this database.")


class DescribeTable(Arguments):
    """Describes a table: columns with types and comments, partition keys, properties, size and last ten snapshots.

    Of a wide table, it shows the first columns only.
    """

    database: str = NAME
    table: str = NAME
    column: str | None = Field(None, max_length=255, description="Show only columns whose name contains this text.")


class Query(Arguments):
    """Runs one SELECT in Athena's SQL and returns its first rows as CSV.

    Tables are named with the stage prefix, as in the results of list_tables, or {database_prefix}database.table. An
    empty value is null. FOR VERSION AS OF and FOR TIMESTAMP AS OF query earlier snapshots; "table$snapshots",
    "table$files" and "table$partitions" are metadata tables. The query does not see the values of hidden_columns:
    strings are replaced with [redacted], other values with null.
    """

    sql: str = Field(max_length=20_000, description="The statement.")


class Investigate(Arguments):
    """Reports why an execution of a pipeline failed: error, likely cause, logs and commits of its tables.

    Without arguments, it reports the last unsuccessful execution.
    """

    pipeline: str | None = Field(None, pattern=IDENTIFIER, description="Name without the environment prefix.")
    execution: str | None = Field(
        None, pattern=EXECUTION_NAME, description="Name or ARN of an execution, or id of a run."
    )


class CompareSnapshots(Arguments):
    """Compares two snapshots of a table: rows, files, sizes, columns, and the commits in between.

    To compare rows, query the table with FOR VERSION AS OF.
    """

    database: str = NAME
    table: str = NAME
    older: str | None = Field(
        None, pattern=_SNAPSHOT, description="Id of a snapshot; null is the parent of the newer one."
    )
    newer: str | None = Field(None, pattern=_SNAPSHOT, description="Id of a snapshot; null is the current one.")


class TableLayoutOf(Arguments):
    """Describes the files of a table: sizes, partitions, snapshots, the cost of a scan, and whether to maintain it."""

    database: str = NAME
    table: str = NAME


def lake_tools(platform: Platform, queries: QueryRunner, draw: Draw, folder: Folder | None = None) -> list[Tool[Any]]:
    """Returns the tools for an environment.

    Args:
        platform: Platform of the environment.
        queries: Runs the queries.
        draw: Shows charts and diffs to the user.
        folder: Folder whose files can be used; None for no files.
    """
    return [
        *_table_tools(platform),
        _query_tool(queries),
        _investigation_tool(platform),
        *chart_tools(queries, draw, folder),
        *([] if folder is None else file_tools(folder, draw)),
        *writing_tools(platform, folder),
    ]


def _table_tools(platform: Platform) -> list[Tool[Any]]:
    async def list_(given: ListTables) -> Any:
        summaries = await asyncio.to_thread(list_tables, platform, given.database)
        return first_entries("tables", [summary.as_dict() for summary in summaries], _TABLES_SHOWN)

    async def describe(given: DescribeTable) -> Any:
        description = await asyncio.to_thread(describe_table, platform, TableName(given.database, given.table))
        fields = description.as_dict()
        part = (given.column or "").lower()
        columns = [with_short_strings(column) for column in fields["columns"] if part in column["name"]]
        properties = with_short_strings(dict(islice(fields["properties"].items(), _PROPERTIES_SHOWN)))
        return fields | {"properties": properties} | first_entries("columns", columns, _COLUMNS_SHOWN)

    async def compare(given: CompareSnapshots) -> Any:
        table = TableName(given.database, given.table)
        older, newer = (None if each is None else int(each) for each in (given.older, given.newer))
        return (await asyncio.to_thread(compare_snapshots, platform, table, older, newer)).as_dict()

    async def layout(given: TableLayoutOf) -> Any:
        return await asyncio.to_thread(_layout, platform, TableName(given.database, given.table))

    return [
        Tool("list_tables", ListTables, list_),
        Tool("describe_table", DescribeTable, describe),
        Tool("compare_snapshots", CompareSnapshots, compare),
        Tool("table_layout", TableLayoutOf, layout),
    ]


def _layout(platform: Platform, name: TableName) -> dict[str, Any]:
    """The layout of a table, without partition values of classified columns."""
    hidden = classified_columns(platform, *name.identifier(platform.environment))
    return table_layout(platform, name, hidden).as_dict()


def _query_tool(queries: QueryRunner) -> Tool[Query]:
    async def query(given: Query) -> Any:
        result = await queries.run(given.sql)
        hidden = {"hidden_columns": result.hidden_columns} if result.hidden_columns else {}
        return {
            **hidden,
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
        return report_excerpt(await asyncio.to_thread(with_commits, platform, report), _TASKS_SHOWN)

    return Tool("investigate", Investigate, run)
