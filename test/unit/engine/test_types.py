from __future__ import annotations

import pyarrow as pa
import pytest
from pyiceberg import types as iceberg

from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.types import format_type, iceberg_type, is_convertible, merged_type
from datalake_sdk.errors import UnknownTypeError

INT, LONG, FLOAT, DOUBLE, STRING = (
    iceberg.IntegerType(),
    iceberg.LongType(),
    iceberg.FloatType(),
    iceberg.DoubleType(),
    iceberg.StringType(),
)


@pytest.mark.parametrize(
    ("stored", "given", "merged"),
    [
        (INT, LONG, LONG),
        (LONG, INT, LONG),
        (FLOAT, DOUBLE, DOUBLE),
        (iceberg.DecimalType(4, 2), iceberg.DecimalType(6, 2), iceberg.DecimalType(6, 2)),
        (iceberg.DecimalType(4, 2), iceberg.DecimalType(6, 3), None),
        (STRING, iceberg.BinaryType(), None),
        (LONG, DOUBLE, None),
        (iceberg.DateType(), iceberg.TimestampType(), None),
        (iceberg.TimestampType(), iceberg.TimestamptzType(), None),
    ],
)
def test_types_are_merged_by_icebergs_promotions(stored, given, merged):
    assert merged_type(stored, given) == merged


@pytest.mark.parametrize(
    ("given", "declared", "is_allowed"),
    [
        (LONG, iceberg.TimestampType(), False),
        (iceberg.DateType(), INT, False),
        (iceberg.TimestampType(), iceberg.TimeType(), False),
        (iceberg.TimeType(), iceberg.TimestamptzType(), False),
        (iceberg.DateType(), iceberg.TimestampType(), True),
        (iceberg.TimestampType(), iceberg.TimestamptzType(), True),
        (STRING, iceberg.TimeType(), True),
        (LONG, STRING, True),
    ],
)
def test_numbers_do_not_convert_to_times_nor_times_of_day_to_dates(given, declared, is_allowed):
    assert is_convertible(given, declared) == is_allowed


@pytest.mark.parametrize("given", [INT, LONG, FLOAT, DOUBLE, iceberg.DecimalType(6, 3)])
@pytest.mark.parametrize("stored", [LONG, DOUBLE, iceberg.DecimalType(6, 2)])
def test_merging_by_value_keeps_the_stored_number_type(stored, given):
    assert merged_type(stored, given, by_value=True) == stored


@pytest.mark.parametrize("given", [STRING, iceberg.BooleanType(), iceberg.DateType()])
def test_merging_by_value_applies_only_to_numbers(given):
    assert merged_type(LONG, given, by_value=True) is None
    assert merged_type(given, LONG, by_value=True) is None


def test_merging_by_value_applies_to_nested_types_except_map_keys():
    stored = iceberg_type("t", "c", pa.struct([("a", pa.list_(pa.int64())), ("m", pa.map_(pa.string(), pa.int64()))]))
    given = pa.struct([("a", pa.list_(pa.float64())), ("m", pa.map_(pa.string(), pa.float64()))])
    assert merged_type(stored, iceberg_type("t", "c", given), by_value=True) == stored
    numbered, other = (iceberg_type("t", "c", pa.map_(key, pa.string())) for key in (pa.int64(), pa.float64()))
    assert merged_type(numbered, other, by_value=True) is None


def test_a_merged_struct_has_the_fields_of_both():
    stored = iceberg.StructType(iceberg.NestedField(4, "a", INT, required=False))
    given = iceberg_type("t", "c", pa.struct([("b", pa.string()), ("a", pa.int64())]))
    assert format_type(merged_type(stored, given)) == "struct<a: long, b: string>"


def test_structs_with_an_incompatible_field_do_not_merge():
    stored = iceberg.StructType(iceberg.NestedField(4, "a", INT, required=False))
    assert merged_type(stored, iceberg_type("t", "c", pa.struct([("a", pa.string())]))) is None


def test_maps_with_different_key_types_do_not_merge():
    stored = iceberg.MapType(1, STRING, 2, INT, value_required=False)
    assert (
        format_type(merged_type(stored, iceberg_type("t", "c", pa.map_(pa.string(), pa.int64()))))
        == "map<string, long>"
    )
    assert merged_type(stored, iceberg_type("t", "c", pa.map_(pa.int64(), pa.int64()))) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("long", LONG),
        ("BIGINT", LONG),
        ("decimal(10,2)", iceberg.DecimalType(10, 2)),
        ("timestamp  with time zone", iceberg.TimestamptzType()),
    ],
)
def test_declared_types_use_the_names_of_iceberg_and_athena(text, expected):
    assert declared_type("c", text) == expected


@pytest.mark.parametrize("text", ["number", "decimal(39, 2)", "decimal(2, 3)", "decimal"])
def test_an_unknown_declared_type_is_an_error_with_the_valid_names(text):
    with pytest.raises(UnknownTypeError, match="column 'c' is declared as .* it must be one of boolean, int"):
        declared_type("c", text)


def test_the_name_of_a_nested_type_has_field_names_with_digits_and_no_descriptions():
    line = iceberg.NestedField(3, "line2: optional", STRING, required=False, doc="2: optional part")
    inner = iceberg.ListType(4, iceberg.StructType(line), element_required=False)
    items = iceberg.NestedField(1, "item_1", inner, required=False)
    formatted = "struct<item_1: list<struct<line2: optional: string>>, a2: required long>"
    assert format_type(iceberg.StructType(items, iceberg.NestedField(2, "a2", LONG, required=True))) == formatted
    assert format_type(iceberg.MapType(1, STRING, 2, iceberg.StructType(line))) == (
        "map<string, struct<line2: optional: string>>"
    )
