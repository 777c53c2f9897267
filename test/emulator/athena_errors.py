"""Errors of queries, with Athena's messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from pyiceberg.exceptions import CommitFailedException
from sqlglot import exp

from datalake_sdk.errors import (
    DatalakeError,
    NoSnapshotAtError,
    SqlUnsupportedError,
    UnknownMetadataTableError,
    UnknownSnapshotError,
)

USER_ERROR, SYNTAX_ERROR = 1000, 1006
"""https://docs.aws.amazon.com/athena/latest/ug/error-reference.html"""
_NO_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(?P<column>[^"]+)"')
_UNGROUPED = re.compile(r'column "?(?P<column>[^"]+?)"? must appear in the GROUP BY clause')
_NO_FUNCTION = re.compile(r"^function (?P<function>\w+)\(\)$")
_KINDS = {
    duckdb.ConversionException: "INVALID_CAST_ARGUMENT",
    duckdb.OutOfRangeException: "NUMERIC_VALUE_OUT_OF_RANGE",
    duckdb.InvalidInputException: "INVALID_FUNCTION_ARGUMENT",
    duckdb.BinderException: "TYPE_MISMATCH",
}


class RejectedError(Exception):
    """A StartQueryExecution call that Athena rejects: no query is started."""

    def __init__(self, message: str, athena_code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.message = message
        self.athena_code = athena_code


class FailedError(Exception):
    """A query that ends in state FAILED.

    Attributes:
        reason: `NAME: message`, with line and column if Athena's message has them.
    """

    def __init__(self, name: str, message: str, node: exp.Expr | None = None) -> None:
        super().__init__(f"{name}: {position(node)}{message}")
        self.reason = str(self)
        self.error_type = SYNTAX_ERROR if name == "SYNTAX_ERROR" else USER_ERROR


class StoppedError(Exception):
    """A query that was cancelled, or that scanned more than its workgroup allows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def position(node: exp.Expr | None) -> str:
    """Returns `line 1:15: ` for the first name in a node; an empty string if its position is unknown."""
    found = [name.meta for name in node.find_all(exp.Identifier) if "line" in name.meta] if node is not None else []
    if not found:
        return ""
    first = min(found, key=lambda meta: meta["start"])
    return f"line {first['line']}:{first['col'] - (first['end'] - first['start'])}: "


@contextmanager
def athena_errors(tree: exp.Expr) -> Iterator[None]:
    """Converts errors of the engine to Athena's."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise StoppedError("Query cancelled by user") from error
    except duckdb.Error as error:
        raise _of_engine(tree, error) from error
    except CommitFailedException as error:
        raise FailedError("ICEBERG_COMMIT_ERROR", f"Failed to commit Iceberg update to table: {error}") from error
    except SqlUnsupportedError as error:
        raise _unsupported(tree, error) from error
    except (UnknownSnapshotError, NoSnapshotAtError) as error:
        raise FailedError("INVALID_ARGUMENTS", error.message) from error
    except UnknownMetadataTableError as error:
        raise FailedError("TABLE_NOT_FOUND", error.message) from error
    except DatalakeError as error:
        raise FailedError("SYNTAX_ERROR", error.message) from error


def _of_engine(tree: exp.Expr, error: duckdb.Error) -> FailedError:
    message = str(error).split("\n\n")[0]
    if unknown := _NO_COLUMN.search(message):
        named = _column(tree, unknown["column"])
        text = f"Column '{unknown['column']}' cannot be resolved or requester is not authorized to access requested"
        return FailedError("COLUMN_NOT_FOUND", f"{text} resources", named)
    if ungrouped := _UNGROUPED.search(message):
        text = f"'{ungrouped['column']}' must be an aggregate expression or appear in GROUP BY clause"
        return FailedError("EXPRESSION_NOT_AGGREGATE", text, _column(tree, ungrouped["column"]))
    if "ivision by zero" in message:
        return FailedError("DIVISION_BY_ZERO", "Division by zero")
    name = next((name for kind, name in _KINDS.items() if isinstance(error, kind)), "GENERIC_INTERNAL_ERROR")
    return FailedError(name, re.sub(r"^[\w ]*Error: ", "", message).split("\n")[0])


def _unsupported(tree: exp.Expr, error: SqlUnsupportedError) -> FailedError:
    if found := _NO_FUNCTION.match(error.feature):
        return FailedError("FUNCTION_NOT_FOUND", f"line 1:8: Function '{found['function']}' not registered")
    return FailedError("NOT_SUPPORTED", f"the emulator does not support {error.feature}")


def _column(tree: exp.Expr, name: str) -> exp.Expr | None:
    columns = tree.find_all(exp.Column, bfs=False)
    return next((column for column in columns if column.name.lower() == name.lower()), None)
