"""Translates a condition that is not part of a query."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from datalake_sdk.errors import ChangingConditionError, InvalidConditionError, SqlUnsupportedError
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.duckdb.macros import definitions
from datalake_sdk.sql.duckdb.python_functions import python_functions_of
from datalake_sdk.sql.duckdb.translate import translate

_CHANGING_SYNTAX = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp)
_CHANGING_FUNCTIONS = frozenset({"current_date", "now", "rand", "random", "shuffle", "uuid"})

_NUMBER = "json_number"
"""Python function that `json_extract_scalar` calls for numbers that DuckDB would reformat."""
_WITHOUT_NUMBER = f"""
CREATE OR REPLACE TEMP MACRO python_{_NUMBER}(document, path) AS
    sdk_invalid('a condition cannot read a JSON number with an exponent, 16 digits or a trailing zero');
"""


@dataclass(frozen=True)
class DuckdbCondition:
    """A translated condition.

    Args:
        sql: The condition in DuckDB's dialect.
        setup: Statements that create the macros it calls.
    """

    sql: str
    setup: str


def duckdb_condition(condition: str) -> DuckdbCondition:
    """Translates a condition as written after WHERE.

    Args:
        condition: A condition on the columns of one table, in Athena's dialect.

    Raises:
        SqlParseError: The condition is not valid SQL.
        InvalidConditionError: It has a subquery or further clauses.
        ChangingConditionError: Its value depends on the current time or on randomness.
        SqlUnsupportedError: A function has no counterpart in DuckDB.
    """
    tree = parse_query(f"SELECT 1 FROM rows WHERE {condition}")
    where = tree.args.get("where")
    is_plain = isinstance(tree, exp.Select) and set(_clauses(tree)) == {"from_", "where", "expressions"}
    if where is None or not is_plain or where.find(exp.Query):
        raise InvalidConditionError(condition)
    _check_deterministic(where)
    sql = translate(where).this.sql("duckdb", identify=True)
    setup = definitions(sql)
    needed = python_functions_of(sql + setup)
    for name in sorted(needed - {_NUMBER}):
        raise SqlUnsupportedError(f"function {name}() in a condition", "Compare with a column or another function.")
    if _NUMBER in needed:
        setup = f"{definitions('sdk_invalid')}\n{_WITHOUT_NUMBER}\n{setup}"
    return DuckdbCondition(sql, setup)


def _clauses(tree: exp.Select) -> list[str]:
    return [name for name, value in tree.args.items() if value and name != "kind"]


def _check_deterministic(where: exp.Where) -> None:
    for node in where.find_all(*_CHANGING_SYNTAX, exp.Anonymous):
        if not isinstance(node, exp.Anonymous) or node.name.lower() in _CHANGING_FUNCTIONS:
            raise ChangingConditionError(node.sql("trino"))
