"""Converts batches of a table to the values that are staged for COPY, and measures them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import RedshiftValueError
from datalake_sdk.nested_arrays import flattened, map_entries
from datalake_sdk.redshift.columns import RedshiftColumn
from datalake_sdk.row_format import json_strings

_SHOWN_CHARACTERS = 60
_MICROSECONDS_PER_DAY = 86_400_000_000
_EARLIEST_DAY, _LATEST_DAY = -2_472_632, 106_751_990
"""4713 BC and 294276 AD, in days since 1970: https://docs.aws.amazon.com/redshift/latest/dg/r_Datetime_types.html"""


class StagedValues:
    """Converts the batches of one table, column by column.

    Args:
        table: Name of the table, for error messages.
        columns: Columns of the copy, in the order of the table.

    Attributes:
        longest: Bytes of the longest value so far of each column with values of variable length.
    """

    def __init__(self, table: str, columns: Sequence[RedshiftColumn]) -> None:
        self._table = table
        self._columns = columns
        self.longest: dict[str, int] = {column.name: 0 for column in columns if column.max_bytes is not None}

    def convert(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Converts a batch with the columns of the table, in their order.

        Raises:
            RedshiftValueError: Redshift cannot store a value.
        """
        arrays = [self._converted(column, batch.column(column.name)) for column in self._columns]
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self._columns])

    def _converted(self, column: RedshiftColumn, values: pa.Array) -> pa.Array:
        staged = self._staged(column, values)
        if column.max_bytes is not None:
            self._measure(column, values, staged)
        return staged

    def _staged(self, column: RedshiftColumn, values: pa.Array) -> pa.Array:
        if column.type == "SUPER":
            self._check_numbers(column, values)
            return pc.if_else(values.is_valid(), json_strings(values), None).cast(pa.binary())
        if column.type in ("TIMESTAMP", "TIMESTAMPTZ"):
            times = values.cast(pa.timestamp("us", values.type.tz)).view(pa.timestamp("us"))
            self._check_range(column, times, pc.divide(times.cast(pa.int64()), _MICROSECONDS_PER_DAY))
            return times
        if column.type == "DATE":
            self._check_range(column, values, values.cast(pa.int32()))
        if column.type == "TIME":
            return values.cast(pa.string())
        if column.type == "VARCHAR(36)":
            return _uuid_strings(values)
        if column.type == "VARBYTE":
            return values.cast(pa.binary())
        return values

    def _measure(self, column: RedshiftColumn, values: pa.Array, staged: pa.Array) -> None:
        lengths = pc.binary_length(staged)
        longest = pc.max(lengths).as_py() or 0
        if longest > (column.max_bytes or 0):
            value = values[pc.index(lengths, longest).as_py()].as_py()
            raise RedshiftValueError(
                self._table, column.name, column.type, _shown(value), f"{longest:,} bytes; at most {column.max_bytes:,}"
            )
        self.longest[column.name] = max(self.longest[column.name], longest)

    def _check_numbers(self, column: RedshiftColumn, values: pa.Array) -> None:
        number = non_finite_number(values)
        if number is not None:
            raise RedshiftValueError(self._table, column.name, column.type, str(number), "JSON has finite numbers only")

    def _check_range(self, column: RedshiftColumn, values: pa.Array, days: pa.Array) -> None:
        outside = pc.or_(pc.less(days, _EARLIEST_DAY), pc.greater(days, _LATEST_DAY))
        position = pc.index(outside, True).as_py()
        if position >= 0:
            value = json_strings(values[position : position + 1])[0].as_py().strip('"')
            raise RedshiftValueError(self._table, column.name, column.type, value, "4713 BC to 294276 AD")


def non_finite_number(values: pa.Array) -> float | None:
    """Returns a NaN or an infinity within nested values; None if there is none."""
    if pa.types.is_floating(values.type):
        found = values.drop_null().filter(pc.invert(pc.is_finite(values.drop_null())))
        return float(found[0].as_py()) if len(found) else None
    for child in _children(values):
        number = non_finite_number(child)
        if number is not None:
            return number
    return None


def _children(values: pa.Array) -> list[pa.Array]:
    if pa.types.is_struct(values.type):
        return list(values.flatten())
    if pa.types.is_map(values.type):
        return list(flattened(map_entries(values)).flatten())
    if pa.types.is_nested(values.type):
        return [flattened(values)]
    return []


def _uuid_strings(values: pa.Array) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())


def _shown(value: Any) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
