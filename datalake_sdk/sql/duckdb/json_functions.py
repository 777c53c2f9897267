"""SQL/JSON functions: their evaluation in Python and their translation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import InvalidQueryError, SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.duckdb.casts import translated_cast
from datalake_sdk.sql.duckdb.java_numbers import java_double, scientific
from datalake_sdk.sql.duckdb.json_paths import PathEvaluationError, UnsupportedPathError, items, parsed_path
from datalake_sdk.sql.duckdb.python_types import PythonFunction

_BIGINT = range(-(2**63), 2**63)
_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")
_DECODER = json.JSONDecoder(parse_constant=lambda name: _reject(name))
_TYPED = {
    exp.DType.BIGINT: "python_json_bigint",
    exp.DType.BOOLEAN: "python_json_boolean",
    exp.DType.DOUBLE: "python_json_double",
    **dict.fromkeys((exp.DType.INT, exp.DType.SMALLINT, exp.DType.TINYINT), "python_json_bigint"),
}
"""Python functions by type of RETURNING; other types are cast from varchar."""


class _Failed(ValueError):
    """An evaluation error, which ON ERROR handles."""


def _reject(name: str) -> None:
    raise _Failed(name)


def _found(text: str, path: str) -> list[Any]:
    try:
        document, _ = _DECODER.raw_decode(text.lstrip())
        return items(document, parsed_path(path))
    except (json.JSONDecodeError, PathEvaluationError) as error:
        raise _Failed(text) from error


def _exists(text: str, path: str) -> bool:
    try:
        return bool(_found(text, path))
    except _Failed:
        return False


def _scalar(text: str, path: str) -> str | int | float | bool | None:
    found = _found(text, path)
    if len(found) > 1 or (found and isinstance(found[0], dict | list)):
        raise _Failed(text)
    if found and type(found[0]) is int and found[0] not in _BIGINT:
        raise _Failed(text)
    return found[0] if found else None


def _or_null(convert: Callable[[Any], Any]) -> Callable[[str, str], Any]:
    def value(text: str, path: str) -> Any:
        try:
            scalar = _scalar(text, path)
            return None if scalar is None else convert(scalar)
        except (ValueError, OverflowError):
            return None

    return value


def _text(scalar: str | int | float | bool) -> str:
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    return scientific(scalar) if isinstance(scalar, float) else str(scalar)


def _bigint(scalar: str | int | float | bool) -> int:
    if isinstance(scalar, str) and not re.fullmatch(r"[+-]?\d+", scalar):
        raise _Failed(scalar)
    number = int(Decimal(scalar).to_integral_value(ROUND_HALF_UP)) if isinstance(scalar, float) else int(scalar)
    if number not in _BIGINT:
        raise _Failed(str(scalar))
    return number


def _boolean(scalar: str | int | float | bool) -> bool:
    if not isinstance(scalar, str):
        return bool(scalar)
    if scalar.lower() not in _TRUE + _FALSE:
        raise _Failed(scalar)
    return scalar.lower() in _TRUE


def _written(item: Any) -> str:
    if isinstance(item, dict):
        return "{" + ",".join(f"{_written(key)}:{_written(value)}" for key, value in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ",".join(map(_written, item)) + "]"
    return java_double(item) if isinstance(item, float) else json.dumps(item, ensure_ascii=False)


def _query(text: str, path: str, wrapper: str) -> str | None:
    try:
        found = _found(text, path)
    except _Failed:
        return None
    is_wrapped = wrapper == "always" or (
        wrapper == "conditional" and not (len(found) == 1 and isinstance(found[0], dict | list))
    )
    if not found or (len(found) > 1 and not is_wrapped):
        return None
    return _written(found if is_wrapped else found[0])


_DOCUMENT_AND_PATH = ("VARCHAR", "VARCHAR")
INTERNAL_JSON_FUNCTIONS = {
    "java_double": PythonFunction(java_double, ("DOUBLE",), "VARCHAR"),
    "json_bigint": PythonFunction(_or_null(_bigint), _DOCUMENT_AND_PATH, "BIGINT"),
    "json_boolean": PythonFunction(_or_null(_boolean), _DOCUMENT_AND_PATH, "BOOLEAN"),
    "json_double": PythonFunction(_or_null(float), _DOCUMENT_AND_PATH, "DOUBLE"),
    "json_exists": PythonFunction(_exists, _DOCUMENT_AND_PATH, "BOOLEAN"),
    "json_query": PythonFunction(_query, (*_DOCUMENT_AND_PATH, "VARCHAR"), "VARCHAR"),
    "json_text": PythonFunction(_or_null(_text), _DOCUMENT_AND_PATH, "VARCHAR"),
}
"""Functions that only translated queries call, by name."""


def json_exists(node: exp.Anonymous) -> exp.Expr:
    """Translates `json_exists(document, path)`.

    Raises:
        SqlUnsupportedError: The path has filters, methods or other unsupported steps.
    """
    return call("python_json_exists", *_checked(*node.expressions))


def json_value(node: exp.JSONValue) -> exp.Expr:
    """Translates `json_value(document, path RETURNING type)`, which is null unless the path selects a scalar.

    Raises:
        SqlUnsupportedError: ON EMPTY or ON ERROR is not NULL, or the path has unsupported steps such as filters.
    """
    condition = node.args.get("on_condition")
    for clause in ("empty", "error"):
        if condition is not None and condition.args.get(clause) not in (None, f"NULL ON {clause.upper()}"):
            raise SqlUnsupportedError(
                f"json_value() with ON {clause.upper()}", "Remove the clause: the value is then null."
            )
    arguments = _checked(node.this, node.args["path"])
    target = node.args.get("returning") or exp.DataType(this=exp.DType.VARCHAR)
    name = _TYPED.get(target.this, "python_json_text")
    value = call(name, *arguments)
    if name == "python_json_text" or target.this in (exp.DType.INT, exp.DType.SMALLINT, exp.DType.TINYINT):
        return translated_cast(exp.TryCast(this=value, to=target.copy(), safe=True))
    return value


def json_query(node: exp.JSONExtract) -> exp.Expr:
    """Translates `json_query(document, path WITH ARRAY WRAPPER)`; the value is null if the path selects nothing.

    Raises:
        SqlUnsupportedError: The call has other clauses, or the path has filters, methods or other unsupported steps.
    """
    option = node.args["option"].name.upper() if node.args.get("option") else "WITHOUT"
    if node.args.get("quote") or node.args.get("on_condition"):
        raise SqlUnsupportedError("json_query() with QUOTES, ON EMPTY or ON ERROR", "Remove the clause.")
    wrapper = "conditional" if "CONDITIONAL" in option else "always" if option.startswith("WITH ") else "never"
    return call("python_json_query", *_checked(node.this, node.expression), exp.Literal.string(wrapper))


def _checked(document: exp.Expr, path: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    if isinstance(path, exp.JSONPath) or (path.is_string and not re.match(r"\s*(lax|strict)\b", path.name)):
        raise InvalidQueryError(
            f"JSON path {path.sql('trino')} has no mode",
            "Start the path with a mode: 'lax $.name' or 'strict $.name'.",
        )
    if not isinstance(path, exp.Literal):
        raise SqlUnsupportedError("a JSON path that is not a literal", "Write the path as a literal.")
    try:
        parsed_path(path.name)
    except UnsupportedPathError as error:
        raise SqlUnsupportedError(
            f"JSON path '{path.name}'", "Write 'lax $' or 'strict $', then members and elements: 'lax $.a[0].b[*]'."
        ) from error
    return document, path
