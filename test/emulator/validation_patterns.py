"""Patterns of service models, which have the syntax of Java, as compiled expressions of the `regex` library."""

from __future__ import annotations

from functools import cache
from typing import Any

import regex


@cache
def compiled(pattern: str) -> Any:
    r"""Returns a compiled pattern; match whole values with its `fullmatch`.

    Java matches `\w`, `\d`, `\s` and POSIX classes such as `\p{Alnum}` against ASCII only, but Unicode categories such
    as `\p{L}` against all characters: https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html

    Raises:
        regex.error: The pattern has a construct that `regex` does not support; see `UNSUPPORTED`.
    """
    flags = regex.V1 if "&&" in pattern else regex.V0
    if not _UNICODE_CATEGORY.search(pattern):
        flags |= regex.ASCII
    translated = _HEXADECIMAL.sub(_character, _SURROGATES.sub(_combined, pattern))
    return regex.compile(translated.replace(r"\p{Punct}", r"\p{posix_punct}"), flags)


UNSUPPORTED = {
    r"[\p{all}]*": "dlm",
    r"^(\p{LD}|\p{Punct}| )+$": "ds",
    "^arn:\\S+:rbin:[a-z\\-0-9]{0,63}:[0-9]{12}:rule/[0-9a-zA-Z]{11}{0,1011}$": "rbin",
}
"""Patterns that cannot be compiled, by a service that uses them; values are not checked against these."""

_UNICODE_CATEGORY = regex.compile(r"\\[pP]\{(Is)?[LMNPSZC][a-z]?\}|\\p\{Is\w+\}")
_SURROGATES = regex.compile(r"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})", regex.IGNORECASE)
_HEXADECIMAL = regex.compile(r"\\x\{([0-9A-Fa-f]+)\}")


def _combined(pair: Any) -> str:
    r"""Returns the escape of a character that Java writes as two surrogates, such as `\uD800\uDC00`."""
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _character(escape: Any) -> str:
    return f"\\U{int(escape[1], 16):08x}"
