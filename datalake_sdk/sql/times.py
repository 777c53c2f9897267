"""The zone and the precision of Athena's times, which DuckDB's do not have.

A timestamp with time zone is a moment in DuckDB. While a query is translated its zone stands beside it, in the `meta`
of the expression, and what reads a clock gets the local time of that zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.intervals import interval_unit

ZONE = "sdk_zone"
DIGITS = "sdk_digits"
MAX_DIGITS = 6
_MIXED = exp.Null()
"""The zone of a time that has one zone in some rows and another in others."""
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_CLOCK_READERS = frozenset(
    re.findall(
        r"\w+",
        """
        date date_format day day_of_month day_of_week day_of_year dow doy format_datetime hour last_day_of_month
        millisecond minute month quarter second to_iso8601 week week_of_year year year_of_week yow
        """,
    )
)
_CLOCK_TYPES = (exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP)
_CARRIERS = {
    **dict.fromkeys(
        ("arbitrary", "any_value", "coalesce", "first_value", "lag", "last_value", "lead", "max"), (0, None)
    ),
    **dict.fromkeys(("greatest", "if", "least", "min", "nth_value", "nullif", "try"), (0, None)),
    **dict.fromkeys(("max_by", "min_by"), (0, 1)),
    "date_add": (2, 3),
    "date_trunc": (1, 2),
}
"""Functions whose result is one of their arguments or made of it: which arguments."""
_SHORT_UNITS = ("millisecond", "second", "minute", "hour")
_INTERVAL_DIGITS = 3
_LONG_INTERVALS = ("MONTH", "YEAR")


def with_zone(moment: exp.Expr, zone: exp.Expr, time: exp.Expr | None = None) -> exp.Expr:
    """Notes the zone of a moment, and the precision of the time that it was made of."""
    moment.meta[ZONE] = zone
    if time is not None and known(time, DIGITS) is not None:
        moment.meta[DIGITS] = known(time, DIGITS)
    return moment


def zone_of(time: exp.Expr) -> exp.Expr | None:
    """An expression for the name of a time's zone; None for UTC and for times without zone.

    Raises:
        SqlUnsupportedError: The zone cannot be told here.
    """
    zone: exp.Expr | None = known(time, ZONE)
    if isinstance(zone, exp.Null) or (
        isinstance(time.unnest(), exp.Column) and not isinstance(zone, exp.Literal | None)
    ):
        raise SqlUnsupportedError("a time whose zone differs by row in this place", "Write AT TIME ZONE right here.")
    return zone


def on_clock(time: exp.Expr) -> exp.Expr:
    """The local time that a clock in the time's zone shows."""
    zone = zone_of(time)
    return time if zone is None else call("timezone", duckdb_zone(zone), time.copy())


def localize(node: exp.Expr, on_clock: Callable[[exp.Expr], exp.Expr] = on_clock) -> None:
    """Gives what reads a clock the local time in place of the moment.

    Args:
        node: An expression that may read a clock.
        on_clock: Makes the local time of a time.
    """
    if isinstance(node, exp.Extract):
        node.set("expression", on_clock(node.expression))
    elif isinstance(node, exp.Cast) and node.to.this in _CLOCK_TYPES:
        node.set("this", on_clock(node.this))
    elif isinstance(node, exp.Anonymous) and node.name.lower() in _CLOCK_READERS and node.expressions:
        time, *others = node.expressions
        if node.name.lower() == "to_iso8601" and zone_of(time) is not None:
            raise SqlUnsupportedError("to_iso8601() of a time with a zone other than UTC")
        node.set("expressions", [on_clock(time), *others])


def carried(node: exp.Expr) -> dict[str, Any]:
    """Zone and precision that an expression has of its operands."""
    operands = [operand for operand in _operands(node) if not isinstance(operand.unnest(), exp.Null)]
    facts = {ZONE: _one(operands, ZONE, _MIXED), DIGITS: _one(operands, DIGITS, None)}
    if isinstance(node, exp.Add | exp.Sub) and facts[DIGITS] is not None:
        facts[DIGITS] = max(facts[DIGITS], _INTERVAL_DIGITS)
    return {name: fact for name, fact in facts.items() if fact is not None}


