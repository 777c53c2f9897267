"""Formats rows as CSV or JSON, column by column: a million rows take a second instead of a minute."""

from __future__ import annotations

import base64
import json
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.interval_text import interval_strings
from datalake_sdk.nested_arrays import map_entries


def csv_header(schema: pa.Schema) -> str:
    """Returns the line of column names."""
    return ",".join(_csv_strings(pa.array(schema.names, pa.string())).to_pylist()) + "\n"


def csv_rows(batch: pa.RecordBatch) -> list[str]:
    """Returns a line for each row: RFC 4180, null is empty, nested values are JSON."""
    columns = [_csv_strings(column) for column in batch.columns]
    return _joined(columns, ",")


def json_rows(batch: pa.RecordBatch, *, non_finite: bool = False) -> list[str]:
    """Returns an object for each row: numbers keep all digits, times are ISO 8601, bytes are base64.

    Args:
        batch: Rows.
        non_finite: Whether NaN and infinity are strings such as `"NaN"`; otherwise they are null.
    """
    columns = [
        _member(name, json_strings(column, non_finite=non_finite))
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return [f"{{{row}}}" for row in _joined(columns, ", ")]


def text_rows(batch: pa.RecordBatch) -> list[tuple[str | None, ...]]:
    """Returns the values of each row: nested values are JSON, null is None."""
    columns = [
        (_nested_strings if pa.types.is_nested(column.type) else _plain_strings)(column).to_pylist()
        for column in batch.columns
    ]
    return list(zip(*columns, strict=True))


def _csv_strings(column: pa.Array) -> pa.Array:
    strings = _nested_strings(column) if pa.types.is_nested(column.type) else _plain_strings(column)
    ambiguous = pc.match_substring_regex(strings, r'[",\r\n]|^$')
    doubled = pc.replace_substring(strings, '"', '""')
    return pc.if_else(ambiguous, pc.binary_join_element_wise('"', doubled, '"', ""), strings)


def json_strings(column: pa.Array, *, non_finite: bool = False) -> pa.Array:
    """Returns the values of a column as JSON in the format of `json_rows`; null is the JSON value `null`."""
    if pa.types.is_nested(column.type):
        strings = _nested_strings(column, non_finite)
    elif pa.types.is_floating(column.type):
        strings = _number_strings(column, non_finite)
    elif pa.types.is_integer(column.type) or pa.types.is_decimal(column.type) or pa.types.is_boolean(column.type):
        strings = _plain_strings(column)
    else:
        strings = _quoted(_plain_strings(column))
    return pc.fill_null(strings, "null")


def _number_strings(column: pa.Array, non_finite: bool) -> pa.Array:
    finite = _plain_strings(pc.if_else(pc.is_finite(column), column, None))
    if not non_finite:
        return finite
    names = pc.if_else(pc.is_nan(column), '"NaN"', pc.if_else(pc.greater(column, 0), '"Infinity"', '"-Infinity"'))
    return pc.if_else(pc.is_finite(column), finite, names)


def _nested_strings(column: pa.Array, non_finite: bool = False) -> pa.Array:
    """Formats structs, maps and lists as JSON; null stays null."""
    if pa.types.is_struct(column.type):
        children = zip(column.type, column.flatten(), strict=True)
        members = [_member(field.name, json_strings(values, non_finite=non_finite)) for field, values in children]
        strings = pc.binary_join_element_wise("{", pc.binary_join_element_wise(*members, ", "), "}", "")
        return pc.if_else(column.is_valid(), strings, None)
    if pa.types.is_map(column.type):
        entries = map_entries(column)
        keys, values = entries.flatten().flatten()
        members = pc.binary_join_element_wise(_key_strings(keys), json_strings(values, non_finite=non_finite), ": ")
        return _joined_items(entries, members, "{}")
    return _joined_items(column, json_strings(column.flatten(), non_finite=non_finite), "[]")


def _member(name: str, values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(json.dumps(name, ensure_ascii=False), values, ": ")


def _key_strings(keys: pa.Array) -> pa.Array:
    return _quoted(_nested_strings(keys) if pa.types.is_nested(keys.type) else _plain_strings(keys))


def _joined_items(lists: pa.Array, items: pa.Array, brackets: str) -> pa.Array:
    """Joins the items of each list into one string."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    offsets = pa.concat_arrays([pa.array([0]), pc.cumulative_sum(lengths)])
    strings = pa.LargeListArray.from_arrays(offsets, items, mask=lists.is_null())
    return pc.binary_join_element_wise(brackets[0], pc.binary_join(strings, ", "), brackets[1], "")


def _plain_strings(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return _iso_timestamps(column)
    if pa.types.is_date(column.type):
        return _with_distant_years(pc.cast(column, pa.string()), column, "D")
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        strings = [None if value is None else base64.b64encode(value).decode() for value in column.to_pylist()]
        return pa.array(strings, pa.string())
    if pa.types.is_interval(column.type):
        return interval_strings(column)
    if isinstance(column.type, pa.UuidType):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return pc.cast(column, pa.string())


def _iso_timestamps(column: pa.Array) -> pa.Array:
    unit, zone = column.type.unit, "Z" if column.type.tz else ""
    # Arrow writes a wrong year for zoned timestamps beyond the year 32767.
    in_utc = column.view(pa.timestamp(unit))
    strings = _with_distant_years(pc.cast(in_utc, pa.string()), in_utc, unit)
    local = pc.replace_substring(pc.replace_substring_regex(strings, r"\.0+$", ""), " ", "T")
    return pc.binary_join_element_wise(local, zone, "")


def _with_distant_years(strings: pa.Array, times: pa.Array, unit: str) -> pa.Array:
    """Formats times beyond the year 32767, for which Arrow returns a message that they are out of range."""
    are_distant = pc.fill_null(pc.starts_with(strings, "<"), False)
    if not pc.any(are_distant).as_py():
        return strings
    counts = times.view(pa.int32() if unit == "D" else pa.int64()).cast(pa.int64())
    distant = counts.filter(are_distant).to_numpy().astype(f"datetime64[{unit}]")
    return pc.replace_with_mask(strings, are_distant, pa.array(map(str, distant), pa.string()))


def _quoted(strings: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(strings, r'[\x00-\x1f"\\]')).as_py():
        escaped = [None if text is None else json.dumps(text, ensure_ascii=False) for text in strings.to_pylist()]
        return pa.array(escaped, pa.string())
    return pc.binary_join_element_wise('"', strings, '"', "")


def _joined(columns: list[pa.Array], separator: str) -> list[str]:
    rows = pc.binary_join_element_wise(*columns, separator, null_handling="replace", null_replacement="")
    return cast("list[str]", rows.to_pylist())
