"""What Athena's JSON functions mean in Spark, where JSON is a text.

Spark gives a text value without its quotes, so that it cannot be told from an object or a number. Within an array it
keeps the quotes: `get_json_object('[{"a": "b"}]', '$[*].a')` is `"b"`.
"""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import Rule
from datalake_sdk.sql.spark.templates import expanded

_ADVICE = "Take texts out by json_extract_scalar, or CAST the JSON in the same expression."
_READERS = ("json_array_length", "json_extract", "json_extract_scalar", "json_format")
_IS_JSON = "sdk_json"


def cast_of_json(value: exp.Expr, target: exp.DataType) -> exp.Expr | None:
    """A cast of JSON to a type of Spark's; None where the operand is not JSON."""
    if not is_json(value):
        return None
    if target.this in exp.DataType.NESTED_TYPES:
        return call("from_json", value, exp.Literal.string(target.sql("spark")))
    return exp.cast(expanded("get_json_object(concat('{\"v\":', :a, '}'), '$.v')", value), target)


def as_json(value: exp.Expr) -> exp.Expr:
    """Notes that a value, a text in Spark, is of type JSON in Athena."""
    value.meta[_IS_JSON] = True
    return value


def is_json(value: exp.Expr) -> bool:
    """Whether a translated value is of type JSON in Athena."""
    return _IS_JSON in value.unnest().meta


def parsed_json(text: exp.Expr) -> exp.Expr:
    """JSON of a text, as Athena writes it; anything else is an error."""
    valid = "get_json_object(concat('[', :a, ']'), '$[*]')"
    refusal = "CASE WHEN :a IS NOT NULL THEN raise_error(concat('not JSON: ', :a)) END"
    return as_json(expanded(f"coalesce({valid}, {refusal})", text))


def check_json_use(node: exp.Expr) -> None:
    """JSON that leaves its expression would become a text, whose quotes a later cast would keep.

    Raises:
        SqlUnsupportedError: It does so within the query.
    """
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Alias):
        parent = parent.parent
    is_result = isinstance(parent, exp.Select) and parent.parent is None
    is_read = isinstance(parent, exp.Anonymous) and parent.name.lower() in _READERS
    if not (is_result or is_read or isinstance(parent, exp.Cast | exp.Is)):
        raise SqlUnsupportedError("JSON in this place", _ADVICE)


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
    """The steps of a path below `$`, as Spark writes them."""
    if not isinstance(path, exp.Literal):
        raise SqlUnsupportedError("a JSON path that is not a literal", "Write the path into the query.")
    steps = re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r"['\2']", path.name.removeprefix("$"))
    if not re.fullmatch(r"(\.\w+|\[\d+\]|\['[^'\]]*'\])*", steps):
        raise SqlUnsupportedError(f"JSON path '{path.name}'", "Paths name one value, without wildcards.")
    return steps


def _parse(node: exp.Anonymous) -> exp.Expr:
    check_json_use(node)
    return parsed_json(*node.expressions)


def _format(node: exp.Anonymous) -> exp.Expr:
    text: exp.Expr = node.expressions[0]
    return text


def _array_length(node: exp.Anonymous) -> exp.Expr:
    return expanded("CAST(json_array_length(:a) AS BIGINT)", *node.expressions)


JSON_FUNCTIONS: dict[str, Rule] = {
    "json_array_length": _array_length,
    "json_extract": _extract,
    "json_extract_scalar": _extract_scalar,
    "json_format": _format,
    "json_parse": _parse,
}
