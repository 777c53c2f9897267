from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.engine import table_properties
from datalake_sdk.engine.table_properties import (
    AUTOMATIC_MAINTENANCE,
    CODEC_LEVEL,
    COMPRESSION_CODEC,
    MAINTENANCE_DELETED_SHARE,
    MAX_SNAPSHOTS,
    MERGE_MODE,
    REMOVE_OLD_METADATA,
    TABLE_PROPERTIES,
    TARGET_FILE_BYTES,
    TableProperty,
)
from datalake_sdk.errors import InvalidTablePropertyError
from test.behavior.lake import Lake


@pytest.mark.parametrize("table_property", TABLE_PROPERTIES, ids=lambda each: each.name)
def test_a_table_without_properties_has_the_defaults(table_property):
    assert table_property.read("sales.orders", {}) == table_property.default


@pytest.mark.parametrize("table_property", TABLE_PROPERTIES, ids=lambda each: each.name)
def test_the_value_of_new_tables_is_valid(table_property):
    if table_property.initial is not None:
        table_property.read("sales.orders", {table_property.name: table_property.initial})


def test_every_declaration_is_in_a_group():
    declared = {value.name for value in vars(table_properties).values() if isinstance(value, TableProperty)}
    assert declared == {each.name for each in TABLE_PROPERTIES}


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_a_value_is_read_or_the_error_names_table_property_and_value(text):
    for table_property in TABLE_PROPERTIES:
        try:
            table_property.read("sales.orders", {table_property.name: text})
        except InvalidTablePropertyError as error:
            assert str(error).startswith(
                f"sales.orders: table property '{table_property.name}' is '{text}'; it must be "
            )


@pytest.mark.parametrize(
    ("table_property", "text", "value"),
    [
        (AUTOMATIC_MAINTENANCE, "FALSE", False),
        (MAINTENANCE_DELETED_SHARE, "0.05", 0.05),
        (MAINTENANCE_DELETED_SHARE, ".5", 0.5),
        (MAINTENANCE_DELETED_SHARE, "5e-2", 0.05),
        (MAX_SNAPSHOTS, "0", 0),
        (MERGE_MODE, "Merge-On-Read", "merge-on-read"),
        (COMPRESSION_CODEC, "ZSTD", "zstd"),
        (CODEC_LEVEL, "-7", -7),
        (CODEC_LEVEL, "BEST_COMPRESSION", "BEST_COMPRESSION"),
    ],
)
def test_values_are_parsed(table_property, text, value):
    assert table_property.read("sales.orders", {table_property.name: text}) == value


@pytest.mark.parametrize(
    ("table_property", "text"),
    [
        (AUTOMATIC_MAINTENANCE, "no"),
        (MAINTENANCE_DELETED_SHARE, "nan"),
        (MAINTENANCE_DELETED_SHARE, "inf"),
        (MAINTENANCE_DELETED_SHARE, "1e999"),
        (MAINTENANCE_DELETED_SHARE, "+0.5"),
        (MAINTENANCE_DELETED_SHARE, "-0.0"),
        (MAINTENANCE_DELETED_SHARE, " 0.5"),
        (MAINTENANCE_DELETED_SHARE, "0_0.5"),
        (MAINTENANCE_DELETED_SHARE, "."),
        (MAX_SNAPSHOTS, "-1"),
        (MAX_SNAPSHOTS, "+5"),
        (MAX_SNAPSHOTS, " 5"),
        (MAX_SNAPSHOTS, "1_000"),
        (MAX_SNAPSHOTS, "\u0665"),
        (MAX_SNAPSHOTS, ""),
        (TARGET_FILE_BYTES, "0"),
        (MERGE_MODE, "merge_on_read"),
        (COMPRESSION_CODEC, "lzma"),
        (CODEC_LEVEL, "--1"),
        (CODEC_LEVEL, "high"),
    ],
)
def test_invalid_values_are_rejected(table_property, text):
    with pytest.raises(InvalidTablePropertyError):
        table_property.read("sales.orders", {table_property.name: text})


def test_a_write_does_not_set_an_invalid_property(tmp_path):
    lake = Lake(tmp_path)
    lake.ingest([{"id": 1}])
    before = lake.iceberg().metadata_location
    with pytest.raises(InvalidTablePropertyError, match="'merge_on_read'; it must be copy-on-write or merge-on-read"):
        lake.ingest([{"id": 2}], properties={MERGE_MODE.name: "merge_on_read"})
    assert lake.iceberg().metadata_location == before


def test_an_invalid_strategy_of_a_table_fails_its_upserts(tmp_path):
    lake = Lake(tmp_path)
    lake.ingest([{"id": 1}])
    lake.configure({MERGE_MODE.name: "merge_on_read"})
    with pytest.raises(InvalidTablePropertyError, match="'merge_on_read'"):
        lake.upsert([{"id": 1}])


def test_a_commit_succeeds_if_the_property_that_removes_old_metadata_is_invalid(tmp_path):
    lake = Lake(tmp_path)
    lake.ingest([{"id": 1}])
    with pytest.warns(UserWarning, match="Failed to delete old metadata"):
        lake.configure({REMOVE_OLD_METADATA.name: "sometimes"})
    lake.ingest([{"id": 2}])
    assert len(lake.rows()) == 2
