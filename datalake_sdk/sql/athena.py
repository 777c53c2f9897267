"""Athena's SQL, parsed: one query or an error that shows the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.trino import TrinoParser

from datalake_sdk.errors import SqlParseError, SqlStatementError
from datalake_sdk.sql.function_calls import check_argument_counts
from datalake_sdk.sql.positions import excerpt
from datalake_sdk.sql.statements import OTHER_STATEMENTS

_SYNTAX_FUNCTIONS = (
    "CAST",
    "TRY_CAST",
    "EXTRACT",
    "TRIM",
    "SUBSTRING",
    "POSITION",
    "LISTAGG",
    "JSON_VALUE",
    "JSON_QUERY",
    "JSON_OBJECT",
    "JSON_TABLE",
)
"""Functions with a grammar of their own, such as `CAST(a AS b)`."""


class AthenaQueries(Trino):
    """Athena's queries: Trino's grammar, in which every function keeps its name."""

    class Parser(TrinoParser):
        """Leaves functions alone: what they mean in DuckDB is said in one place, `functions`."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: TrinoParser.FUNCTION_PARSERS[name] for name in _SYNTAX_FUNCTIONS
        }


def parse_query(statement: str) -> exp.Query:
    """Parses a statement that must be one query.

    Raises:
        SqlParseError: It does not follow the grammar.
        SqlStatementError: It is none, several or not a query.
        FunctionArgumentsError: A function has too few or too many arguments.
    """
    kind = _first_word(statement)
    if kind in OTHER_STATEMENTS:
        raise SqlStatementError(kind, OTHER_STATEMENTS[kind])
    try:
        trees = [tree for tree in sqlglot.parse(statement, read=AthenaQueries) if tree is not None]
    except ParseError as error:
        raise _parse_error(statement, error) from error
    if len(trees) != 1:
        raise SqlStatementError(f"{len(trees)} statements", "Run them one by one.")
    tree = trees[0]
    writes = tree.find(exp.DML, exp.DDL)
    if writes is not None:
        raise SqlStatementError(f"a query with {writes.key.upper()}", OTHER_STATEMENTS["INSERT"])
    check_argument_counts(tree, statement)
    if isinstance(tree, exp.Values):
        return _select_from(tree)
    if not isinstance(tree, exp.Query):
        raise SqlStatementError(kind, "")
    return tree


def _select_from(values: exp.Values) -> exp.Select:
    columns = [f"_col{index}" for index, _ in enumerate(values.expressions[0].expressions)]
    return exp.select("*").from_(exp.alias_(values, "rows", table=columns))


def _first_word(statement: str) -> str:
    try:
        tokens = AthenaQueries().tokenize(statement)
    except TokenError as error:
        raise _token_error(statement, error) from error
    if not tokens:
        raise SqlStatementError("empty", "")
    return tokens[0].text.upper()


def _token_error(statement: str, error: TokenError) -> SqlParseError:
    opening = re.search(r"from \d+:(\d+)$", str(error.__cause__))
    position = int(opening[1]) if opening else len(statement.rstrip()) - 1
    before = statement[:position]
    line, column = before.count("\n") + 1, position - before.rfind("\n")
    reason = f"{statement[position]} is not closed" if opening else "a comment is not closed"
    return SqlParseError(reason, line, column, excerpt(statement, line, column))


def _parse_error(statement: str, error: ParseError) -> SqlParseError:
    details = error.errors[0]
    found = details["highlight"]
    # sqlglot's column is that of the token's last character.
    line, column = details["line"], max(details["col"] - len(found) + 1, 1)
    return SqlParseError(_reason(details["description"], found), line, column, excerpt(statement, line, column))


def _reason(description: str, found: str) -> str:
    if found == "`":
        return 'names are quoted with ", not with `'
    if description.startswith("Required keyword"):
        return f"something is missing at '{found}'"
    if description.startswith("Invalid expression"):
        return f"'{found}' was not expected"
    return f"{description[:1].lower()}{description[1:]} at '{found}'"
