"""Patterns of policies: wildcards, policy variables and ARNs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
"""Values of a request's condition keys, by the key in lowercase."""

_TOKEN = re.compile(r"\$\{([^}]*)\}|\*|\?|[^*?$]+|\$")
_WILDCARDS = {"*": ".*", "?": "."}
_ARN_PARTS = 6


def matches(pattern: str, value: str, context: Context) -> bool:
    """Returns whether a value matches a pattern with wildcards and policy variables."""
    compiled = _with_variables(pattern, context) if "${" in pattern else _compiled(pattern)
    return compiled is not None and compiled.fullmatch(value) is not None


def equals(expected: str, value: str, context: Context) -> bool:
    """Returns whether a value is the expected one, in which only policy variables are replaced."""
    if "${" not in expected:
        return expected == value
    parts = [_expanded(token, context, wildcards=False) for token in _TOKEN.finditer(expected)]
    return None not in parts and re.fullmatch("".join(map(str, parts)), value, re.DOTALL) is not None


def matches_arn(pattern: str, value: str, context: Context) -> bool:
    """Compares the components of two ARNs; a wildcard does not match across components.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    if pattern == "*":
        return True
    # The colon of a variable such as ${aws:username} does not separate components.
    parts = re.split(r":(?![^${}]*\})", pattern, maxsplit=_ARN_PARTS - 1)
    values = value.split(":", _ARN_PARTS - 1)
    return len(parts) == len(values) and all(
        matches(part, given, context) for part, given in zip(parts, values, strict=True)
    )


@lru_cache(10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(
        "".join(_WILDCARDS.get(token[0], re.escape(token[0])) for token in _TOKEN.finditer(pattern)), re.DOTALL
    )


def _with_variables(pattern: str, context: Context) -> re.Pattern[str] | None:
    """Returns None if a variable has no value: such a pattern matches nothing."""
    parts = [_expanded(token, context, wildcards=True) for token in _TOKEN.finditer(pattern)]
    return None if None in parts else re.compile("".join(map(str, parts)), re.DOTALL)


def _expanded(token: re.Match[str], context: Context, wildcards: bool) -> str | None:
    if token[1] is None:
        return _WILDCARDS[token[0]] if wildcards and token[0] in _WILDCARDS else re.escape(token[0])
    if token[1] in ("*", "?", "$"):
        return re.escape(token[1])
    key, _, default = token[1].partition(",")
    values = context.get(key.strip().lower(), ())
    if len(values) == 1:
        return re.escape(values[0])
    return re.escape(default.strip().strip("'")) if default else None
