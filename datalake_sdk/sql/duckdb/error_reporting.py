"""DuckDB's errors as the SDK's, with the place in the user's statement."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb
import pyarrow as pa
from sqlglot import exp

from datalake_sdk.errors import DatalakeError, QueryFailedError, UnexplainedQueryError, UnknownColumnError
from datalake_sdk.sql.duckdb.error_messages import Failure, failure
from datalake_sdk.sql.duckdb.macros import definitions
from datalake_sdk.sql.duckdb.origins import origins
from datalake_sdk.sql.positions import locate_offset

_UNKNOWN_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(?P<column>[^"]+)"')
_CANDIDATES = re.compile(r"Candidate bindings:[ :]*(?P<names>.*)")
_EXPLAIN = "EXPLAIN "


@dataclass(frozen=True)
class Translation:
    """A statement and what DuckDB runs for it."""

    statement: str
    tree: exp.Expr
    sql: str


@contextmanager
def athena_errors(connection: duckdb.DuckDBPyConnection, translation: Translation | None = None) -> Iterator[None]:
    """Raises the SDK's errors instead of DuckDB's.

    Args:
        connection: Set to report errors as JSON.
        translation: What runs, if the place of an error is wanted.
    """
    # While a result is streamed, DuckDB's errors arrive as pyarrow's: OSError or ArrowInvalid. A message that holds
    # bytes which are not UTF-8 arrives as an error of decoding it.
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, UnicodeDecodeError) as error:
        message, position = _details(str(error))
        if position is None and isinstance(error, duckdb.BinderException) and translation:
            position = _position_when_explained(connection, translation)
        raise _reworded(connection, message, translation, position) from error
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C in the main thread.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def _details(text: str) -> tuple[str, int | None]:
    """The message and the position of an error in JSON; any other has no position."""
    start = text.find('{"exception_type"')
    if start < 0:
        return text, None
    details, _ = json.JSONDecoder(strict=False).raw_decode(text[start:])
    position = details.get("position")
    return details["exception_message"], None if position is None else int(position)


def _position_when_explained(connection: duckdb.DuckDBPyConnection, translation: Translation) -> int | None:
    """DuckDB's relations lose the position of an error; planning the query again shows it without running it."""
    try:
        connection.execute(_EXPLAIN + translation.sql)
    except duckdb.Error as error:
        _, position = _details(str(error))
        before = (_EXPLAIN + translation.sql).encode()[:position].decode(errors="ignore")
        return None if position is None else len(before) - len(_EXPLAIN)
    return None


def _reworded(
    connection: duckdb.DuckDBPyConnection, message: str, translation: Translation | None, position: int | None
) -> DatalakeError:
    if unknown := _UNKNOWN_COLUMN.search(message):
        column = unknown["column"]
        return UnknownColumnError(column, _near_columns(connection, column, message))
    found = failure(message)
    if found is None:
        return UnexplainedQueryError()
    return QueryFailedError(_placed(found, translation, position))


def _placed(found: Failure, translation: Translation | None, position: int | None) -> str:
    """Athena's form: `TYPE_MISMATCH: line 1:8: reason`, and below it the line of the statement."""
    is_shown = translation is not None and _stands_at(found.subject, translation.sql, position)
    starts = _starts(found, translation, position if is_shown else None)
    types = f" ({', '.join(found.types)})" if is_shown else ""
    names = {_function_at(translation, start) for start in starts}
    function = f"function {names.pop()}" if len(names) == 1 and "" not in names else "a function"
    reason = found.reason.replace("{types}", types).replace("{function}", function)
    if translation is None or len(starts) != 1:
        return f"{found.name}: {reason}"
    line, column, excerpt = locate_offset(translation.statement, starts[0])
    return f"{found.name}: line {line}:{column}: {reason}\n{excerpt}"


def _stands_at(subject: str | None, sql: str, position: int | None) -> bool:
    """Whether a position is one of the query's; that of an error within a macro is one of the macro's."""
    return subject is not None and position is not None and sql[position:].upper().startswith(subject.upper())


def _starts(found: Failure, translation: Translation | None, position: int | None) -> list[int]:
    """Where in the statement an error may come from: the position itself, or the functions that use the subject."""
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


def _near_columns(connection: duckdb.DuckDBPyConnection, column: str, message: str) -> list[str]:
    candidates = _CANDIDATES.search(message)
    if candidates:
        return re.findall(r'"([^"]+)"', candidates["names"])
    known = connection.execute("SELECT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    return get_close_matches(column.lower(), sorted({name for (name,) in known}))
