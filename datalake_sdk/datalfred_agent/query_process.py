"""Runs one query in a process with limited memory, which its parent kills at the time limit.

No setting of a SQL engine interrupts the computation of a single large value or limits its memory.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_INFORMATION_SCHEMA = "information_schema"
_METADATA = "list_tables and describe_table return the tables and columns of the lake."


@dataclass(frozen=True)
class QueryRequest:
    """A query and its limits, sent to the process as JSON on stdin.

    Args:
        statement: One SELECT in Athena's dialect.
        project_name: Project of the environment.
        domain_name: Domain of the environment.
        stage_name: Stage of the environment.
        region: AWS region; None uses the configured one.
        local_root: Folder of an embedded lake; None means AWS.
        consumer_group: Consumer group whose workgroup runs the query.
        table_storage: Storage of the tables on AWS.
        agent_role: ARN of the role that runs the query on AWS; None runs it with the credentials of the process.
        max_rows: Maximum number of rows to return.
        max_bytes: Maximum size of the returned rows.
        memory_bytes: Memory that the query may use.
        max_seconds: Time after which the process is killed even if its parent no longer runs.
        show_classified: Whether the query sees the values of classified columns.
    """

    statement: str
    project_name: str
    domain_name: str
    stage_name: str
    region: str | None
    local_root: str | None
    consumer_group: str | None
    table_storage: str
    agent_role: str | None
    max_rows: int
    max_bytes: int
    memory_bytes: int
    max_seconds: int
    show_classified: bool = False


def main() -> None:
    """Runs the request on stdin and prints the result, or the error, as JSON."""
    from datalake_sdk.machine import limit_memory

    signal.signal(signal.SIGTERM, _interrupt)
    request = QueryRequest(**json.load(sys.stdin))
    # The kernel's default action ends the process whatever it computes: https://man7.org/linux/man-pages/man7/signal.7.html
    signal.alarm(request.max_seconds)
    print(json.dumps(response(request, limit_memory)))  # noqa: T201


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # The platforms stop a running query on KeyboardInterrupt: Athena would otherwise continue to scan.
    raise KeyboardInterrupt


def response(request: QueryRequest, limit: Callable[[int], None]) -> dict[str, Any]:
    """Runs a request and returns the result, or the error, as an object for JSON.

    Args:
        request: The query and its limits.
        limit: Limits the memory of the process, after the engine has started.
    """
    from datalake_sdk.errors import DatalakeError

    statistics: list[dict[str, Any]] = []
    try:
        return {**_run(request, limit, statistics), "statistics": statistics}
    except KeyboardInterrupt:
        return {"statistics": statistics}
    except (MemoryError, RuntimeError, DatalakeError) as error:
        if _is_out_of_memory(error) or _is_out_of_memory(error.__cause__):
            return {"out_of_memory": True, "statistics": statistics}
        if not isinstance(error, DatalakeError):
            raise
        return {"message": error.message, "hint": error.hint, "statistics": statistics}


def _is_out_of_memory(error: BaseException | None) -> bool:
    # The stack of a new thread counts as well.
    return isinstance(error, MemoryError) or any(text in str(error) for text in ("Out of Memory", "start new thread"))


def _run(request: QueryRequest, limit: Callable[[int], None], statistics: list[dict[str, Any]]) -> dict[str, Any]:
    from datalake_sdk.operations.classified_columns import hide_classified
    from datalake_sdk.operations.query import query
    from datalake_sdk.platforms.select import open_platform, resolve_environment
    from datalake_sdk.sql.parameters import statement_text

    environment = resolve_environment(
        request.project_name,
        request.domain_name,
        request.stage_name,
        request.region,
        request.local_root,
        request.consumer_group,
        request.table_storage,
    )
    _check_tables(request.statement, environment.database_prefix)
    platform = open_platform(environment, agent_role=request.agent_role)
    _ = platform.sql
    limit(request.memory_bytes)
    text = statement_text(request.statement, environment.database_prefix, None)
    statement, hidden = (text, []) if request.show_classified else hide_classified(platform, text)
    rows = query(platform, statement, lambda found: statistics.append(asdict(found)))
    columns = [{"name": field.name, "type": str(field.type)} for field in rows.schema]
    lines, is_complete = _first_lines(rows, request.max_rows, request.max_bytes)
    return {"columns": columns, "lines": lines, "is_complete": is_complete, "hidden_columns": hidden}


def _check_tables(statement: str, database_prefix: str) -> None:
    """Rejects tables of `information_schema`, which on Athena describe all databases that the caller can see."""
    from datalake_sdk.errors import SqlNotAllowedError
    from datalake_sdk.sql.athena import parse_query
    from datalake_sdk.sql.parameters import statement_text
    from datalake_sdk.sql.positions import locate
    from datalake_sdk.sql.tables import lake_tables

    text = statement_text(statement, database_prefix, None)
    for table in lake_tables(parse_query(text)):
        if table.db.lower() == _INFORMATION_SCHEMA:
            raise SqlNotAllowedError(f"schema '{_INFORMATION_SCHEMA}'", _METADATA, *locate(text, table))


def _first_lines(rows: pa.RecordBatchReader, max_rows: int, max_bytes: int) -> tuple[list[str], bool]:
    """Returns the first rows as CSV lines, and whether these are all rows."""
    from datalake_sdk.errors import ResultRowSizeError
    from datalake_sdk.row_format import csv_rows

    lines: list[str] = []
    size = 0
    for batch in rows:
        for line in csv_rows(batch.slice(0, max_rows - len(lines) + 1)):
            size += len(line.encode()) + 1
            if not lines and size > max_bytes:
                raise ResultRowSizeError(size, max_bytes)
            if len(lines) == max_rows or size > max_bytes:
                return lines, False
            lines.append(line)
    return lines, True


if __name__ == "__main__":
    main()
