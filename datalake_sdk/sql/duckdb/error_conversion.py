"""Converts DuckDB's errors to errors of the SDK, with the position in the user's statement.

Imported when a query fails: compiling the patterns of all messages takes a while.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from datalake_sdk.errors import DatalakeError, QueryFailedError, UnexplainedQueryError, UnknownColumnError
from datalake_sdk.errors.base import listed
from datalake_sdk.sql.duckdb.error_messages import AthenaError, athena_error
from datalake_sdk.sql.duckdb.macros import definitions
from datalake_sdk.sql.duckdb.origins import origins
from datalake_sdk.sql.positions import locate_offset

if TYPE_CHECKING:
    from datalake_sdk.sql.duckdb.error_reporting import Translation

_UNKNOWN_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(?P<column>[^"]+)"')
_CANDIDATES = re.compile(r"Candidate (?:bindings|tables|Entries):[ :]*(?P<names>.*)")
_EXPLAIN = "EXPLAIN "


def converted(
    connection: duckdb.DuckDBPyConnection, error: Exception, translation: Translation | None
) -> DatalakeError:
    """Returns the error of the SDK for an error of DuckDB.

    Args:
        connection: The connection that raised it, with `errors_as_json` enabled.
        error: The error.
        translation: The query that ran; locates the error in the statement.
    """
    message, position = _details(str(error))
    if position is None and isinstance(error, duckdb.BinderException) and translation:
        position = _position_when_explained(connection, translation)
    return _explained(connection, message, translation, position)


def _details(text: str) -> tuple[str, int | None]:
    """Splits an error in JSON format into message and position; other errors have no position."""
    start = text.find('{"exception_type"')
    if start < 0:
        return text, None
    details, _ = json.JSONDecoder(strict=False).raw_decode(text[start:])
    position = details.get("position")
    return details["exception_message"], None if position is None else int(position)


def _position_when_explained(connection: duckdb.DuckDBPyConnection, translation: Translation) -> int | None:
    """Plans the query again to find the position, which errors of DuckDB's relations lack."""
    try:
        connection.execute(_EXPLAIN + translation.sql)
    except duckdb.Error as error:
        _, position = _details(str(error))
        before = (_EXPLAIN + translation.sql).encode()[:position].decode(errors="ignore")
        return None if position is None else len(before) - len(_EXPLAIN)
    return None


def _explained(
    connection: duckdb.DuckDBPyConnection, message: str, translation: Translation | None, position: int | None
) -> DatalakeError:
    if unknown := _UNKNOWN_COLUMN.search(message):
        column = unknown["column"]
        is_quoted = translation is not None and f'"{column}"' in translation.statement
        return UnknownColumnError(column, _similar_columns(connection, column, message), is_quoted=is_quoted)
    found = athena_error(message)
    if found is None:
        return UnexplainedQueryError()
    near = _candidates(message)
    hint = f"Did you mean {listed(near)}?" if near and found.name == "COLUMN_NOT_FOUND" else ""
    return QueryFailedError(_located_message(found, translation, position), hint)


def _located_message(found: AthenaError, translation: Translation | None, position: int | None) -> str:
    """Formats an error as Athena does, `TYPE_MISMATCH: line 1:8: reason`, followed by an excerpt."""
    is_shown = translation is not None and _is_at(found.subject, translation.sql, position)
    starts = _starts(found, translation, position if is_shown else None)
    types = f" ({', '.join(found.types)})" if is_shown else ""
    names = {_function_at(translation, start) for start in starts}
    function = f"function {names.pop()}" if len(names) == 1 and "" not in names else "a function"
    reason = found.reason.replace("{types}", types).replace("{function}", function)
    if translation is None or len(starts) != 1:
        return f"{found.name}: {reason}"
    line, column, excerpt = locate_offset(translation.statement, starts[0])
    return f"{found.name}: line {line}:{column}: {reason}\n{excerpt}"


def _is_at(subject: str | None, sql: str, position: int | None) -> bool:
    """Whether a position refers to the query; an error inside a macro has a position in the macro."""
    return subject is not None and position is not None and sql[position:].upper().startswith(subject.upper())


def _starts(found: AthenaError, translation: Translation | None, position: int | None) -> list[int]:
    """Returns the exact position in the statement, or those of functions whose macro uses the subject."""
    if translation is None:
        return []
    if position is not None:
        start = origins(translation.tree).start_of(position)
        return [] if start is None else [start]
    if not found.types:
        return []
    calls = [node for node in translation.tree.find_all(exp.Anonymous) if "start" in node.meta]
    users = [node for node in calls if re.search(rf"\b{found.subject}\(", definitions(node.name))]
    return [node.meta["start"] for node in users or calls]


def _function_at(translation: Translation | None, start: int) -> str:
    found = re.match(r"[A-Za-z_]\w*(?=\s*\()", translation.statement[start:]) if translation else None
    return found[0] if found else ""


def _similar_columns(connection: duckdb.DuckDBPyConnection, column: str, message: str) -> list[str]:
    if near := _candidates(message):
        return near
    known = connection.execute("SELECT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    return get_close_matches(column.lower(), sorted({name for (name,) in known}))


def _candidates(message: str) -> list[str]:
    candidates = _CANDIDATES.search(message)
    return re.findall(r'"([^"]+)"', candidates["names"]) if candidates else []
