"""Decodes the values of a string column in one batch, and checks them against the column's inferred type."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from datalake_sdk.batches import TypesChangedError
from datalake_sdk.errors import DeclaredTypeError
from datalake_sdk.inputs.text.columns import Column
from datalake_sdk.inputs.text.conversion import CAST_ERRORS, cast_text, converted, present
from datalake_sdk.inputs.text.inference import Family, evidence_of
from datalake_sdk.inputs.text.notation import ISO, Notation

Locate = Callable[[int], str]
"""Describes the location of a row of the block for messages."""


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
        raise DeclaredTypeError(location(row), column.name, strings[row].as_py(), str(column.type)) from None


def _fits(text: pa.StringArray, target: pa.DataType, notation: Notation) -> bool:
    try:
        cast_text(text, target, notation)
    except CAST_ERRORS:
        return False
    return True
