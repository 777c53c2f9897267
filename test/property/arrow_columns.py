"""Strategies for Arrow columns of every type, encoding and physical layout, with the expected stored values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
from hypothesis import strategies as st


@dataclass(frozen=True)
class Column:
    """An Arrow array and its values in the types that tables store."""

    array: pa.Array
    values: list[Any]


@dataclass(frozen=True)
class Leaf:
    """A primitive type.

    Args:
        type: The Arrow type.
        given: Values that `pyarrow.array` accepts.
        stored: Returns the value that a table stores for a given one.
    """

    type: pa.DataType
    given: st.SearchStrategy[Any]
    stored: Callable[[Any], Any] = lambda value: value


_EPOCH = datetime(1970, 1, 1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _integers(data_type: pa.DataType, stored: Callable[[Any], Any] = int) -> Leaf:
    width = data_type.bit_width
    low = -(2 ** (width - 1)) if pa.types.is_signed_integer(data_type) else 0
    return Leaf(data_type, st.integers(low, low + 2**width - 1), stored)


def _floats(data_type: pa.DataType) -> Leaf:
    return Leaf(data_type, st.floats(width=data_type.bit_width, allow_nan=False))


def _timestamps(unit: str, zone: str | None) -> Leaf:
    per_second = _PER_SECOND[unit]
    limit = 9_223_372_036 if unit == "ns" else 62_135_596_800
    utc = UTC if zone else None

    def stored(count: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=count * 10**6 // per_second)).replace(tzinfo=utc)

    return Leaf(pa.timestamp(unit, zone), st.integers(-limit * per_second, limit * per_second), stored)


def _times(data_type: pa.DataType) -> Leaf:
    per_second = _PER_SECOND[data_type.unit]

    def stored(count: int) -> time:
        return (_EPOCH + timedelta(microseconds=count * 10**6 // per_second)).time()

    return Leaf(data_type, st.integers(0, 86_400 * per_second - 1), stored)


def _decimals(data_type: pa.DataType) -> Leaf:
    limit = 10 ** min(data_type.precision, 20) - 1
    return Leaf(data_type, st.integers(-limit, limit).map(lambda number: Decimal(number).scaleb(-data_type.scale)))


LEAVES = [
    Leaf(pa.null(), st.none()),
    Leaf(pa.bool_(), st.booleans()),
    *(
        _integers(kind)
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32())
    ),
    _integers(pa.uint64(), Decimal),
    *(
        Leaf(kind, st.floats(width=kind.bit_width, allow_nan=False))
        for kind in (pa.float16(), pa.float32(), pa.float64())
    ),
    *(Leaf(kind, _TEXT) for kind in (pa.string(), pa.large_string(), pa.string_view())),
    *(Leaf(kind, st.binary(max_size=4)) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())),
    Leaf(pa.binary(3), st.binary(min_size=3, max_size=3)),
    Leaf(pa.date32(), st.dates()),
    Leaf(pa.date64(), st.dates()),
    *(_times(kind) for kind in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))),
    *(_timestamps(unit, zone) for unit in _PER_SECOND for zone in (None, "Europe/Paris")),
    *(
        _decimals(kind)
        for kind in (pa.decimal32(7, 2), pa.decimal64(18, 18), pa.decimal128(20, 0), pa.decimal256(30, 5))
    ),
    Leaf(pa.uuid(), st.uuids().map(lambda value: value.bytes), lambda data: UUID(bytes=data)),
    Leaf(pa.bool8(), st.integers(-128, 127), bool),
]
UNSUPPORTED = [
    Leaf(pa.duration("us"), st.integers(0, 9)),
    Leaf(pa.month_day_nano_interval(), st.tuples(*[st.integers(0, 9)] * 3)),
    Leaf(pa.decimal256(39, 0), st.integers(0, 9).map(Decimal)),
    Leaf(pa.struct([]), st.just({})),
]


@st.composite
def columns(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int = 3) -> Column:
    """A column of any type, nested up to a maximum depth."""
    build = draw(st.sampled_from([_plain, *_ENCODINGS, *_NESTINGS] if depth else [_plain]))
    return build(draw, leaves, size, depth - 1)


def _plain(draw: st.DrawFn, leaves: list[Leaf], size: int, _depth: int) -> Column:
    leaf = draw(st.sampled_from(leaves))
    given = draw(st.lists(st.none() | leaf.given, min_size=size, max_size=size))
    storage = leaf.type.storage_type if isinstance(leaf.type, pa.BaseExtensionType) else leaf.type
    array = pa.array(given, storage)
    if storage != leaf.type:
        array = pa.ExtensionArray.from_storage(leaf.type, array)
    return Column(array, [None if value is None else leaf.stored(value) for value in given])


def _sliced(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    inner = draw(columns(leaves, before + size + after, depth))
    return Column(inner.array.slice(before, size), inner.values[before : before + size])


def _dictionary(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    inner = draw(columns(leaves, draw(st.integers(1, 3)), depth))
    indices = draw(st.lists(st.none() | st.integers(0, len(inner.values) - 1), min_size=size, max_size=size))
    array = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), inner.array)
    return Column(array, [None if index is None else inner.values[index] for index in indices])


def _run_ends(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    if not size:
        return draw(columns(leaves, size, depth))
    ends = sorted({*draw(st.lists(st.integers(1, size), max_size=3)), size})
    inner = draw(columns(leaves, len(ends), depth))
    values = [inner.values[next(run for run, end in enumerate(ends) if end > row)] for row in range(size)]
    return Column(pa.RunEndEncodedArray.from_arrays(pa.array(ends, pa.int16()), inner.array), values)


def _struct(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    inner = {name: draw(columns(leaves, size, depth)) for name in ("a", "b")[: draw(st.integers(1, 2))]}
    nulls = _nulls(draw, size)
    array = pa.StructArray.from_arrays(
        [column.array for column in inner.values()], names=list(inner), mask=pa.array(nulls, pa.bool_())
    )
    rows = [{name: column.values[row] for name, column in inner.items()} for row in range(size)]
    return Column(array, _masked(rows, nulls))


def _lists(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    """Lists of every layout; null lists may contain items."""
    lengths, nulls = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)), _nulls(draw, size)
    offsets = [sum(lengths[:row]) for row in range(size + 1)]
    inner = draw(columns(leaves, offsets[-1], depth))
    mask = pa.array(nulls, pa.bool_())
    layout = draw(st.sampled_from([pa.ListArray, pa.LargeListArray, pa.ListViewArray, pa.LargeListViewArray]))
    width = pa.int32() if layout in (pa.ListArray, pa.ListViewArray) else pa.int64()
    if layout in (pa.ListArray, pa.LargeListArray):
        array = layout.from_arrays(pa.array(offsets, width), inner.array, mask=mask)
    else:
        array = layout.from_arrays(pa.array(offsets[:-1], width), pa.array(lengths, width), inner.array, mask=mask)
    return Column(array, _masked([inner.values[offsets[row] : offsets[row + 1]] for row in range(size)], nulls))


def _fixed_size_lists(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    inner, nulls = draw(columns(leaves, 2 * size, depth)), _nulls(draw, size)
    array = pa.FixedSizeListArray.from_arrays(inner.array, 2, mask=pa.array(nulls, pa.bool_()))
    return Column(array, _masked([inner.values[2 * row : 2 * row + 2] for row in range(size)], nulls))


def _maps(draw: st.DrawFn, leaves: list[Leaf], size: int, depth: int) -> Column:
    lengths, nulls = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)), _nulls(draw, size)
    offsets = [sum(lengths[:row]) for row in range(size + 1)]
    keys = [f"k{position}" for position in range(offsets[-1])]
    inner = draw(columns(leaves, offsets[-1], depth))
    array = pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(keys, pa.string()), inner.array, mask=pa.array(nulls, pa.bool_())
    )
    entries = list(zip(keys, inner.values, strict=True))
    return Column(array, _masked([entries[offsets[row] : offsets[row + 1]] for row in range(size)], nulls))


_ENCODINGS = (_sliced, _dictionary, _run_ends)
_NESTINGS = (_struct, _lists, _fixed_size_lists, _maps)


def _nulls(draw: st.DrawFn, size: int) -> list[bool]:
    return draw(st.lists(st.booleans(), min_size=size, max_size=size))


def _masked(values: list[Any], nulls: list[bool]) -> list[Any]:
    return [None if is_null else value for value, is_null in zip(values, nulls, strict=True)]
