"""Registers functions implemented in Python with DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from datalake_sdk.sql.duckdb.binary_functions import BINARY_FUNCTIONS, INTERNAL_BINARY_FUNCTIONS
from datalake_sdk.sql.duckdb.format_functions import INTERNAL_FORMAT_FUNCTIONS
from datalake_sdk.sql.duckdb.json_casts import INTERNAL_JSON_CASTS
from datalake_sdk.sql.duckdb.json_functions import INTERNAL_JSON_FUNCTIONS
from datalake_sdk.sql.duckdb.macros import definitions
from datalake_sdk.sql.duckdb.string_functions import INTERNAL_STRING_FUNCTIONS, STRING_FUNCTIONS
from datalake_sdk.sql.duckdb.url_functions import URL_FUNCTIONS

PYTHON_FUNCTIONS = {**BINARY_FUNCTIONS, **STRING_FUNCTIONS, **URL_FUNCTIONS}
"""Functions of Athena by name; registered as `python_NAME`."""
_ALL = {
    **PYTHON_FUNCTIONS,
    **INTERNAL_BINARY_FUNCTIONS,
    **INTERNAL_JSON_CASTS,
    **INTERNAL_FORMAT_FUNCTIONS,
    **INTERNAL_JSON_FUNCTIONS,
    **INTERNAL_STRING_FUNCTIONS,
}
_NAME = re.compile(r"\bpython_(\w+)", re.IGNORECASE)


def python_functions_of(sql: str) -> set[str]:
    """Returns the names of Python functions in a DuckDB query."""
    return {name for name in map(str.lower, _NAME.findall(sql)) if name in _ALL}


def define_functions(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Creates the macros and Python functions of a query unless the connection has them."""
    macros = definitions(sql)
    needed = python_functions_of(sql + macros)
    for name in sorted(needed - _present(connection) if needed else needed):
        function = _ALL[name]
        connection.create_function(
            f"python_{name}",
            _unless_null(function.body),
            [*function.parameters],
            function.result,
            null_handling=FunctionNullHandling.SPECIAL,
        )
    connection.execute(macros)


def _present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    names = connection.execute(
        "SELECT function_name FROM duckdb_functions() WHERE function_name LIKE 'python\\_%' ESCAPE '\\'"
    )
    return {name.removeprefix("python_") for (name,) in names.fetchall()}


def _unless_null(body: Callable[..., Any]) -> Callable[..., Any]:
    """Returns null for a null argument. DuckDB's default null handling does the same, but allows no null results."""

    @wraps(body)
    def called(*arguments: Any) -> Any:
        return None if any(argument is None for argument in arguments) else body(*arguments)

    return called