def _operands(node: exp.Expr) -> Iterable[exp.Expr]:
    if isinstance(node, exp.Anonymous) and node.name.lower() in _CARRIERS:
        return node.expressions[slice(*_CARRIERS[node.name.lower()])]
    if isinstance(node, exp.Window | exp.Filter | exp.IgnoreNulls):
        return [node.this]
    if isinstance(node, exp.Add | exp.Sub):
        return [operand for operand in (node.this, node.expression) if not operand.find(exp.Interval)][:1]
    if isinstance(node, exp.Case):
        return [*(branch.args["true"] for branch in node.args["ifs"]), *filter(None, [node.args.get("default")])]
    if isinstance(node, exp.If):
        return filter(None, [node.args["true"], node.args.get("false")])
    if isinstance(node, exp.Cast) and node.to.this is exp.DType.TIMESTAMPTZ:
        return [] if isinstance(node.this, exp.Literal) else [node.this]
    return []


def _one(operands: list[exp.Expr], fact: str, mixed: Any) -> Any:
    facts = [known(operand, fact) for operand in operands]
    return mixed if any(other != facts[0] for other in facts) else next(iter(facts), None)


def shifted(node: exp.Anonymous, shift: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """`date_trunc(unit, time)` and `date_add(unit, n, time)` on the clock of the time's zone.

    Args:
        node: The call; its last argument is the time.
        shift: Makes the call of DuckDB's with another time.
    """
    time, unit = node.expressions[-1], node.expressions[0].name.lower()
    zone = zone_of(time)
    if zone is None:
        return shift(time)
    if unit not in _SHORT_UNITS:
        return call("timezone", duckdb_zone(zone), shift(on_clock(time)))
    if node.name.lower() == "date_add":
        return shift(time)
    # A moment minus what is cut off of its clock: clocks that are put back show an hour twice.
    cut = exp.Sub(this=on_clock(time), expression=shift(on_clock(time)))
    return exp.Paren(this=exp.Sub(this=time.copy(), expression=exp.Paren(this=cut)))


def plus_interval(total: exp.Add | exp.Sub, time: exp.Expr, interval: exp.Expr) -> exp.Expr | None:
    """A sum of a time and months or years on the clock of its zone; None if the moment gives the same."""
    zone = zone_of(time)
    if zone is None or interval_unit(interval) not in _LONG_INTERVALS:
        return None
    local = type(total)(this=on_clock(time), expression=interval.copy())
    return call("timezone", duckdb_zone(zone), local)


def difference_operands(unit: exp.Expr, start: exp.Expr, end: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """Operands of `date_diff`: both on the clock of the first one's zone, where the unit is a day or longer."""
    zone = zone_of(start)
    if zone is None or unit.name.lower() in _SHORT_UNITS:
        return start, end
    moment = exp.cast(end.copy(), exp.DType.TIMESTAMPTZ)
    return on_clock(start), call("timezone", duckdb_zone(zone), moment)


def literal_zone(text: str) -> exp.Expr | None:
    """The zone at the end of the text of a timestamp."""
    match = re.search(r"\d\s*(Z|[+-]\d\d:\d\d|\s[A-Za-z][\w/+-]*)$", text)
    name = match[1].strip() if match else "UTC"
    return None if name.upper() in ("UTC", "Z") else exp.Literal.string(name)


def duckdb_zone(zone: exp.Expr) -> exp.Expr:
    """The name of a zone as DuckDB knows it."""
    if not isinstance(zone, exp.Literal):
        return call("sdk_zone", zone.copy())
    return exp.Literal.string(f"GMT{zone.name}" if _OFFSET.fullmatch(zone.name) else zone.name)
