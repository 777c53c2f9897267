r"""Regular expressions with the same meaning in every engine: the syntax that RE2 and Java share.

The native engine matches with RE2, Spark and Athena with Java's syntax. A pattern may match anywhere in a value; `^`
and `$` anchor it. `.` matches every character but `\n`, and `\d`, `\w` and `\s` match ASCII characters only.
https://github.com/google/re2/wiki/Syntax
https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_ESCAPE = r"\\(?:[dDwWsStnrf]|x[0-9A-Fa-f]{2}|[^A-Za-z0-9\x80-\U0010FFFF])"
_TOKEN = (
    rf"(?P<escape>{_ESCAPE})"
    rf"|(?P<set>\[\^?+(?:{_ESCAPE}|(?!&&|--|~~|\|\|)[^\\\[\]])+\])"
    r"|(?P<repetition>(?:[*+?]|\{\d+(?:,\d*)?\})\??)"
    r"|(?P<group>\((?:\?:)?(?!\?))"
    r"|(?P<other>[^\\\[({*+?])"
)
_JAVA = {r"\s": r"[\t\n\f\r ]", r"\S": r"[^\t\n\f\r ]", ".": r"[^\n]", "$": r"\z"}
_JAVA_IN_SETS = {r"\s": r"\t\n\f\r ", r"\S": r"\x00-\x08\x0B\x0E-\x1F\x21-\x{10FFFF}"}
r"""Java's `\s` includes the vertical tab, its `.` excludes all line terminators and `$` may precede the last one."""
FORMATS = {
    "email": r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$",
    "hostname": r"^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$",
    "ipv4": r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[^ \t\r\n]+$",
    "uuid": r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
}
"""Patterns of the values of `format` that are checked."""


def pattern_problem(pattern: str) -> str | None:
    """Describes why a pattern is invalid or means different things to different engines; None if it is valid."""
    position = _first_unshared(pattern)
    if position is not None:
        return f"where engines disagree on '{pattern[position : position + 4]}' at position {position + 1}"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"which is not a regular expression: {error}"
    return _re2_problem(pattern)


def java_pattern(pattern: str) -> str:
    """Returns a valid pattern as Java must read it to match what RE2 matches."""
    return "".join(_in_java(kind, text) for kind, text, _ in _tokens(pattern))


def _in_java(kind: str, text: str) -> str:
    if kind == "set":
        return re.sub(_ESCAPE, lambda match: _JAVA_IN_SETS.get(match[0], match[0]), text)
    return _JAVA.get(text, text)


def _tokens(pattern: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while match := _compiled_token().match(pattern, position):
        yield str(match.lastgroup), match[0], position
        position = match.end()


@cache
def _compiled_token() -> re.Pattern[str]:
    """Compiled on first use: most writes have no pattern, and compiling takes several milliseconds."""
    return re.compile(_TOKEN, re.DOTALL)


def _first_unshared(pattern: str) -> int | None:
    """Position of the first part outside the common syntax."""
    before, end = "", 0
    for kind, text, position in _tokens(pattern):
        if kind == before == "repetition":
            return position
        before, end = kind, position + len(text)
    return end if end < len(pattern) else None


def _re2_problem(pattern: str) -> str | None:
    """RE2 limits the number of repetitions and the size of a pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        return f"which is not a regular expression of RE2: {reason}"
    return None
