"""Hypothesis strategies for tables of all Arrow types that files with a schema can store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

_NANOSECONDS = st.integers(-(2**62), 2**62)
_VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    pa.binary(): st.binary(max_size=5),
    pa.date32(): st.dates(date(1, 1, 1)),
    pa.decimal128(38, 9): st.integers(-(10**38) + 1, 10**38 - 1).map(lambda unscaled: decimal(unscaled, 9)),
    pa.decimal128(5, 0): st.integers(-99_999, 99_999).map(Decimal),
}


def decimal(unscaled: int, scale: int) -> Decimal:
    """A decimal of any precision, regardless of the decimal context."""
    sign, digits = int(unscaled < 0), tuple(map(int, str(abs(unscaled))))
    return Decimal((sign, digits, -scale))


@st.composite
def tables(draw: st.DrawFn, timestamps: Sequence[pa.DataType]) -> pa.Table:
    """A small table; one in five values is null, at every level."""
    types = draw(st.lists(_types(timestamps), min_size=1, max_size=4))
    rows = draw(st.integers(0, 5))
    arrays = [pa.array([draw(_values(data_type)) for _ in range(rows)], data_type) for data_type in types]
    return pa.table(arrays, names=[f"c{position}" for position in range(len(types))])


def _types(timestamps: Sequence[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    leaves = st.sampled_from([*_VALUES, *timestamps])
    return st.recursive(
        leaves,
        lambda children: st.one_of(
            children.map(pa.list_),
            children.map(lambda child: pa.map_(pa.string(), child)),
            st.lists(children, min_size=1, max_size=3).map(
                lambda fields: pa.struct([(f"f{position}", field) for position, field in enumerate(fields)])
            ),
        ),
        max_leaves=4,
    )


def _values(data_type: pa.DataType) -> st.SearchStrategy[Any]:
    return st.one_of(*[_present(data_type)] * 4, st.none())


def _present(data_type: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_list(data_type):
        return st.lists(_values(data_type.value_type), max_size=3)
    if pa.types.is_map(data_type):
        return st.dictionaries(_VALUES[pa.string()], _values(data_type.item_type), max_size=3).map(
            lambda entries: list(entries.items())
        )
    if pa.types.is_struct(data_type):
        return st.fixed_dictionaries({field.name: _values(field.type) for field in data_type})
    return _VALUES.get(data_type, _NANOSECONDS)
