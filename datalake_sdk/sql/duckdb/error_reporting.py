"""Raises DuckDB's errors as errors of the SDK, with the position in the user's statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp


@dataclass(frozen=True)
class Translation:
    """A statement and its translation."""

    statement: str
    tree: exp.Expr
    sql: str


@contextmanager
def athena_errors(connection: duckdb.DuckDBPyConnection, translation: Translation | None = None) -> Iterator[None]:
    """Converts errors of DuckDB to errors of the SDK.

    Args:
        connection: With `errors_as_json` enabled.
        translation: The query that runs; locates errors in the statement.
    """
    # While a result streams, pyarrow wraps DuckDB's errors in OSError or ArrowInvalid. A message that is not UTF-8
    # raises UnicodeDecodeError.
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, UnicodeDecodeError) as error:
        from datalake_sdk.sql.duckdb.error_conversion import converted

        raise converted(connection, error, translation) from error
    except RuntimeError as error:
        # DuckDB raises RuntimeError for Ctrl-C in the main thread.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
