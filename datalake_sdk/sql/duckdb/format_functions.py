"""Functions with Java format strings: `format`, `format_datetime` and `parse_datetime`."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call, literal_argument
from datalake_sdk.sql.duckdb.java_numbers import java_double
from datalake_sdk.sql.duckdb.python_types import InvalidArgumentError, PythonFunction
from datalake_sdk.sql.function_calls import Rule
from datalake_sdk.sql.times import DIGITS

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
_SUPPORTED = "sdfxX"
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_PLAIN_TEXTS = ("VARCHAR", "BOOLEAN", "DATE", "UUID", "NULL", *_INTEGERS, "DECIMAL")
_DEFAULT_PRECISION = 6
_DATE_PARTS = {
    **dict.fromkeys(("y", "yyy", "yyyy", "Y", "YYYY"), "%Y"),
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "EEEE": "%A",
    **dict.fromkeys(("E", "EE", "EEE"), "%a"),
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "a": "%p",
    "DDD": "%j",
}
"""DuckDB's specifiers for Joda-Time patterns: https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html."""
_PART = re.compile(r"(?P<letters>([a-zA-Z])\2*)|'(?P<quoted>(?:[^']|'')*)'|(?P<other>[^a-zA-Z']+)")


def _format(node: exp.Anonymous) -> exp.Expr:
    pattern, values = literal_argument(node, node.expressions[0], "format"), node.expressions[1:]
    parts: list[exp.Expr] = [exp.Literal.string("")]
    position, following = 0, 0
    for specifier in _SPECIFIER.finditer(pattern):
        parts.append(_literal(pattern[position : specifier.start()]))
        position = specifier.end()
        if specifier[5] == "%":
            parts.append(exp.Literal.string("%"))
            continue
        index = int(specifier[1]) - 1 if specifier[1] else following
        following += not specifier[1]
        parts.append(_formatted(specifier, values, index))
    parts.append(_literal(pattern[position:]))
    return call("concat", *parts)


def _literal(text: str) -> exp.Expr:
    if "%" in text:
        raise SqlUnsupportedError(f"format() with '{text}'", "Write a percent sign as %%.")
    return exp.Literal.string(text)


def _formatted(specifier: re.Match[str], values: list[exp.Expr], index: int) -> exp.Expr:
    if specifier[5] not in _SUPPORTED or set(specifier[2]) - set("-0,+"):
        raise SqlUnsupportedError(f"format() with '{specifier[0]}'", "Supported specifiers: %s, %d, %f, %x and %%.")
    if index >= len(values):
        raise SqlUnsupportedError(
            f"format() with '{specifier[0]}' and {len(values)} values", "Pass one value per specifier."
        )
    return call("sdk_formatted", exp.Literal.string(specifier[0]), values[index].copy())


def _java_format(specifier: str, kind: str, text: str) -> str:
    """Formats one value with one specifier of `java.util.Formatter`."""
    match = _SPECIFIER.fullmatch(specifier)
    if match is None:
        raise InvalidArgumentError(f"Invalid format string: {specifier}")
    flags, width, precision, conversion = match[2], int(match[3] or 0), match[4], match[5]
    kind = kind.partition("(")[0]
    body = "null" if kind == "NULL" else _CONVERSIONS[conversion](kind, text, flags, precision)
    if "-" in flags:
        return body.ljust(width)
    if "0" in flags and kind != "NULL":
        sign, digits = re.fullmatch(r"([+-]?)(.*)", body, re.DOTALL).groups()  # type: ignore[union-attr]
        return sign + digits.rjust(width - len(sign), "0")
    return body.rjust(width)


def _as_text(kind: str, text: str, flags: str, precision: str | None) -> str:
    if kind in ("FLOAT", "DOUBLE"):
        text = java_double(float(text))
    elif kind not in _PLAIN_TEXTS:
        raise InvalidArgumentError(f"format() of {kind.lower()} with %s is not supported: CAST it to varchar")
    return text if precision is None else text[: int(precision)]


def _as_integer(kind: str, text: str, flags: str, precision: str | None) -> str:
    if kind not in _INTEGERS:
        raise InvalidArgumentError("Invalid format string: %d takes an integer")
    return _signed(f"{int(text):,}" if "," in flags else str(int(text)), flags)


def _as_fraction(kind: str, text: str, flags: str, precision: str | None) -> str:
    if kind not in _FRACTIONS:
        raise InvalidArgumentError("Invalid format string: %f takes a decimal, real or double")
    if not re.search(r"\d", text):
        raise InvalidArgumentError("format() of NaN and Infinity with %f is not supported")
    digits = _DEFAULT_PRECISION if precision is None else int(precision)
    given = Decimal(text)
    all_digits = Context(prec=max(given.adjusted(), 0) + digits + 2)
    number = given.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, all_digits)
    return _signed(f"{number:,f}" if "," in flags else f"{number:f}", flags)


def _as_hexadecimal(kind: str, text: str, flags: str, precision: str | None) -> str:
    if kind not in _INTEGERS:
        raise InvalidArgumentError("Invalid format string: %x takes an integer")
    return f"{int(text) % 2**64:x}"


def _signed(text: str, flags: str) -> str:
    return f"+{text}" if "+" in flags and not text.startswith("-") else text


_CONVERSIONS: dict[str, Callable[[str, str, str, str | None], str]] = {
    "d": _as_integer,
    "f": _as_fraction,
    "s": _as_text,
    "x": _as_hexadecimal,
    "X": lambda *arguments: _as_hexadecimal(*arguments).upper(),
}


def _format_datetime(node: exp.Anonymous) -> exp.Expr:
    time, codes = _time_and_codes(node)
    return call("strftime", time, codes)


def _parse_datetime(node: exp.Anonymous) -> exp.Expr:
    text, codes = _time_and_codes(node)
    moment = exp.cast(call("strptime", text, codes), exp.DType.TIMESTAMPTZ)
    moment.meta[DIGITS] = 3
    return moment


def _time_and_codes(node: exp.Anonymous) -> tuple[exp.Expr, exp.Expr]:
    name = node.name.lower()
    pattern = literal_argument(node, node.expressions[1], "format")
    parts = [_date_part(name, part) for part in _PART.finditer(pattern)]
    return node.expressions[0], exp.Literal.string("".join(parts))


def _date_part(name: str, part: re.Match[str]) -> str:
    if part["letters"]:
        if part["letters"] not in _DATE_PARTS:
            raise SqlUnsupportedError(
                f"{name}() with '{part['letters']}'", f"Supported patterns: {', '.join(_DATE_PARTS)}."
            )
        return _DATE_PARTS[part["letters"]]
    quoted = part["quoted"]
    text = part["other"] if quoted is None else quoted.replace("''", "'") or "'"
    return text.replace("%", "%%")


FORMAT_FUNCTIONS: dict[str, Rule] = {
    "format": _format,
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
}
INTERNAL_FORMAT_FUNCTIONS = {
    "java_format": PythonFunction(_java_format, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
}
"""Functions that only macros call, by name."""
