"""Client for tests: runs statements to completion without polling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from test.emulator.process import Emulator


@dataclass(frozen=True)
class FinishedStatement:
    """A finished statement.

    Attributes:
        description: As GetQueryExecution returns it.
        columns: Names and types of the result.
        rows: Values of the result as strings, without the header row.
    """

    description: dict[str, Any]
    columns: list[tuple[str, str]]
    rows: list[tuple[str | None, ...]]

    @property
    def query_id(self) -> str:
        return str(self.description["QueryExecutionId"])

    @property
    def state(self) -> str:
        return str(self.description["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.description["Status"].get("StateChangeReason", ""))

    @property
    def scanned(self) -> int:
        return int(self.description["Statistics"]["DataScannedInBytes"])


class AthenaClient:
    """Runs statements in one workgroup, by default as the root user."""

    def __init__(self, aws: Emulator, workgroup: str, credentials: Mapping[str, str] | None = None) -> None:
        self.boto = aws.client("athena", credentials)
        self._aws = aws
        self._workgroup = workgroup

    def start(self, sql: str, **arguments: Any) -> str:
        """Starts a query and returns its id."""
        arguments = {"WorkGroup": self._workgroup} | arguments
        return str(self.boto.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"])

    def run(self, sql: str, **arguments: Any) -> FinishedStatement:
        """Runs a statement to completion, whether it succeeds or not."""
        query_id = self.start(sql, **arguments)
        self._aws.control("finished_query", query_id=query_id)
        description = self.boto.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if description["Status"]["State"] != "SUCCEEDED":
            return FinishedStatement(description, [], [])
        pages = list(self.boto.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
        columns = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        rows = [
            tuple(cell.get("VarCharValue") for cell in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        header = description.get("SubstatementType") == "SELECT"
        return FinishedStatement(
            description, [(column["Name"], column["Type"]) for column in columns], rows[1:] if header else rows
        )

    def rows(self, sql: str, **arguments: Any) -> list[tuple[str | None, ...]]:
        """Returns the rows of a statement that must succeed."""
        finished = self.run(sql, **arguments)
        assert finished.state == "SUCCEEDED", finished.reason
        return finished.rows
