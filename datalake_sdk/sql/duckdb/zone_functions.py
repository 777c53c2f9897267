"""Athena's functions of the offset of a time's zone."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.times import on_clock


def _offset(node: exp.Anonymous) -> exp.Expr:
    if len(node.expressions) != 1:
        raise SqlUnsupportedError(f"{node.name.lower()}() with {len(node.expressions)} arguments")
    (time,) = node.expressions
    return call(f"sdk_{node.name.lower()}", on_clock(time), time.copy())


ZONE_FUNCTIONS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "timezone_hour": _offset,
    "timezone_minute": _offset,
}
