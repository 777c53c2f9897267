"""Converts pandas columns to Arrow arrays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa

from datalake_sdk.errors import MixedColumnError
from datalake_sdk.inputs.plain_arrays import single_array

_LARGEST_INTEGERS = pa.decimal128(38, 0)
"""Type of Python integers that exceed 64 bits."""


def series_type(name: str, series: Any) -> pa.DataType:
    """The type of a column; columns of Python objects are read completely.

    Args:
        name: Name of the column, for messages.
        series: A pandas Series.

    Raises:
        MixedColumnError: The values have no common type.
    """
    if len(getattr(series.dtype, "categories", "any")) == 0:
        return pa.null()
    known = series if series.dtype == object else series.iloc[:0]
    try:
        found = _inferred(known)
    except (TypeError, ValueError, OverflowError) as error:
        raise MixedColumnError(name, str(error)) from None
    if series.dtype == object and pa.types.is_temporal(found):
        _check_times(name, series)
    return found


def series_array(series: Any, data_type: pa.DataType | None = None) -> pa.Array:
    """The values of a column, with null for missing values.

    Args:
        series: A pandas Series.
        data_type: Type of the array; None infers it.
    """
    if data_type == pa.null():
        return pa.nulls(len(series))
    if str(series.dtype).startswith("Sparse"):
        series = series.sparse.to_dense()
    if getattr(series.dtype, "tz", None) is None:
        return single_array(pa.array(series, data_type, from_pandas=True))
    # Arrow before 26 accesses the values of a zoned series in a way that pandas 3.1 deprecates.
    # https://pandas.pydata.org/docs/dev/whatsnew/v3.1.0.html#whatsnew-310-deprecations-values
    instants = single_array(pa.array(series.dt.tz_convert(None), from_pandas=True))
    return instants.cast(pa.timestamp(instants.type.unit, "UTC"))


def _inferred(series: Any) -> pa.DataType:
    try:
        return series_array(series).type
    except OverflowError:
        return series_array(series, _LARGEST_INTEGERS).type


def _check_times(name: str, series: Any) -> None:
    """Rejects mixed dates and times: Arrow would apply the first value's type to all, and drop times and zones."""
    kinds = {(isinstance(value, datetime), getattr(value, "tzinfo", None) is not None) for value in series.dropna()}
    if len({is_time for is_time, _ in kinds}) > 1:
        raise MixedColumnError(name, "dates and datetimes")
    if len(kinds) > 1:
        raise MixedColumnError(name, "timestamps with and without time zone")
