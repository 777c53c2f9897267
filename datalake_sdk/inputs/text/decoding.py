"""Decodes the values of a string column in one batch, and checks them against the column's inferred type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from datalake_sdk.batches import TypesChangedError
from datalake_sdk.errors import DeclaredTypeError
from datalake_sdk.inputs.text.columns import Column
from datalake_sdk.inputs.text.conversion import CAST_ERRORS, cast_text, converted, present
from datalake_sdk.inputs.text.inference import Family, evidence_of
from datalake_sdk.inputs.text.notation import ISO, Notation
from datalake_sdk.inputs.type_names import type_name

Locate = Callable[[int], str]
"""Describes the location of a row of the block for messages."""

_VALUES_PER_CALL = 16 << 10
"""Values that are converted by one call; wide rows have so few per column that calls would take most of the time."""


def decoded_columns(
    strings: Mapping[str, pa.StringArray],
    columns: Sequence[Column],
    nulls: pa.StringArray,
    families: Sequence[Family],
    location: Locate,
    notation: Notation = ISO,
) -> dict[str, pa.Array]:
    """Converts the columns of a batch to their current types: many columns of one type by one call.

    Args:
        strings: Columns of the same length, by name.
        columns: Columns to convert; those that the batch lacks are omitted.
        nulls: Null markers.
        families: Possible families of values other than text.
        location: Locates a value that does not fit its declared type.
        notation: Notation of numbers and dates.

    Raises:
        TypesChangedError: The values require other types.
        DeclaredTypeError: A value does not fit the declared type of its column.
    """
    arrays: dict[str, pa.Array] = {}
    for group in _groups(strings, [column for column in columns if column.name in strings]):
        together = _converted_together([strings[column.name] for column in group], group[0], nulls, notation)
        for position, column in enumerate(group):
            arrays[column.name] = (
                together[position]
                if together
                else decoded(strings[column.name], column, nulls, families, location, notation)
            )
    return arrays


def _groups(strings: Mapping[str, pa.StringArray], columns: Sequence[Column]) -> Iterator[Sequence[Column]]:
    """Columns of one type that are converted together; a column that needs more than a conversion is on its own."""
    by_type: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        if column.common_type is None:
            yield [column]
        else:
            by_type[column.common_type].append(column)
    rows = len(strings[columns[0].name]) if columns else 0
    size = max(1, _VALUES_PER_CALL // max(rows, 1))
    for group in by_type.values():
        yield from (group[start : start + size] for start in range(0, len(group), size))


def _converted_together(
    strings: Sequence[pa.StringArray], column: Column, nulls: pa.StringArray, notation: Notation
) -> list[pa.Array]:
    """Converts columns of equal length to one type; empty for a single column, or if a value cannot be converted."""
    values = converted(pa.concat_arrays(strings), column.type, nulls, notation) if len(strings) > 1 else None
    if values is None:
        return []
    rows = len(strings[0])
    return [values.slice(position * rows, rows) for position in range(len(strings))]


def decoded(
    strings: pa.StringArray,
    column: Column,
    nulls: pa.StringArray,
    families: Sequence[Family],
    location: Locate,
    notation: Notation = ISO,
) -> pa.Array:
    """Converts strings to the current type of their column.

    Args:
        strings: Values as written in the input; null if absent.
        column: Inferred or declared column.
        nulls: Null markers, which do not apply to string columns.
        families: Possible families of values other than text.
        location: Locates a value that does not fit its declared type.
        notation: Notation of numbers and dates.

    Raises:
        TypesChangedError: The values require another type.
        DeclaredTypeError: A value does not fit the declared type.
    """
    if column.is_declared:
        return _declared(strings, column, nulls, location, notation)
    if column.is_open and not column.admits(evidence_of(strings, nulls, families, column.start, notation)):
        raise TypesChangedError
    if (values := converted(strings, column.type, nulls, notation)) is None:
        raise TypesChangedError
    return values


def _declared(
    strings: pa.StringArray, column: Column, nulls: pa.StringArray, location: Locate, notation: Notation
) -> pa.Array:
    if pa.types.is_string(column.type):
        return strings
    values = present(strings, nulls)
    try:
        return cast_text(values, column.type, notation)
    except CAST_ERRORS:
        row = next(row for row in range(len(values)) if not _fits(values.slice(row, 1), column.type, notation))
        raise DeclaredTypeError(location(row), column.name, strings[row].as_py(), type_name(column.type)) from None


def _fits(text: pa.StringArray, target: pa.DataType, notation: Notation) -> bool:
    try:
        cast_text(text, target, notation)
    except CAST_ERRORS:
        return False
    return True
