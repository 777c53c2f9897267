"""Casts preserve every value, at every level of nesting."""

from __future__ import annotations

import datetime
import math
import uuid
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.engine.exact_casts import InexactCastError, exact_cast

MIDNIGHT = datetime.datetime(2024, 1, 1)
FITS = {
    "whole doubles": ([1.0, -0.0, None, -(2.0**63)], pa.float64(), pa.int64(), [1, 0, None, -(2**63)]),
    "half floats": ([2.0], pa.float16(), pa.int32(), [2]),
    "half floats and decimals": ([1.5], pa.float16(), pa.decimal128(4, 2), [Decimal("1.5")]),
    "small decimals of integers": ([Decimal("1.00")], pa.decimal32(5, 2), pa.int64(), [1]),
    "whole decimals": ([Decimal("7.00")], pa.decimal128(6, 2), pa.int32(), [7]),
    # Arrow's own cast gives 0.30000000000000004.
    "decimals": ([Decimal("0.3")], pa.decimal128(38, 16), pa.float64(), [0.3]),
    "small decimals": ([Decimal("1E-30")], pa.decimal128(38, 30), pa.float64(), [1e-30]),
    "decimal and float": ([Decimal("0.1")], pa.decimal128(5, 2), pa.float32(), [pytest.approx(0.1, rel=1e-7)]),
    "large integers": ([2**53 + 2, 10**17], pa.int64(), pa.float64(), [2.0**53 + 2, 1e17]),
    "largest integers": ([2**64 - 1], pa.uint64(), pa.decimal128(38, 18), [Decimal(2**64 - 1)]),
    "doubles": ([2.5, 1e-7, None], pa.float64(), pa.decimal128(10, 7), [Decimal("2.5"), Decimal("1E-7"), None]),
    "floats": ([0.1], pa.float32(), pa.decimal128(38, 20), [Decimal("0.1")]),
    "another scale": ([Decimal("1.250")], pa.decimal128(6, 3), pa.decimal128(4, 2), [Decimal("1.25")]),
    "not a number": ([math.inf], pa.float64(), pa.float32(), [math.inf]),
    "zeros and ones": ([0, 1, None], pa.int64(), pa.bool_(), [False, True, None]),
    "midnights": ([MIDNIGHT], pa.timestamp("ns"), pa.date32(), [MIDNIGHT.date()]),
    "lists": ([[1.0], None, []], pa.list_(pa.float64()), pa.list_(pa.int64()), [[1], None, []]),
    "fixed lists": ([[1, 2], None], pa.list_(pa.int8(), 2), pa.list_(pa.float64()), [[1.0, 2.0], None]),
    "large lists": ([[Decimal("0.3")]], pa.large_list(pa.decimal128(3, 1)), pa.list_(pa.float64()), [[0.3]]),
    "structs": (
        [{"b": 1.0}, None],
        pa.struct([("b", pa.float64())]),
        pa.struct([("a", pa.string()), ("b", pa.int64())]),
        [{"a": None, "b": 1}, None],
    ),
    "maps": ([[("k", 1.0)], None], pa.map_(pa.string(), pa.float64()), pa.map_(pa.string(), pa.int64()), None),
    "nested times": (
        [[datetime.datetime(2024, 1, 1)]],
        pa.list_(pa.timestamp("ns")),
        pa.list_(pa.timestamp("us")),
        [[datetime.datetime(2024, 1, 1)]],
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_an_exact_cast_preserves_the_value(name):
    values, data_type, target, expected = FITS[name]
    column = pa.array(values, data_type)
    cast = exact_cast(column, target)
    assert cast.type == target
    assert cast.to_pylist() == (values if expected is None else expected)


@pytest.mark.parametrize("values", [[], [None]])
@pytest.mark.parametrize("name", FITS)
def test_a_column_without_values_can_be_cast_to_any_type(name, values):
    _, data_type, target, _ = FITS[name]
    assert exact_cast(pa.array(values, data_type), target).to_pylist() == values


MISFITS = {
    "fractions": ([1.5, 2.0, math.nan, math.inf], pa.float64(), pa.int64(), ("1.5", "nan", "inf")),
    "beyond long": ([2.0**63], pa.float64(), pa.int64(), ("9.223372036854776e+18",)),
    "beyond int": ([3e9], pa.float64(), pa.int32(), ("3000000000.0",)),
    "between doubles": ([2**53 + 1], pa.int64(), pa.float64(), ("9007199254740993",)),
    "largest integer": ([2**63 - 1], pa.int64(), pa.float64(), ("9223372036854775807",)),
    "between floats": ([2**24 + 1], pa.int32(), pa.float32(), ("16777217",)),
    "too many digits": (
        [Decimal("0.1234567890123456789")],
        pa.decimal128(19, 19),
        pa.float64(),
        ("0.1234567890123456789",),
    ),
    "a fraction": ([Decimal("1.5")], pa.decimal128(3, 1), pa.int64(), ("1.5",)),
    "rounded": ([0.1 + 0.2], pa.float64(), pa.decimal128(10, 2), ("0.30000000000000004",)),
    "no decimal": ([math.nan], pa.float64(), pa.decimal128(10, 2), ("nan",)),
    "too large": ([1e300], pa.float64(), pa.float32(), ("1e+300",)),
    "a smaller scale": ([Decimal("1.25")], pa.decimal128(3, 2), pa.decimal128(3, 1), ("1.25",)),
    "lists": ([[1.0], [1.5]], pa.list_(pa.float64()), pa.list_(pa.int64()), ("1.5",)),
    "structs": ([{"a": 1.5}], pa.struct([("a", pa.float64())]), pa.struct([("a", pa.int64())]), ("1.5",)),
    "maps": ([[("k", 1.5)]], pa.map_(pa.string(), pa.float64()), pa.map_(pa.string(), pa.int64()), ("1.5",)),
    "far times": ([2**62], pa.timestamp("s"), pa.timestamp("us"), ("timestamp[s] 4611686018427387904",)),
    "no boolean": ([1.0, 1.5, math.nan], pa.float64(), pa.bool_(), ("1.5", "nan")),
    "noon": ([MIDNIGHT.replace(hour=12)], pa.timestamp("us"), pa.date32(), ("2024-01-01 12:00:00",)),
    "too small": ([1.6401551328412617e-264], pa.float64(), pa.decimal128(38, 0), ("1.6401551328412617e-264",)),
    "more than five": ([0.5] * 7, pa.float64(), pa.int64(), ("0.5",) * 5),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_value_that_would_change_is_an_error_with_examples(name):
    values, data_type, target, examples = MISFITS[name]
    with pytest.raises(InexactCastError) as caught:
        exact_cast(pa.array(values, data_type), target)
    assert caught.value.examples == examples


def test_a_uuid_is_cast_to_its_canonical_string():
    identifier = uuid.UUID(int=7)
    column = pa.array([identifier.bytes, None], pa.binary(16)).cast(pa.uuid())
    assert exact_cast(column, pa.string()).to_pylist() == [str(identifier), None]


@pytest.mark.parametrize("container", ["list", "map", "struct"])
def test_values_outside_a_slice_are_ignored(container):
    """A slice shares its buffers with other rows, and a null may have a value in its buffer."""
    types = {
        "list": pa.list_,
        "map": lambda item: pa.map_(pa.string(), item),
        "struct": lambda item: pa.struct([("k", item)]),
    }
    wrap = {"list": lambda v: [v], "map": lambda v: [("k", v)], "struct": lambda v: {"k": v}}[container]
    column = pa.array([wrap(1.5), wrap(2.0), None, wrap(3.0), wrap(4.5)], types[container](pa.float64()))
    cast = exact_cast(column.slice(1, 3), types[container](pa.int64()))
    assert cast.to_pylist() == [wrap(2), None, wrap(3)]
    assert cast.validate(full=True) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=17, min_value=-(10**18), max_value=10**18))
def test_a_decimal_is_cast_to_a_double_that_prints_the_same_or_rejected(number):
    column = pa.array([number], pa.decimal128(38, 17))
    nearest = float(number)
    if Decimal(repr(nearest)) == number:
        assert exact_cast(column, pa.float64()).to_pylist() == [nearest]
    else:
        with pytest.raises(InexactCastError):
            exact_cast(column, pa.float64())


@given(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6).map(lambda cents: cents / 100),
    st.integers(0, 12),
)
def test_a_double_is_cast_to_the_decimal_that_it_prints_or_rejected(number, scale):
    shortest = Decimal(repr(number))
    fits = abs(shortest) < 10 ** (38 - scale) and (Fraction(shortest) * 10**scale).denominator == 1
    if fits:
        assert exact_cast(pa.array([number]), pa.decimal128(38, scale)).to_pylist() == [shortest]
    else:
        with pytest.raises(InexactCastError):
            exact_cast(pa.array([number]), pa.decimal128(38, scale))
