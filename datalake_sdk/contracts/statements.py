"""The SQL of quality checks: conditions on rows, and queries over the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalake_sdk.errors import DatalakeError, InvalidCheckQueryError
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.row_conditions import ROWS_DATABASE, ROWS_TABLE, parse_condition
from datalake_sdk.sql.tables import lake_tables

if TYPE_CHECKING:
    from sqlglot import exp

_PLACEHOLDER = re.compile(r"\$?\{([A-Za-z_]\w*)\}")


def expression_columns(text: str) -> tuple[str, ...]:
    """Names of the columns that a row expression reads.

    Raises:
        InvalidCheckExpressionError: The expression is not a condition on one row.
    """
    return parse_condition(text).columns


def table_query(text: str, column: str | None) -> tuple[str, exp.Query]:
    """Parses a query over the table that a contract belongs to.

    Args:
        text: A query with `{object}` for the table and `{property}` for the column.
        column: Column of the check; None for a check of the table.

    Returns:
        The statement over `sdk_contract.sdk_rows`, and its tree.

    Raises:
        InvalidCheckQueryError: The query does not parse, a placeholder is unknown, it reads another table, or it
            returns several columns.
    """
    names = {"object": f"{ROWS_DATABASE}.{ROWS_TABLE}"}
    if column is not None:
        names["property"] = f'"{column}"'
    unknown = next((name for name in _PLACEHOLDER.findall(text) if name not in names), None)
    if unknown is not None:
        raise InvalidCheckQueryError(
            text, f"placeholder '{{{unknown}}}' is unknown", f"Use {' or '.join(f'{{{name}}}' for name in names)}."
        )
    statement = _PLACEHOLDER.sub(lambda match: names[match[1]], text)
    tree = _parsed(text, statement)
    if len(tree.selects) != 1:
        raise InvalidCheckQueryError(text, f"it returns {len(tree.selects)} columns", "Return one number.")
    tables = {f"{table.db}.{table.name}".lower() for table in lake_tables(tree, "")}
    if tables != {names["object"]}:
        raise InvalidCheckQueryError(text, "it must read {object}, and no other table", "Use a foreign key instead.")
    return statement, tree


def _parsed(text: str, statement: str) -> exp.Query:
    try:
        return parse_query(statement)
    except DatalakeError as error:
        shown = _syntax_error(text) or error
        raise InvalidCheckQueryError(text, shown.message, shown.hint) from error


def _syntax_error(text: str) -> DatalakeError | None:
    """Parses a query with placeholders as quoted names, which have the same length, so that positions are right."""
    try:
        parse_query(_PLACEHOLDER.sub(lambda match: f'"{match[1]}"'.ljust(len(match[0])), text))
    except DatalakeError as error:
        return error
    return None
