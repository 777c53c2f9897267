"""Translates `json_object` and `json_array`, which return JSON as varchar."""

from __future__ import annotations

import struct

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call

_MAX_MEMBERS = 12
"""A HashMap with more members is resized to more buckets."""
_IS_JSON = "sdk_is_json"


def json_object(node: exp.JSONObject) -> exp.Expr:
    """Translates `json_object('key' : value, …)` with NULL ON NULL or ABSENT ON NULL.

    Raises:
        SqlUnsupportedError: The call has WITH UNIQUE KEYS or RETURNING, or the order of its keys cannot be determined.
    """
    if node.args.get("unique_keys") or node.args.get("return_type") or node.args.get("encoding"):
        raise SqlUnsupportedError("json_object() with UNIQUE KEYS or RETURNING", "Remove the clause.")
    pairs = node.expressions if len(node.expressions) < 2 else _in_athenas_order(node.expressions)
    is_absent = "ABSENT" in str(node.args.get("null_handling") or "").upper()
    return _marked_as_json(_enclosed("{", [_member(pair, is_absent) for pair in pairs], "}"))


def _in_athenas_order(pairs: list[exp.Expr]) -> list[exp.Expr]:
    """Sorts members by bucket: Trino collects them in a Java `HashMap` with 16 buckets."""
    keys = [pair.this.name if isinstance(pair, exp.JSONKeyValue) and pair.this.is_string else None for pair in pairs]
    if None in keys or len(set(keys)) < len(keys) or len(keys) > _MAX_MEMBERS:
        raise SqlUnsupportedError(
            "json_object() with repeated keys, more than 12 keys, or keys that are not literals",
            "Write the keys as distinct literals.",
        )
    return sorted(pairs, key=lambda pair: _bucket(pair.this.name))


def _bucket(key: str) -> int:
    code = 0
    for unit in struct.unpack(f">{len(key.encode('utf-16-be')) // 2}H", key.encode("utf-16-be")):
        code = (31 * code + unit) % 2**32
    return (code ^ code >> 16) % 16


def json_array(node: exp.Anonymous) -> exp.Expr:
    """Translates `json_array(value, …)`, which omits nulls."""
    return _marked_as_json(_enclosed("[", [_item(value) for value in node.expressions], "]"))


def _member(pair: exp.Expr, is_absent: bool) -> exp.Expr:
    if not isinstance(pair, exp.JSONKeyValue):
        raise SqlUnsupportedError("json_object() without keys", "Write it as json_object('key' : value).")
    item = _item(pair.expression)
    value = item if is_absent else call("coalesce", item, exp.Literal.string("null"))
    return exp.DPipe(this=call("sdk_json_key", pair.this.copy()), expression=value)


def _item(value: exp.Expr) -> exp.Expr:
    return value.copy() if value.meta.get(_IS_JSON) else call("sdk_json_item", value.copy())


def _enclosed(opening: str, items: list[exp.Expr], closing: str) -> exp.Expr:
    joined = call("concat_ws", exp.Literal.string(","), *items) if items else exp.Literal.string("")
    return call("concat", exp.Literal.string(opening), joined, exp.Literal.string(closing))


def _marked_as_json(json: exp.Expr) -> exp.Expr:
    json.meta[_IS_JSON] = True
    return json
