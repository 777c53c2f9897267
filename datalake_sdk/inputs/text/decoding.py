"""Values of one text column for one batch: checked against what the column is taken for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from datalake_sdk.batches import TypesChangedError
from datalake_sdk.errors import DeclaredTypeError
from datalake_sdk.inputs.text.columns import Column
from datalake_sdk.inputs.text.conversion import REFUSALS, cast_text, converted, present
from datalake_sdk.inputs.text.inference import Family, evidence_of
from datalake_sdk.inputs.text.notation import ISO, Notation

Locate = Callable[[int], str]
"""Says for a message where a row of the block is."""


def decoded(
    strings: pa.StringArray,
    column: Column,
    nulls: pa.StringArray,
    families: Sequence[Family],
    location: Locate,
    notation: Notation = ISO,
) -> pa.Array:
    """Converts strings to the type that their column has for now.

    Args:
        strings: Values as the input writes them; null where it has none.
        column: What the values are taken for.
        nulls: Spellings of null among anything but text.
        families: What the values may be, apart from text.
        location: Asked when a value does not fit a declared type.
        notation: How numbers and dates are written.

    Raises:
        TypesChangedError: The values ask for another type.
        DeclaredTypeError: A value does not fit the type declared for the column.
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
    except REFUSALS:
        row = next(row for row in range(len(values)) if not _fits(values.slice(row, 1), column.type, notation))
        raise DeclaredTypeError(location(row), column.name, strings[row].as_py(), str(column.type)) from None


def _fits(text: pa.StringArray, target: pa.DataType, notation: Notation) -> bool:
    try:
        cast_text(text, target, notation)
    except REFUSALS:
        return False
    return True
