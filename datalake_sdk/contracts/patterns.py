r"""Regular expressions that mean the same to every engine.

The SDK matches with RE2, Athena and Spark with Java's syntax. What only one of them has, or what they read differently,
is rejected. A pattern may match anywhere in the value; `^` and `$` anchor it.
https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re

_NOT_PORTABLE = {
    r"\(\?<?[=!]": "lookahead and lookbehind",
    r"\(\?P?<": "named groups",
    r"\(\?>": "atomic groups",
    r"\(\?P=": "references to groups",
    r"\\[1-9]": "references to groups",
    r"\\k": "references to groups",
    r"\\[GZXRhHvVNeQE]": "this escape",
    r"[*+?}]\+": "possessive quantifiers",
    r"&&": "intersections of character classes",
    r"\[\[?:\w+:\]": "POSIX character classes",
}
"""Syntax that RE2 or Java lacks, or reads differently."""
_MAX_REPETITION = 1000
"""RE2's limit: https://github.com/google/re2/wiki/Syntax"""
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
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        return f"which is not a regular expression: {error}"
    plain = re.sub(r"\\\\", "", pattern)
    found = next((match[0] for syntax in _NOT_PORTABLE if (match := re.search(syntax, plain))), None)
    if found is not None:
        feature = next(name for syntax, name in _NOT_PORTABLE.items() if re.search(syntax, plain))
        return f"where '{found}' is not portable: engines disagree on {feature}"
    if any(int(count) > _MAX_REPETITION for count in re.findall(r"\{(?:\d*,)?(\d+)\}", plain)):
        return f"which repeats more than {_MAX_REPETITION} times"
    return None
