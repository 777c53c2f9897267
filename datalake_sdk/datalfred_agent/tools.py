"""Tools over the operations of the SDK, independent of the protocol that offers them to a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.tables import describe_table, list_tables
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName

MAX_RESULT_LENGTH = 60_000
"""Maximum number of characters of a tool's result."""
_TABLES_SHOWN = 300
_COLUMNS_SHOWN = 200
_IDENTIFIER = r"^[a-z][a-z0-9_]{0,254}$"
_NAME = Field(pattern=_IDENTIFIER, description="Name without the stage prefix.")


class Arguments(BaseModel):
    """Arguments of a tool; unknown ones are errors. The docstring of a subclass describes the tool."""

    model_config = ConfigDict(extra="forbid", strict=True)


ArgumentsType = TypeVar("ArgumentsType", bound=Arguments)


@dataclass(frozen=True)
class ToolOutput:
    """Result of a tool.

    Args:
        text: For the model: JSON, in which `<` and `>` are escaped.
        failed: Whether the tool failed.
    """

    text: str
    failed: bool = False


@dataclass(frozen=True)
class Tool(Generic[ArgumentsType]):
    """A tool.

    Args:
        name: Name that the model calls.
        arguments: Class of its arguments.
        run: Runs the tool and returns a JSON-serializable result.
    """

    name: str
    arguments: type[ArgumentsType]
    run: Callable[[ArgumentsType], Awaitable[Any]]

    @property
    def description(self) -> str:
        """What the tool does."""
        return self.arguments.__doc__ or ""

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    async def call(self, given: Any) -> ToolOutput:
        """Checks the arguments and runs the tool; a failure becomes an output."""
        try:
            arguments = self.arguments.model_validate_json(json.dumps(given))
        except ValidationError as error:
            return ToolOutput(as_data({"error": _invalid(self.name, error)}), failed=True)
        try:
            return ToolOutput(as_data(await self.run(arguments)))
        except DatalakeError as error:
            return ToolOutput(as_data({"error": error.message, "hint": error.hint}), failed=True)


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


def lake_tools(platform: Platform, queries: QueryRunner) -> list[Tool[Any]]:
    """Returns the tools that read the lake."""

    async def list_(given: ListTables) -> Any:
        summaries = await asyncio.to_thread(list_tables, platform, given.database)
        return _cut("tables", [summary.as_dict() for summary in summaries], _TABLES_SHOWN)

    async def describe(given: DescribeTable) -> Any:
        description = await asyncio.to_thread(describe_table, platform, TableName(given.database, given.table))
        fields = description.as_dict()
        return fields | _cut("columns", fields["columns"], _COLUMNS_SHOWN)

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

    return [
        Tool("list_tables", ListTables, list_),
        Tool("describe_table", DescribeTable, describe),
        Tool("query", Query, query),
    ]


def as_data(value: Any) -> str:
    """Formats a result as JSON that cannot contain a tag; a longer one is replaced with an error."""
    text = json.dumps(value, ensure_ascii=False, default=str).replace("<", "\\u003c").replace(">", "\\u003e")
    if len(text) <= MAX_RESULT_LENGTH:
        return text
    return json.dumps({"error": f"the result has {len(text):,} characters, the limit is {MAX_RESULT_LENGTH:,}"})


def _cut(name: str, values: list[Any] | tuple[Any, ...], limit: int) -> dict[str, Any]:
    omitted = len(values) - limit
    return {name: values[:limit]} | ({f"omitted_{name}": omitted} if omitted > 0 else {})


def _invalid(tool: str, error: ValidationError) -> str:
    reasons = [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors(include_input=False)]
    return f"invalid arguments of {tool}: {'; '.join(reasons)}"
