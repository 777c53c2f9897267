"""Checks the column types of set operations, which DuckDB coerces more freely than Trino."""

from __future__ import annotations

import duckdb
from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.duckdb.column_types import type_family
from datalake_sdk.sql.duckdb.probes import probed_types, with_common_tables
from datalake_sdk.sql.duckdb.type_names import athena_type


def check_set_operations(connection: duckdb.DuckDBPyConnection, tree: exp.Query) -> None:
    """Checks that both sides of each set operation have common types.

    Args:
        connection: Connection with the tables of the query.
        tree: A translated query.

    Raises:
        QueryFailedError: Two columns have no common type.
    """
    for operation in tree.find_all(exp.SetOperation):
        sides = [_types(connection, side) for side in (operation.this, operation.expression)]
        for position, (first, second) in enumerate(zip(*sides, strict=False), start=1):
            if _differ(first, second):
                name = operation.key.upper()
                raise QueryFailedError(
                    f"TYPE_MISMATCH: column {position} in {name} query has incompatible types: "
                    f"{athena_type(first)}, {athena_type(second)}"
                )


def _types(connection: duckdb.DuckDBPyConnection, side: exp.Expr) -> list[str]:
    query = side.unnest()
    if not isinstance(query, exp.Query):
        return []
    types = probed_types(connection, with_common_tables(exp.select("*").from_(query.copy().subquery("side")), query))
    return [str(data_type) for data_type in types or []]


def _differ(first: str, second: str) -> bool:
    families = type_family(first), type_family(second)
    return None not in families and families[0] != families[1]
