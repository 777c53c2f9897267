"""Columns of queries, tables and models."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalake_sdk.dbt_adapter.columns import result_types, written_columns
from datalake_sdk.errors import ModelColumnsError, UnsupportedModelSettingError


def test_types_have_the_names_of_athena():
    schema = pa.schema(
        {
            "id": pa.int64(),
            "price": pa.decimal128(10, 2),
            "at": pa.timestamp("us", "UTC"),
            "tags": pa.list_(pa.string()),
            "by_day": pa.map_(pa.string(), pa.float32()),
            "address": pa.struct({"street": pa.string(), "number": pa.int32()}),
        }
    )
    assert list(result_types(schema).values()) == [
        "bigint",
        "decimal(10,2)",
        "timestamp with time zone",
        "array(varchar)",
        "map(varchar, real)",
        'row("street" varchar, "number" integer)',
    ]


@pytest.mark.parametrize(("on_change", "written"), [("ignore", ["ID"]), ("append_new_columns", ["ID", "added"])])
def test_new_columns_are_written_or_ignored(on_change, written):
    assert written_columns("sales.orders", ["ID", "added"], {"id", "old"}, on_change) == written


def test_different_columns_fail_if_the_model_says_so():
    with pytest.raises(ModelColumnsError, match="new: 'added'; missing: 'old'"):
        written_columns("sales.orders", ["id", "added"], {"id", "old"}, "fail")
    assert written_columns("sales.orders", ["id", "old"], {"id", "old"}, "fail") == ["id", "old"]


def test_columns_are_added_but_not_removed():
    assert written_columns("sales.orders", ["id", "added"], {"id"}, "sync_all_columns") == ["id", "added"]
    with pytest.raises(ModelColumnsError, match="missing: 'old'.*'sync_all_columns'"):
        written_columns("sales.orders", ["id"], {"id", "old"}, "sync_all_columns")
    with pytest.raises(UnsupportedModelSettingError, match="on_schema_change is 'drop'"):
        written_columns("sales.orders", ["id"], {"id"}, "drop")
