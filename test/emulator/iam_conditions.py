"""Conditions of policy statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from test.emulator.iam_patterns import Context, equals, matches, matches_arn

Comparison = Callable[[str, str, Context], bool]
"""Compares an expected value of the policy with one of the request."""

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


class UnknownOperatorError(ValueError):
    """A policy has a condition operator that IAM does not have."""


@dataclass(frozen=True)
class Condition:
    """One key of a condition block.

    Attributes:
        operator: Operator without its qualifiers, for example `StringLike`.
        key: Condition key in lowercase.
        expected: Values in the policy.
        quantifier: `ForAllValues`, `ForAnyValue` or empty.
        if_exists: Whether the condition is met if the request does not have the key.
    """

    operator: str
    key: str
    expected: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False

    def is_met(self, context: Context) -> bool:
        """Returns whether a request meets the condition."""
        if self.operator == "Null":
            return any((expected.lower() == "true") != bool(context.get(self.key)) for expected in self.expected)
        values = context.get(self.key, ())
        if not values:
            return self._is_met_without_value()
        met = (self._holds(value, context) for value in values)
        # An undefined case, for which AWS recommends a quantifier: a single-valued operator and several values.
        return any(met) if self.quantifier == "ForAnyValue" or not self._negated else all(met)

    @property
    def _negated(self) -> bool:
        return "Not" in self.operator or self.quantifier == "ForAllValues"

    def _is_met_without_value(self) -> bool:
        if self.if_exists or self.quantifier:
            return self.if_exists or self.quantifier == "ForAllValues"
        return "Not" in self.operator

    def _holds(self, value: str, context: Context) -> bool:
        compare = _COMPARISONS[self.operator.replace("Not", "")]
        return any(compare(expected, value, context) for expected in self.expected) != ("Not" in self.operator)


def parse_conditions(block: dict[str, dict[str, Any]]) -> Iterable[Condition]:
    """Yields the conditions of a statement, all of which must be met.

    Raises:
        UnknownOperatorError: IAM does not have the operator.
    """
    for name, keys in block.items():
        found = _OPERATOR.fullmatch(name)
        if not found or (found[2] not in _OPERATORS) or (found[2] == "Null" and found[3]):
            raise UnknownOperatorError(f"Invalid Condition type : {name}.")
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            expected = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed)
            yield Condition(found[2], key.lower(), expected, found[1] or "", bool(found[3]))


def _ignoring_case(expected: str, value: str, context: Context) -> bool:
    return equals(expected.lower(), value.lower(), context)


def _number(compare: Callable[[float, float], bool]) -> Comparison:
    def compared(expected: str, value: str, _: Context) -> bool:
        try:
            return compare(float(value), float(expected))
        except ValueError:
            return False

    return compared


def _date(compare: Callable[[float, float], bool]) -> Comparison:
    def compared(expected: str, value: str, _: Context) -> bool:
        return compare(_seconds(value), _seconds(expected))

    return compared


def _seconds(moment: str) -> float:
    """Returns the epoch time of an ISO 8601 date or of epoch seconds."""
    try:
        return float(moment)
    except ValueError:
        parsed = datetime.datetime.fromisoformat(moment)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()


def _in_network(expected: str, value: str, _: Context) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(expected, strict=False)


_COMPARISONS: dict[str, Comparison] = {
    "StringEquals": equals,
    "StringEqualsIgnoreCase": _ignoring_case,
    "StringLike": matches,
    "NumericEquals": _number(lambda value, expected: value == expected),
    "NumericLessThan": _number(lambda value, expected: value < expected),
    "NumericLessThanEquals": _number(lambda value, expected: value <= expected),
    "NumericGreaterThan": _number(lambda value, expected: value > expected),
    "NumericGreaterThanEquals": _number(lambda value, expected: value >= expected),
    "DateEquals": _date(lambda value, expected: value == expected),
    "DateLessThan": _date(lambda value, expected: value < expected),
    "DateLessThanEquals": _date(lambda value, expected: value <= expected),
    "DateGreaterThan": _date(lambda value, expected: value > expected),
    "DateGreaterThanEquals": _date(lambda value, expected: value >= expected),
    "Bool": _ignoring_case,
    "BinaryEquals": equals,
    "IpAddress": _in_network,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
}

_OPERATORS = {
    *_COMPARISONS,
    "Null",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "NumericNotEquals",
    "DateNotEquals",
    "NotIpAddress",
    "ArnNotEquals",
    "ArnNotLike",
}
