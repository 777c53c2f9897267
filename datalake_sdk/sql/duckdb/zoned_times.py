"""Arithmetic of timestamps with a time zone in DuckDB, where they are instants."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from datalake_sdk.sql.calls import call
from datalake_sdk.sql.intervals import interval_unit
from datalake_sdk.sql.times import zone_of

_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_SHORT_UNITS = ("millisecond", "second", "minute", "hour")
_LONG_INTERVALS = ("MONTH", "YEAR")


def local_time(time: exp.Expr) -> exp.Expr:
    """Returns the local time in the time's own zone."""
    zone = zone_of(time)
    return time if zone is None else call("timezone", duckdb_zone(zone), time.copy())


def shifted(node: exp.Anonymous, shift: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Translates `date_trunc(unit, time)` and `date_add(unit, n, time)` for the local time of the time's zone.

    Args:
        node: The call; its last argument is the time.
        shift: Returns DuckDB's call for a given time.
    """
    time, unit = node.expressions[-1], node.expressions[0].name.lower()
    zone = zone_of(time)
    if zone is None:
        return shift(time)
    if unit not in _SHORT_UNITS:
        return call("timezone", duckdb_zone(zone), shift(local_time(time)))
    if node.name.lower() == "date_add":
        return shift(time)
    # The local time occurs twice when daylight saving time ends: subtract the remainder from the instant instead.
    remainder = exp.Sub(this=local_time(time), expression=shift(local_time(time)))
    return exp.Paren(this=exp.Sub(this=time.copy(), expression=exp.Paren(this=remainder)))


def plus_interval(total: exp.Add | exp.Sub, time: exp.Expr, interval: exp.Expr) -> exp.Expr | None:
    """Returns the sum of a time and months or years in its zone; None if the zone makes no difference."""
    zone = zone_of(time)
    if zone is None or interval_unit(interval) not in _LONG_INTERVALS:
        return None
    local = type(total)(this=local_time(time), expression=interval.copy())
    return call("timezone", duckdb_zone(zone), local)


def difference_operands(unit: exp.Expr, start: exp.Expr, end: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """Returns the operands of `date_diff`: for days and longer units, as local times in the zone of the first one."""
    zone = zone_of(start)
    if zone is None or unit.name.lower() in _SHORT_UNITS:
        return start, end
    instant = exp.cast(end.copy(), exp.DType.TIMESTAMPTZ)
    return local_time(start), call("timezone", duckdb_zone(zone), instant)


def duckdb_zone(zone: exp.Expr) -> exp.Expr:
    """Returns DuckDB's name for a time zone."""
    if not isinstance(zone, exp.Literal):
        return call("sdk_zone", zone.copy())
    return exp.Literal.string(f"GMT{zone.name}" if _OFFSET.fullmatch(zone.name) else zone.name)
