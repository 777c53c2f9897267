"""Checks statements for Athena and blanks out their comments; all other characters are left unchanged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from datalake_sdk.errors import SqlParseError
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.lexer import lex
from datalake_sdk.sql.positions import excerpt
from datalake_sdk.sql.tables import lake_tables


@dataclass(frozen=True)
class QueryText:
    """A query as it is sent to Athena.

    Attributes:
        sql: The statement with blanks in place of comments and without trailing semicolons; all other characters keep
            their line and column.
        is_sorted: Whether the query orders its whole result.
    """

    sql: str
    is_sorted: bool


def query_text(statement: str, database: str | None = None) -> QueryText:
    """Applies the checks of every platform to a statement, and returns the query to send to Athena.

    Args:
        statement: As the user wrote it.
        database: Database of unqualified tables.

    Raises:
        DatalakeError: It is not one query, has invalid syntax, or contains something that is not allowed in a query.
    """
    tree = parse_query(statement)
    is_sorted = _is_sorted(tree)
    lake_tables(tree, database)
    return QueryText(lex(statement).sql, is_sorted)


def parse_error(statement: str, line: int, column: int, reason: str) -> SqlParseError:
    """Returns the error for a position of a statement.

    Args:
        statement: As the user wrote it.
        line: From 1.
        column: From 1.
        reason: Why Athena rejects it.
    """
    return SqlParseError(reason, line, column, excerpt(statement, line, column))


def _is_sorted(tree: exp.Expr) -> bool:
    while isinstance(tree, exp.Subquery) and tree.is_wrapper:
        tree = tree.this
    return bool(tree.args.get("order"))
