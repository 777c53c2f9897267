"""Placeholders of a statement: `{name}` for a value, `{name:identifier}` for a name, `{{` for a brace.

Outside of quotes, a value becomes a literal of its type; within quotes, it becomes part of the quoted string. A value
cannot change the other tokens of a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from math import isfinite
from numbers import Integral, Real

from datalake_sdk.errors import ReservedParameterError, SqlParameterError, SqlPlaceholderError
from datalake_sdk.sql_quotes import literal

DATABASE_PREFIX = "database_prefix"
LOGICAL_DATE = "logical_date"
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\r\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<unclosed>(?:['"]|/\*).*)
    |(?P<prefix>\{database_prefix\})?\{(?P<name>\w+):(?P<kind>\w+)\}
    |\{(?P<value>\w+)\}
    |(?P<brace>\{\{(?!\#)|\}\})
    |(?P<stray>[{}])
    """,
    re.DOTALL | re.VERBOSE,
)
_QUOTED = re.compile(r"\{(?P<value>\w+)\}|(?P<brace>\{\{|\}\})|(?P<stray>[{}])")
_DECIMAL = r"(?!(?:-?\.?[0-9]){39})-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
"""At most 38 digits: https://docs.aws.amazon.com/athena/latest/ug/data-types.html"""
_DOUBLE = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][+-]?[0-9]+"
_NUMBER = re.compile(f"{_DECIMAL}|{_DOUBLE}")
_WORD = re.compile(r"true|false|null", re.IGNORECASE)
_LARGEST_BIGINT = 2**63 - 1
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_TOUCHES_A_VALUE = re.compile(r"[\w\"'.$@&{}]")
_TOUCHES_A_NAME = re.compile(r"[\w\"'$@{}]")


@dataclass(frozen=True)
class Parameter:
    """A value in SQL.

    Args:
        literal: Replaces a placeholder outside of quotes.
        text: Replaces a placeholder within quotes; None if the value cannot be used there.
    """

    literal: str
    text: str | None

    @classmethod
    def of_value(cls, name: str, value: object) -> Parameter:
        """Converts a Python value.

        Raises:
            SqlParameterError: SQL has no literal for the value.
        """
        if value is None:
            return cls("NULL", None)
        if _is_numpy_boolean(value):
            value = bool(value)
        for kind, write in _LITERALS:
            if isinstance(value, kind):
                return write(value)
        raise SqlParameterError(
            name, f"is of type {type(value).__name__}", "Pass a string, number, boolean, date or timestamp."
        )

    @classmethod
    def of_text(cls, text: str) -> Parameter:
        """Converts a task's parameter to a number, `true`, `false` or `null` if it is one, else to a string."""
        if _NUMBER.fullmatch(text):
            return cls(_number(text), text)
        return cls(text.upper(), text) if _WORD.fullmatch(text) else _string(text)


def _is_numpy_boolean(value: object) -> bool:
    """Whether a value is a boolean of numpy, which is not a subclass of `bool`."""
    return str(getattr(value, "dtype", "")) == "bool" and getattr(value, "shape", None) == ()


def _string(text: str) -> Parameter:
    return Parameter(literal(text), text)


def _number(text: str) -> str:
    """Writes integers beyond bigint as decimals: an integer literal cannot exceed the range of bigint."""
    # https://trino.io/docs/current/language/types.html#bigint
    digits = text.removeprefix("-")
    is_bigint = not digits.isdecimal() or int(digits) <= _LARGEST_BIGINT
    return _signed(text) if is_bigint else f"DECIMAL '{text}'"


def _signed(number: str) -> str:
    """Adds parentheses to a negative number: two minus signs would start a comment."""
    return f"({number})" if number.startswith("-") else number


def _integer(value: Integral) -> Parameter:
    text = repr(int(value))
    return Parameter(_number(text), text)


def _float(value: Real | float) -> Parameter:
    # Subclasses of float, such as those of numpy, have a different representation.
    number = repr(float(value))
    if not isfinite(value):
        return Parameter(f"CAST('{number}' AS DOUBLE)", number)
    return Parameter(_signed(number if "e" in number else f"{number}E0"), number)


def _decimal(value: Decimal) -> Parameter:
    return Parameter(f"DECIMAL '{value:f}'", f"{value:f}") if value.is_finite() else _float(float(value))


def _time(value: datetime) -> Parameter:
    zone = "" if value.tzinfo is None else " UTC"
    text = (value.astimezone(UTC) if zone else value).replace(tzinfo=None).isoformat(" ", "microseconds") + zone
    return Parameter(f"TIMESTAMP '{text}'", text)


_LITERALS: tuple[tuple[type, Callable[..., Parameter]], ...] = (
    (Parameter, lambda value: value),
    (str, _string),
    (bool, lambda value: Parameter(str(value).upper(), str(value).lower())),
    (Integral, _integer),
    (Real, _float),
    (Decimal, _decimal),
    (datetime, _time),
    (date, lambda value: Parameter(f"DATE '{value.isoformat()}'", value.isoformat())),
)
"""The first type that matches is used: True is also an integer, and a datetime is also a date. numpy registers its
numbers as `Integral` and `Real`: https://numpy.org/doc/stable/reference/arrays.scalars.html"""


def task_parameters(logical_date: str, parameters: Mapping[str, str]) -> dict[str, object]:
    """Returns the placeholders of a SQL task: the logical date and the task's parameters by name.

    Raises:
        ReservedParameterError: A parameter has the name of a built-in placeholder.
    """
    own = {name: Parameter.of_text(text) for name, text in parameters.items()}
    return with_logical_date(logical_date, own)


