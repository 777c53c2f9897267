"""Conditions on the rows of one table: expressions in Athena's SQL that are true, false or null for each row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from datalake_sdk.errors import DatalakeError, InvalidCheckExpressionError
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.function_catalog import athena_functions

ROWS_DATABASE = "sdk_contract"
ROWS_TABLE = "sdk_rows"
"""Table that a parsed condition reads."""


@dataclass(frozen=True)
class RowCondition:
    """A parsed condition.

    Args:
        query: `SELECT condition FROM sdk_contract.sdk_rows`.
        columns: Names of the columns that the condition reads, in lower case.
    """

    query: exp.Query
    columns: tuple[str, ...]


def parse_condition(text: str) -> RowCondition:
    """Parses a condition on one row.

    Raises:
        InvalidCheckExpressionError: The condition does not parse, or reads other rows; the message has the position.
    """
    try:
        query = parse_query(condition_statement(text))
    except DatalakeError as error:
        raise _located(text, error) from error
    if not isinstance(query, exp.Select) or set(_clauses(query)) != {"expressions", "from_"}:
        raise InvalidCheckExpressionError(text, "it must be one expression, without other clauses of a query")
    (condition, *others) = query.selects
    if others or isinstance(condition, exp.Alias | exp.Star):
        raise InvalidCheckExpressionError(text, "it must be one expression, without a name")
    if condition.find(exp.Query, exp.Window) or any(
        map(_is_aggregate, condition.find_all(exp.Anonymous, exp.GroupConcat))
    ):
        raise InvalidCheckExpressionError(
            text, "it reads other rows", "Write the check as a `query` with a bound, for example mustBe: 0."
        )
    return RowCondition(query, tuple(_columns(condition)))


def condition_statement(text: str) -> str:
    """Returns the query that a condition is parsed as, with the condition on lines of its own.

    A comment cannot hide what follows, and positions in the query are those in the condition, one line further down.
    """
    return f"SELECT\n{text}\nFROM {ROWS_DATABASE}.{ROWS_TABLE}"


def _columns(condition: exp.Expr) -> dict[str, None]:
    parameters = {name.name.lower() for function in condition.find_all(exp.Lambda) for name in function.expressions}
    names = (column.name.lower() for column in condition.find_all(exp.Column))
    return {name: None for name in names if name not in parameters}


def _is_aggregate(call: exp.Expr) -> bool:
    function = athena_functions().get(call.name.lower())
    return isinstance(call, exp.GroupConcat) or (function is not None and function.kind == "aggregate")


def _clauses(query: exp.Select) -> list[str]:
    return [name for name, value in query.args.items() if value]


def _located(text: str, error: DatalakeError) -> InvalidCheckExpressionError:
    """Counts lines from the condition's first one."""
    if getattr(error, "line", 0) > text.count("\n") + 2:
        return InvalidCheckExpressionError(text, "it is incomplete")
    message = re.sub(r"\bline (\d+)", lambda match: f"line {int(match[1]) - 1}", error.message)
    return InvalidCheckExpressionError(text, message, error.hint)
