"""Replaces tables of a query with subqueries that hide the values of some columns, wherever the query uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from datalake_sdk.errors import SqlNotAllowedError
from datalake_sdk.redaction import MASK
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.lexer import split
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.tables import lake_tables
from datalake_sdk.sql_quotes import quoted

_METADATA_WITHOUT_VALUES = ("snapshots", "history", "refs")
_HINT = "The contract of the table classifies columns, whose values are hidden."


@dataclass(frozen=True)
class TableColumns:
    """Columns of a table, some of which are hidden.

    Args:
        columns: Whether each column is a string, by name, in order.
        hidden: Names of the hidden columns.
    """

    columns: Mapping[str, bool]
    hidden: frozenset[str]


def hide_columns(statement: str, table_columns: Callable[[str, str], TableColumns | None]) -> str:
    """Hides columns before the query computes anything from them: conditions and expressions see no value either.

    Strings become a constant and other values null.

    Args:
        statement: One query in Athena's dialect over qualified tables.
        table_columns: Returns the columns of a table by database and name; None if no column is hidden.

    Returns:
        The statement with subqueries in the place of tables with hidden columns.

    Raises:
        SqlNotAllowedError: The query reads metadata with values of hidden columns, or an earlier snapshot.
        DatalakeError: The statement is invalid.
    """
    tree = parse_query(statement)
    edits: list[tuple[int, int, str]] = []
    protected: set[tuple[str, str]] = set()
    for table in lake_tables(tree):
        database, (name, _, metadata) = table.db.lower(), table.name.lower().partition("$")
        columns = table_columns(database, name)
        if columns is None or not columns.hidden:
            continue
        if metadata in _METADATA_WITHOUT_VALUES:
            continue
        _check(statement, table, metadata)
        protected.add((database, name))
        edits.append(_subquery(statement, table, columns))
    edits.extend(_unqualified(tree, protected))
    for start, end, text in sorted(edits, reverse=True):
        statement = statement[:start] + text + statement[end:]
    return statement


def _check(statement: str, table: exp.Table, metadata: str) -> None:
    if metadata:
        raise SqlNotAllowedError(f"metadata table '{table.name}'", _HINT, *locate(statement, table))
    if table.args.get("version") is not None:
        raise SqlNotAllowedError("FOR VERSION or TIMESTAMP AS OF", _HINT, *locate(statement, table))


def _subquery(statement: str, table: exp.Table, columns: TableColumns) -> tuple[int, int, str]:
    start, end = _first_part(table).meta["start"], table.this.meta["end"] + 1
    selected = ", ".join(_selected(name, is_string, columns.hidden) for name, is_string in columns.columns.items())
    query = f"SELECT {selected} FROM {statement[start:end]}"
    before = [token for token in split(statement) if token.end <= start][-1]
    if before.text.upper() == "TABLE":
        # `TABLE name` is a query: https://trino.io/docs/current/sql/select.html
        return before.start, end, query
    alias = "" if table.alias else f" AS {quoted(table.name)}"
    return start, end, f"({query}){alias}"


def _first_part(node: exp.Table | exp.Column) -> exp.Identifier:
    """Returns the catalog, or the database if there is no catalog."""
    first: exp.Identifier = node.args.get("catalog") or node.args["db"]
    return first


def _selected(name: str, is_string: bool, hidden: frozenset[str]) -> str:
    column = quoted(name)
    if name not in hidden:
        return column
    # The branch is never taken: it gives the constant the type of the column.
    constant = f"'{MASK}'" if is_string else "NULL"
    return f"CASE WHEN false THEN {column} ELSE {constant} END AS {column}"


def _unqualified(tree: exp.Expr, protected: set[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    """Removes catalog and database from names of columns: a subquery has neither."""
    for column in tree.find_all(exp.Column):
        if column.args.get("db") is not None and (column.db.lower(), column.table.lower()) in protected:
            yield _first_part(column).meta["start"], column.args["table"].meta["start"], ""
