"""Translates Athena's JSON functions to Spark, where JSON is a string.

Spark extracts a JSON string without its quotes, so that it cannot be distinguished from an object or a number. Inside
an array it keeps the quotes: `get_json_object('[{"a": "b"}]', '$[*].a')` is `"b"`.
"""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import Rule
from datalake_sdk.sql.spark.templates import expanded

_ADVICE = "Extract strings with json_extract_scalar, or CAST the JSON in the same expression."
_READERS = ("json_array_length", "json_extract", "json_extract_scalar", "json_format")
_IS_JSON = "sdk_json"


def cast_of_json(value: exp.Expr, target: exp.DataType) -> exp.Expr | None:
    """Returns a cast of JSON to a Spark type; None if the operand is not JSON."""
    if not is_json(value):
        return None
    if target.this in exp.DataType.NESTED_TYPES:
        return call("from_json", value, exp.Literal.string(target.sql("spark")))
    return exp.cast(expanded("get_json_object(concat('{\"v\":', :a, '}'), '$.v')", value), target)


def as_json(value: exp.Expr) -> exp.Expr:
    """Marks a value that is JSON on Athena and a string in Spark."""
    value.meta[_IS_JSON] = True
    return value


def is_json(value: exp.Expr) -> bool:
    """Whether a translated value is JSON on Athena."""
    return _IS_JSON in value.unnest().meta


def parsed_json(string: exp.Expr) -> exp.Expr:
    """Returns the JSON document of a string in Athena's format; an invalid document is an error."""
    valid = "get_json_object(concat('[', :a, ']'), '$[*]')"
    failure = "CASE WHEN :a IS NOT NULL THEN raise_error(concat('not JSON: ', :a)) END"
    return as_json(expanded(f"coalesce({valid}, {failure})", string))


def check_json_use(node: exp.Expr) -> None:
    """Checks that JSON is a result column or read by the enclosing expression; elsewhere, it would be a quoted string.

    Raises:
        SqlUnsupportedError: The query uses the JSON elsewhere.
    """
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Alias):
        parent = parent.parent
    is_result = isinstance(parent, exp.Select) and parent.parent is None
    is_read = isinstance(parent, exp.Anonymous) and parent.name.lower() in _READERS
    if not (is_result or is_read or isinstance(parent, exp.Cast | exp.Is)):
        raise SqlUnsupportedError("JSON as an intermediate result", _ADVICE)


def _extract(node: exp.Anonymous) -> exp.Expr:
    check_json_use(node)
    document, path = node.expressions
    return as_json(_json_at(document, _path(path)))


def _extract_scalar(node: exp.Anonymous) -> exp.Expr:
    document, path = node.expressions
    steps = _path(path)
    template = "CASE WHEN NOT :b RLIKE '^[{\\\\[]' THEN get_json_object(:a, :c) END"
    return expanded(template, document, _json_at(document, steps), exp.Literal.string("$" + steps))


def _json_at(document: exp.Expr, steps: str) -> exp.Expr:
    path = exp.Literal.string("$[*]" + steps)
    return expanded("get_json_object(concat('[', :a, ']'), :b)", document, path)


def _path(path: exp.Expr) -> str:
    """Returns the steps of a path after `$`, in Spark's notation."""
    if not isinstance(path, exp.Literal):
        raise SqlUnsupportedError("a JSON path that is not a literal", "Write the path as a literal.")
    steps = re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r"['\2']", path.name.removeprefix("$"))
    if not re.fullmatch(r"(\.\w+|\[\d+\]|\['[^'\]]*'\])*", steps):
        raise SqlUnsupportedError(f"JSON path '{path.name}'", "A path selects one value and has no wildcards.")
    return steps


def _parse(node: exp.Anonymous) -> exp.Expr:
    check_json_use(node)
    return parsed_json(*node.expressions)


def _format(node: exp.Anonymous) -> exp.Expr:
    document: exp.Expr = node.expressions[0]
    return document


def _array_length(node: exp.Anonymous) -> exp.Expr:
    return expanded("CAST(json_array_length(:a) AS BIGINT)", *node.expressions)


JSON_FUNCTIONS: dict[str, Rule] = {
    "json_array_length": _array_length,
    "json_extract": _extract,
    "json_extract_scalar": _extract_scalar,
    "json_format": _format,
    "json_parse": _parse,
}
