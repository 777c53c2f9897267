"""Evaluates the checks that compare one column with constants, with Arrow's compute functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.contracts.checks import RowCheck, RowRule
from datalake_sdk.engine.checks.character_sets import character_set, used_bytes
from datalake_sdk.engine.checks.constants import exact_value, float_value, member_values, units_of
from datalake_sdk.engine.extension_types import storage
from datalake_sdk.errors import CheckTypeError

Violated = Callable[[pa.Array], pa.Array]
"""Returns true for each value that violates a check, and false or null for the others."""
_SAMPLE_ROWS = 2_048
_LITERAL_PREFIX = re.compile(r"\^([A-Za-z0-9_ -]+)")
_FIRST_NON_ASCII = 128
_DISTINCT_SHARE = 0.1
"""Share of distinct values in a sample, up to which strings are checked once per distinct value."""
LOWER_BOUNDS = (RowRule.MINIMUM, RowRule.EXCLUSIVE_MINIMUM)
_EXCLUSIVE = (RowRule.EXCLUSIVE_MINIMUM, RowRule.EXCLUSIVE_MAXIMUM)
_BOUNDS = (*LOWER_BOUNDS, RowRule.MAXIMUM, RowRule.EXCLUSIVE_MAXIMUM)


@dataclass(frozen=True)
class ColumnCheck:
    """A check of one column.

    Args:
        check: The check.
        includes_null: Whether null violates it.
        violated: Evaluates the other values; None if none of them violates it.
    """

    check: RowCheck
    includes_null: bool
    violated: Violated | None


def column_check(check: RowCheck, data_type: pa.DataType) -> ColumnCheck:
    """Prepares a check of one column.

    Args:
        check: A check other than an expression.
        data_type: Type of the column in data files.

    Raises:
        CheckTypeError: The check does not apply to the type.
    """
    match check.rule:
        case RowRule.REQUIRED:
            return ColumnCheck(check, includes_null=True, violated=None)
        case RowRule.NOT_MISSING:
            members = _members(check, data_type)
            return ColumnCheck(check, includes_null=True, violated=members if check.value else None)
        case RowRule.ENUM:
            members = _members(check, data_type)
            return ColumnCheck(
                check,
                includes_null=False,
                violated=lambda values: pc.and_(pc.invert(members(values)), values.is_valid()),
            )
    violated = _bound(check, data_type) if check.rule in _BOUNDS else _text(check, data_type)
    return ColumnCheck(check, includes_null=False, violated=violated)


def violations(checks: Sequence[ColumnCheck], values: pa.Array) -> list[tuple[RowCheck, pa.Array]]:
    """Evaluates checks of one column.

    Args:
        checks: The checks.
        values: Values of the column.

    Returns:
        The violated checks, each with a mask of the violating rows.
    """
    is_repetitive = pa.types.is_string(values.type) and _is_repetitive(values)
    encoded = values.dictionary_encode() if is_repetitive else None
    found = []
    for each in checks:
        mask = _mask(each, values, encoded)
        if mask is not None:
            found.append((each.check, mask))
    return found


def _mask(check: ColumnCheck, values: pa.Array, encoded: pa.DictionaryArray | None) -> pa.Array | None:
    mask = None
    if check.violated is not None:
        distinct = check.violated(values if encoded is None else encoded.dictionary)
        if pc.any(distinct).as_py():
            mask = pc.fill_null(distinct if encoded is None else distinct.take(encoded.indices), False)
    if not check.includes_null or not values.null_count:
        return mask
    return values.is_null() if mask is None else pc.or_(mask, values.is_null())


def _is_repetitive(values: pa.Array) -> bool:
    sample = values.slice(0, _SAMPLE_ROWS)
    return len(values) > _SAMPLE_ROWS and len(sample.unique()) <= len(sample) * _DISTINCT_SHARE


def _members(check: RowCheck, data_type: pa.DataType) -> Violated:
    values = check.value if isinstance(check.value, tuple) else ()
    members = storage(member_values(check, values, data_type))
    return lambda column: pc.and_(pc.is_in(_in_units(column), value_set=members), column.is_valid())


def _in_units(column: pa.Array) -> pa.Array:
    units = units_of(column.type)
    return storage(column) if units is None else column.view(units.storage)


def _bound(check: RowCheck, data_type: pa.DataType) -> Violated:
    assert not isinstance(check.value, tuple)
    assert check.value is not None
    is_lower = check.rule in LOWER_BOUNDS
    if pa.types.is_floating(data_type):
        # The comparison is inverted so that NaN, of which every comparison is false, violates the check.
        bound = float_value(check, check.value, data_type)
        holds = _FLOAT_COMPARISONS[check.rule]
        return lambda column: pc.invert(holds(column, bound))
    limit = exact_value(check, check.value, data_type)
    if pa.types.is_decimal(data_type):
        scale = 10**data_type.scale
        last = last_valid(limit * scale, check.rule)
        last = min(max(last, -(10**data_type.precision)), 10**data_type.precision)
        # One more digit represents a bound that excludes every value of the type.
        bound = pa.scalar(
            Decimal(last).scaleb(-data_type.scale), pa.decimal256(data_type.precision + 1, data_type.scale)
        )
        return _outside(bound, is_lower)
    units = units_of(data_type)
    if units is None:
        raise CheckTypeError(check.name, check.value, str(data_type), "applied to a number, date or time")
    last = last_valid(limit, check.rule)
    if units.lowest <= last <= units.highest:
        return _outside(pa.scalar(last, units.storage), is_lower)
    excludes_all = (last > 0) == is_lower
    return lambda column: (
        pa.repeat(pa.scalar(excludes_all), len(column))
        if not column.null_count
        else pc.if_else(column.is_valid(), excludes_all, None)
    )


def last_valid(limit: Fraction, rule: RowRule) -> int:
    """The least or greatest valid whole number."""
    if rule in LOWER_BOUNDS:
        return math.floor(limit) + 1 if rule in _EXCLUSIVE else math.ceil(limit)
    return math.ceil(limit) - 1 if rule in _EXCLUSIVE else math.floor(limit)


def _outside(bound: pa.Scalar, is_lower: bool) -> Violated:
    compare = pc.less if is_lower else pc.greater
    return lambda column: compare(_in_units(column), bound)


def _text(check: RowCheck, data_type: pa.DataType) -> Violated:
    if not pa.types.is_string(data_type):
        raise CheckTypeError(check.name, check.value, str(data_type), "applied to a string column")
    value = check.value
    if check.rule is RowRule.PATTERN:
        prefix = _LITERAL_PREFIX.fullmatch(str(value))
        if prefix is not None:
            return lambda column: pc.invert(pc.starts_with(column, prefix[1]))
        allowed = character_set(str(value))
        return lambda column: (
            pa.repeat(pa.scalar(False), len(column))
            if allowed is not None and allowed.matches_all(column)
            else pc.invert(pc.match_substring_regex(column, str(value)))
        )
    compare = pc.less if check.rule is RowRule.MIN_LENGTH else pc.greater
    return lambda column: compare(_lengths(column), value)


def _lengths(strings: pa.StringArray) -> pa.Array:
    """Numbers of characters, which are numbers of bytes if all strings are ASCII."""
    codes = used_bytes(strings)
    is_ascii = not len(codes) or int(codes.max()) < _FIRST_NON_ASCII
    return pc.binary_length(strings) if is_ascii else pc.utf8_length(strings)


_FLOAT_COMPARISONS: dict[RowRule, Callable[[pa.Array, pa.Scalar], pa.Array]] = {
    RowRule.MINIMUM: pc.greater_equal,
    RowRule.EXCLUSIVE_MINIMUM: pc.greater,
    RowRule.MAXIMUM: pc.less_equal,
    RowRule.EXCLUSIVE_MAXIMUM: pc.less,
}
