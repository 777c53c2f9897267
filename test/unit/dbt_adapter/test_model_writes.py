"""The writes of dbt nodes, from their configuration."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from datalake_sdk.dbt_adapter.model_writes import write_request
from datalake_sdk.errors import InvalidSettingError, MissingModelSettingError, UnsupportedModelSettingError
from datalake_sdk.settings import DuplicateKeys, EmptyBatch, IngestionMode, PartitionInterval, TableName

ORDERS = TableName("sales", "orders")
DAY = {"event_time_start": datetime(2026, 1, 1, tzinfo=UTC), "event_time_end": datetime(2026, 1, 2, tzinfo=UTC)}


def request(strategy, batch=None, columns=None, **config):
    return write_request(ORDERS, {"config": config, "batch": batch, "columns": columns, "description": ""}, strategy)


def test_a_table_is_replaced_even_without_rows():
    written = request("table", partition_keys=["day(ordered_at)", "bucket(4, id)"])
    assert (written.mode, written.empty) == (IngestionMode.OVERWRITE, EmptyBatch.REPLACE)
    assert written.partition_keys == ("day(ordered_at)", "bucket(4, id)")


def test_a_merge_is_an_upsert_with_the_options_of_the_write_contract():
    written = request("merge", unique_key=["id", "country"], on_duplicate="last", order_by="at", delete_when="gone")
    assert (written.mode, written.upsert_keys) == (IngestionMode.UPSERT, ("id", "country"))
    assert (written.on_duplicate, written.order_by, written.delete_when) == (DuplicateKeys.LAST, "at", "gone")


def test_a_microbatch_replaces_the_partition_of_its_interval():
    written = request("microbatch", DAY, incremental_strategy="microbatch", event_time="at", batch_size="day")
    assert (written.mode, written.partition_keys) == (IngestionMode.OVERWRITE_PARTITIONS, ("day(at)",))
    assert written.partitions == {"day(at)": PartitionInterval(*DAY.values())}


def test_the_first_batch_of_a_full_refresh_creates_the_partitions_of_the_batches():
    written = request("table", DAY, incremental_strategy="microbatch", event_time="at", batch_size="hour")
    assert (written.mode, written.partition_keys, written.partitions) == (IngestionMode.OVERWRITE, ("hour(at)",), None)


def test_insert_overwrite_may_declare_its_partitions():
    written = request("insert_overwrite", partition_keys="country", partitions={"country": ["fr"]})
    assert written.partitions == {"country": ("fr",)}


def test_descriptions_and_types_of_seeds_are_part_of_the_write():
    written = request("table", columns={"id": {"description": "Number"}}, column_types={"id": "bigint", "at": "date"})
    assert {name: (column.type, column.description) for name, column in written.configuration.columns.items()} == {
        "id": ("bigint", "Number"),
        "at": ("date", None),
    }


@pytest.mark.parametrize(
    ("strategy", "config", "error", "message"),
    [
        ("delete+insert", {}, UnsupportedModelSettingError, "Use one of append, merge, insert_overwrite, microbatch"),
        ("merge", {}, MissingModelSettingError, "sales.orders: incremental_strategy 'merge' requires unique_key"),
        ("insert_overwrite", {}, MissingModelSettingError, "requires partition_keys"),
        ("merge", {"unique_key": "id", "merge_update_columns": ["a"]}, UnsupportedModelSettingError, "select only"),
        ("append", {"incremental_predicates": ["a > 1"]}, UnsupportedModelSettingError, "Filter the rows"),
        ("append", {"delete_when": "gone"}, UnsupportedModelSettingError, "applies to the strategy 'merge'"),
        ("merge", {"unique_key": "id", "on_duplicate": "first"}, InvalidSettingError, "one of refuse, last"),
        (
            "microbatch",
            {
                "incremental_strategy": "microbatch",
                "event_time": "at",
                "batch_size": "day",
                "partition_keys": "month(at)",
            },
            UnsupportedModelSettingError,
            "Include 'day(at)'",
        ),
    ],
)
def test_an_unsupported_configuration_is_an_error(strategy, config, error, message):
    with pytest.raises(error, match=message.replace("(", r"\(").replace(")", r"\)")):
        request(strategy, **config)
