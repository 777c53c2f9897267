"""Types of operands, inferred from literals, casts and the schemas of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp

from datalake_sdk.sql.column_sources import known

COLUMNS = "sdk_columns"
"""Key in the `meta` of a table: DuckDB's type of each column by lowercase name."""
_TYPE = "sdk_type"
"""Key in the `meta` of a column: its DuckDB type."""
_NUMBERS = "(TINYINT|SMALLINT|INT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL)"
_FAMILIES = [
    (re.compile(rf"{_NUMBERS}\b"), "number"),
    (re.compile(r"(VARCHAR|TEXT)\b"), "varchar"),
    (re.compile(r"DATE|TIMESTAMP"), "date"),
    (re.compile(r"TIME\b"), "time"),
    (re.compile(r"BOOLEAN"), "boolean"),
    (re.compile(r"BLOB|VARBINARY"), "varbinary"),
]
"""Families of mutually comparable types, by prefix of their names in DuckDB and sqlglot."""


def annotate_columns(tree: exp.Expr) -> None:
    """Records the type of each column of a table whose `meta` has `COLUMNS`."""
    for column in tree.find_all(exp.Column):
        data_type = _type_in_scope(column)
        if data_type is not None:
            column.meta[_TYPE] = data_type


def operand_type(operand: exp.Expr) -> str | None:
    """Returns the DuckDB type of a literal, cast or column; None if it cannot be inferred."""
    operand = operand.unnest()
    if isinstance(operand, exp.Literal):
        return _literal_type(operand)
    if isinstance(operand, exp.Cast):
        return operand.to.sql("duckdb").upper()
    if isinstance(operand, exp.Boolean):
        return "BOOLEAN"
    return known(operand, _TYPE) if isinstance(operand, exp.Column) else None


def varchar_literal(operand: exp.Expr) -> exp.Expr:
    """Casts a string literal to varchar, so that DuckDB does not coerce it to the type of other operands."""
    if not operand.is_string:
        return operand
    return exp.Cast(this=operand.copy(), to=exp.DataType(this=exp.DType.VARCHAR))


def type_family(data_type: str | None) -> str | None:
    """Returns the family of mutually comparable types; None for nested, rare and unknown types."""
    if data_type is None or data_type.endswith("]"):
        return None
    return next((family for pattern, family in _FAMILIES if pattern.match(data_type)), None)


def excludes_nan(operand: exp.Expr) -> bool:
    """Whether an operand is neither a float nor nested, so that DuckDB compares it as Trino does."""
    data_type = operand_type(operand)
    return type_family(data_type) is not None and data_type not in ("DOUBLE", "FLOAT")


def _literal_type(literal: exp.Literal) -> str:
    if literal.is_string:
        return f"VARCHAR({len(literal.name)})"
    if literal.name.isdigit():
        return "INTEGER" if int(literal.name) < 2**31 else "BIGINT"
    return "DOUBLE" if "e" in literal.name.lower() else "DECIMAL"


def _type_in_scope(column: exp.Column) -> str | None:
    """Returns the type from the innermost table with the column; None if a subquery may have it."""
    for relations in _scopes(column):
        named = [each for each in relations if column.table.lower() in ("", each.alias_or_name.lower())]
        found = [types[column.name.lower()] for types in map(_columns, named) if column.name.lower() in types]
        if found:
            return found[0] if len(found) == 1 else None
        if any(not _columns(each) for each in named):
            return None
    return None


def _columns(relation: exp.Expr) -> Mapping[str, str]:
    columns: Any = relation.meta.get(COLUMNS, {})
    return columns if isinstance(columns, dict) else {}


def _scopes(column: exp.Column) -> Iterator[list[exp.Expr]]:
    """Yields the relations of each enclosing SELECT, innermost first."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        clauses = [select.args.get("from_"), *select.args.get("joins", ()), *select.args.get("laterals", ())]
        yield [clause if isinstance(clause, exp.Lateral) else clause.this for clause in clauses if clause is not None]
        select = select.find_ancestor(exp.Select)
