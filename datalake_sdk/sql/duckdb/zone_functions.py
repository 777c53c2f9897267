"""Functions on the offset of a time zone."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.sql.calls import call
from datalake_sdk.sql.duckdb.zoned_times import local_time
from datalake_sdk.sql.function_calls import Rule


def _offset(node: exp.Anonymous) -> exp.Expr:
    (time,) = node.expressions
    return call(f"sdk_{node.name.lower()}", local_time(time), time.copy())


ZONE_FUNCTIONS: dict[str, Rule] = {
    "timezone_hour": _offset,
    "timezone_minute": _offset,
}