def with_logical_date(logical_date: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Adds the logical date to parameters.

    Raises:
        ReservedParameterError: A parameter has the name of a built-in placeholder.
    """
    for reserved in (DATABASE_PREFIX, LOGICAL_DATE):
        if reserved in parameters:
            raise ReservedParameterError(reserved)
    return {LOGICAL_DATE: logical_date, **parameters}


def statement_text(statement: str, database_prefix: str, parameters: Mapping[str, object] | None) -> str:
    """Replaces the placeholders of a statement with values; comments are left unchanged.

    Args:
        statement: SQL.
        database_prefix: Value of `{database_prefix}`.
        parameters: Values by name; with None only `{database_prefix}` is replaced, and other braces are left unchanged.

    Raises:
        SqlPlaceholderError: A placeholder is unknown or misplaced, or a brace is not escaped.
        SqlParameterError: A value cannot be written at the position of its placeholder.
    """
    if parameters is None:
        return statement.replace(f"{{{DATABASE_PREFIX}}}", database_prefix)
    return _Statement(
        statement, database_prefix, {name: Parameter.of_value(name, value) for name, value in parameters.items()}
    ).text()


@dataclass(frozen=True)
class _Statement:
    given: str
    database_prefix: str
    parameters: Mapping[str, Parameter]

    def text(self) -> str:
        return _TOKEN.sub(self._replaced, self.given)

    def _replaced(self, token: re.Match[str]) -> str:
        if token["comment"]:
            return self._comment(token)
        if token["unclosed"]:
            # The parser rejects the statement; until then, a value must not close the quote or comment.
            return token[0]
        if token["text"]:
            return self._within(token, "'")
        if token["quoted"]:
            return self._within(token, '"')
        if token["name"]:
            return self._identifier(token)
        if token["value"] == DATABASE_PREFIX:
            return self.database_prefix
        if token["value"]:
            return self._literal(token)
        return self._brace(token, token.start())

    def _comment(self, token: re.Match[str]) -> str:
        # Other parsers allow nested comments, but Trino does not: a value might end a comment there.
        if "/*" in token[0].removeprefix("/*"):
            raise self._error(
                token.start(), "nested comment", "Comments do not nest in Athena SQL: remove one of them."
            )
        return token[0]

    def _within(self, token: re.Match[str], quote: str) -> str:
        def replaced(part: re.Match[str]) -> str:
            if not part["value"]:
                return self._brace(part, token.start() + part.start())
            if part["value"] == DATABASE_PREFIX:
                return self.database_prefix
            self._check_not_unicode(token, part)
            text = self._parameter(part["value"], token.start() + part.start()).text
            if text is None:
                raise SqlParameterError(
                    part["value"],
                    "is None, which cannot be written within quotes",
                    "Write {" + part["value"] + "} without quotes.",
                )
            return text.replace(quote, quote * 2)

        return _QUOTED.sub(replaced, token[0])

    def _check_not_unicode(self, token: re.Match[str], part: re.Match[str]) -> None:
        if self.given[: token.start()].upper().endswith("U&"):
            reason = "a placeholder within U&'…', where a backslash in its value would be an escape"
            raise self._error(
                token.start() + part.start(), reason, "Move it to a string without U&, and concatenate the two with ||."
            )

    def _literal(self, token: re.Match[str]) -> str:
        self._check_apart(token, _TOUCHES_A_VALUE)
        return self._parameter(token["value"], token.start()).literal

    def _identifier(self, token: re.Match[str]) -> str:
        name = token["name"]
        if token["kind"] != "identifier":
            hint = f"Write {{{name}}} or {{{name}:identifier}}."
            raise self._error(token.start(), f"unknown placeholder {{{name}:{token['kind']}}}", hint)
        self._check_apart(token, _TOUCHES_A_NAME)
        text = self._parameter(name, token.start()).text
        if text is None or not _IDENTIFIER.fullmatch(text):
            raise SqlParameterError(
                name,
                f"is {text!r}; it must be an identifier",
                "Use letters, digits and '_', beginning with a letter or '_'.",
            )
        return f'"{self.database_prefix if token["prefix"] else ""}{text}"'

    def _parameter(self, name: str, position: int) -> Parameter:
        if name in self.parameters:
            return self.parameters[name]
        known = [*self.parameters, DATABASE_PREFIX]
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        suggestion = f"; did you mean {{{near[0]}}}?" if near else ""
        hint = f"Available: {', '.join(f'{{{each}}}' for each in known)}. Write {{{{ and }}}} for literal braces."
        raise self._error(position, f"unknown parameter '{name}'{suggestion}", hint)

    def _check_apart(self, token: re.Match[str], touching: re.Pattern[str]) -> None:
        before, after = self.given[: token.start()][-1:], self.given[token.end() :][:1]
        if touching.fullmatch(before) or touching.fullmatch(after):
            name = token["value"] or token["name"]
            hint = f"Move it into the quotes of a string or name, or write {{{name}:identifier}} for a whole name."
            raise self._error(
                token.start(),
                f"{{{name}}} must be separated from adjacent text, because it becomes a separate literal",
                hint,
            )

    def _brace(self, token: re.Match[str], position: int) -> str:
        if token["stray"]:
            raise self._error(position, f"unescaped '{token['stray']}'", "Write {{ and }} for literal braces.")
        return token["brace"][0]

    def _error(self, position: int, reason: str, hint: str) -> SqlPlaceholderError:
        before = self.given[:position]
        return SqlPlaceholderError(reason, before.count("\n") + 1, position - before.rfind("\n"), hint)
