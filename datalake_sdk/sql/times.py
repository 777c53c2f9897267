"""Time zones and precisions of Athena's timestamps, which neither DuckDB nor Spark stores with a value.

A timestamp with time zone is an instant in both targets. During translation its zone is kept in the `meta` of the
expression, and functions that read date or time fields receive the local time in that zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.column_sources import known

ZONE = "sdk_zone"
DIGITS = "sdk_digits"
MAX_DIGITS = 6
UNITS_OF_DAY = ("millisecond", "second", "minute", "hour")
"""Units that a date does not have."""
ZONE_SUFFIX = r"(?:\s*(?:Z|[+-]\d\d:\d\d)|\s(?:UTC|GMT|[A-Za-z]\w*/[\w/+-]+))"
_TIMESTAMP = (
    r"\s*[+-]?\d{4,6}-\d{1,2}-\d{1,2}(?: (?:[01]?\d|2[0-3]):\d{1,2}(?::\d{1,2}(?:\.\d+)?)?)?" + ZONE_SUFFIX + r"?\s*"
)
TIME_FORMATS = {
    "date": r"\s*[+-]?\d{1,6}-\d{1,2}-\d{1,2}\s*",
    "timestamp": _TIMESTAMP,
    "timestamp with time zone": _TIMESTAMP,
}
"""Strings that Athena casts to a type: regular expressions."""
HALF_MICROSECOND = r"\.\d{6}[5-9]"
"""Part of strings that Athena rounds up to microseconds; DuckDB and Spark truncate them."""
_TIME_NAMES = {
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamp with time zone",
}
_DEFAULT_DIGITS = 3
_MIXED = exp.Null()
"""Zone of a time whose zone differs from row to row."""
_LOCAL_TIME_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        """
        date date_format day day_of_month day_of_week day_of_year dow doy format_datetime hour last_day_of_month
        millisecond minute month quarter second to_iso8601 week week_of_year year year_of_week yow
        """,
    )
)
_LOCAL_TIME_TYPES = (exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP)
_INHERITING_FUNCTIONS = {
    **dict.fromkeys(
        ("arbitrary", "any_value", "coalesce", "first_value", "lag", "last_value", "lead", "max"), (0, None)
    ),
    **dict.fromkeys(("greatest", "if", "least", "min", "nth_value", "nullif", "try"), (0, None)),
    **dict.fromkeys(("max_by", "min_by"), (0, 1)),
    "date_add": (2, 3),
    "date_trunc": (1, 2),
}
"""Slice of the arguments from which the result inherits zone and precision, by function."""
_INTERVAL_DIGITS = 3


def with_zone(instant: exp.Expr, zone: exp.Expr, time: exp.Expr | None = None) -> exp.Expr:
    """Records the zone of an instant, and the precision of the time that it was derived from."""
    instant.meta[ZONE] = zone
    if time is not None and known(time, DIGITS) is not None:
        instant.meta[DIGITS] = known(time, DIGITS)
    return instant


def zone_of(time: exp.Expr) -> exp.Expr | None:
    """Returns an expression for the name of a time's zone; None for UTC and for times without a zone.

    Raises:
        SqlUnsupportedError: The zone is unknown here, because it differs from row to row.
    """
    zone: exp.Expr | None = known(time, ZONE)
    if isinstance(zone, exp.Null) or (
        isinstance(time.unnest(), exp.Column) and not isinstance(zone, exp.Literal | None)
    ):
        raise SqlUnsupportedError("a time whose zone differs from row to row", "Apply AT TIME ZONE to it here.")
    return zone


def localize(node: exp.Expr, local_time: Callable[[exp.Expr], exp.Expr]) -> None:
    """Replaces the operand of an expression that reads date or time fields by its local time.

    Args:
        node: Any expression.
        local_time: Returns the local time of a time in its zone.
    """
    if isinstance(node, exp.Extract):
        node.set("expression", local_time(node.expression))
    elif isinstance(node, exp.Cast) and node.to.this in _LOCAL_TIME_TYPES:
        node.set("this", local_time(node.this))
    elif isinstance(node, exp.Anonymous) and node.name.lower() in _LOCAL_TIME_FUNCTIONS and node.expressions:
        time, *others = node.expressions
        if node.name.lower() == "to_iso8601" and zone_of(time) is not None:
            raise SqlUnsupportedError("to_iso8601() of a time with a zone other than UTC")
        node.set("expressions", [local_time(time), *others])


def inherited_facts(node: exp.Expr) -> dict[str, Any]:
    """Returns the zone and the precision that an expression inherits from its operands."""
    operands = [operand for operand in _operands(node) if not isinstance(operand.unnest(), exp.Null)]
    facts = {ZONE: _common(operands, ZONE, _MIXED), DIGITS: _common(operands, DIGITS, None)}
    if isinstance(node, exp.Add | exp.Sub) and facts[DIGITS] is not None:
        facts[DIGITS] = max(facts[DIGITS], _INTERVAL_DIGITS)
    return {name: fact for name, fact in facts.items() if fact is not None}


def _operands(node: exp.Expr) -> Iterable[exp.Expr]:
    if isinstance(node, exp.Anonymous) and node.name.lower() in _INHERITING_FUNCTIONS:
        return node.expressions[slice(*_INHERITING_FUNCTIONS[node.name.lower()])]
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


def _common(operands: list[exp.Expr], fact: str, mixed: Any) -> Any:
    facts = [known(operand, fact) for operand in operands]
    return mixed if any(other != facts[0] for other in facts) else next(iter(facts), None)


def time_name(node: exp.Cast) -> str | None:
    """Returns the key in `TIME_FORMATS` for a cast; None if its operand needs no check."""
    name = _TIME_NAMES.get(node.to.this)
    is_checked = isinstance(node.this, exp.Literal) and name
    return None if is_checked and re.fullmatch(TIME_FORMATS[name or ""], node.this.name, re.ASCII) else name


def cast_digits(node: exp.Cast) -> int:
    """Returns the number of fractional digits of a cast to a time; the default is milliseconds.

    Raises:
        SqlUnsupportedError: The type or the literal has more than microseconds.
    """
    parameters = node.to.expressions
    digits = int(parameters[0].name) if parameters else _DEFAULT_DIGITS
    if max(digits, literal_digits(node.this)) > MAX_DIGITS:
        raise SqlUnsupportedError(f"a time with a precision above {MAX_DIGITS}", "Write at most microseconds.")
    return digits


def literal_digits(source: exp.Expr) -> int:
    """Returns the number of fractional digits of a literal; 0 for other expressions."""
    fraction = re.search(r"\.(\d+)", source.name) if isinstance(source, exp.Literal) else None
    return len(fraction[1]) if fraction else 0


def needs_rounding(source: exp.Expr, digits: int) -> bool:
    """Whether a time may have more fractional digits than the type of a cast."""
    return digits < MAX_DIGITS and not (isinstance(source, exp.Literal) and literal_digits(source) <= digits)


def literal_zone(text: str) -> exp.Expr | None:
    """Returns the zone at the end of a timestamp literal; None for UTC and for a literal without a zone."""
    match = re.search(r"\d\s*(Z|[+-]\d\d:\d\d|\s[A-Za-z][\w/+-]*)$", text)
    name = match[1].strip() if match else "UTC"
    return None if name.upper() in ("UTC", "Z") else exp.Literal.string(name)
