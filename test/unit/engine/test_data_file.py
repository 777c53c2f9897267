from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import MetricModeTypes, parquet_file_to_data_file
from pyiceberg.typedef import Record
from pyiceberg.types import DecimalType, DoubleType, FloatType

from datalake_sdk.engine.data_file import FileLayout, low_cardinality_columns
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.staging import StagingArea


@pytest.fixture
def table(tmp_path):
    catalog = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}")
    catalog.create_namespace("a")
    schema = pa.schema(
        [("id", pa.int64()), ("name", pa.string()), ("price", pa.decimal128(9, 2)), ("l", pa.list_(pa.int64()))]
    )
    yield catalog.create_table("a.t", schema, properties={"write.target-file-size-bytes": "200000"})
    catalog.engine.dispose()


def rows(layout, first, count):
    numbers = range(first, first + count)
    return pa.Table.from_pydict(
        {
            "id": list(numbers),
            "name": [f"name {number}" for number in numbers],
            "price": [None] * count,
            "l": [[number] for number in numbers],
        },
        schema=layout.schema,
    )


def test_statistics_match_the_values(table):
    layout = FileLayout("a.t", table.io, table.metadata)
    with StagingArea(table.io) as staging:
        (staged,) = write_files(staging, [lambda: rows(layout, 5, 100)], layout, None)
        reread = parquet_file_to_data_file(table.io, table.metadata, staged.data_file.file_path)
    for name in (
        "record_count",
        "file_size_in_bytes",
        "lower_bounds",
        "upper_bounds",
        "null_value_counts",
        "value_counts",
    ):
        assert getattr(staged.data_file, name) == getattr(reread, name), name


@pytest.mark.parametrize(
    ("precision", "physical"), [(9, "INT32"), (10, "INT64"), (18, "INT64"), (19, "FIXED_LEN_BYTE_ARRAY")]
)
def test_decimals_are_stored_as_iceberg_requires(table, precision, physical):
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("price")
    with table.update_schema() as update:
        update.add_column("price", DecimalType(precision, 2))
    layout = FileLayout("a.t", table.io, table.metadata)
    with StagingArea(table.io) as staging:
        prices = pa.array(["-1.50", "2.25"]).cast(layout.schema.field("price").type)
        priced = rows(layout, 5, 2).set_column(3, layout.schema.field("price"), prices)
        (staged,) = write_files(staging, [lambda: priced], layout, None)
        with table.io.new_input(staged.data_file.file_path).open() as source:
            assert pq.ParquetFile(source).schema.column(3).physical_type == physical
    price = layout.column_ids["price"]
    bounds = (staged.data_file.lower_bounds[price], staged.data_file.upper_bounds[price])
    assert bounds == (b"\xff\x6a", b"\x00\xe1")


def test_nan_values_are_counted_where_bounds_are_written(table):
    with table.update_schema() as update:
        update.add_column("ratio", DoubleType())
        update.add_column("other", FloatType())
    properties = {"write.metadata.metrics.column.other": "none"}
    layout = FileLayout("a.t", table.io, table.metadata.model_copy(update={"properties": properties}))

    def batch(ratios):
        return pa.Table.from_pylist([{"ratio": ratio} for ratio in ratios], layout.schema)

    with StagingArea(table.io) as staging:
        tasks = [lambda: batch([0.5, math.nan, None]), lambda: batch([math.nan])]
        (staged,) = write_files(staging, tasks, layout, Partitioner(table.spec(), table.schema()))
    assert staged.data_file.nan_value_counts == {layout.column_ids["ratio"]: 2}


def test_statistics_follow_the_properties_of_the_table(table):
    before = FileLayout("a.t", table.io, table.metadata)
    properties = {"write.metadata.metrics.column.name": "none"}
    after = FileLayout("a.t", table.io, table.metadata.model_copy(update={"properties": properties}))
    plans = [layout.statistics_plan[layout.column_ids["name"]].mode.type for layout in (before, after)]
    assert plans == [MetricModeTypes.TRUNCATE, MetricModeTypes.NONE]


def test_a_file_at_its_target_size_is_closed_and_another_is_opened(table):
    layout = FileLayout("a.t", table.io, table.metadata)
    with StagingArea(table.io) as staging:
        tasks = [lambda first=first: rows(layout, first, 50_000) for first in range(0, 1_000_000, 50_000)]
        files = write_files(staging, tasks, layout, None)
    assert sum(file.data_file.record_count for file in files) == 1_000_000
    assert len(files) > 4
    assert all(file.data_file.partition == Record() for file in files)


def test_keys_are_in_the_order_of_the_rows(table, tmp_path):
    layout = FileLayout("a.t", table.io, table.metadata)
    with StagingArea(table.io) as staging:
        tasks = [lambda first=first: rows(layout, first, 50_000) for first in range(0, 500_000, 50_000)]
        for staged in write_files(staging, tasks, layout, None, key_columns=["id"]):
            keys = pa.concat_tables(staged.keys)["id"].combine_chunks()
            with table.io.new_input(staged.data_file.file_path).open() as source:
                assert pq.read_table(source)["id"].combine_chunks().equals(keys)


def test_keys_do_not_hold_the_rows_in_memory(table):
    layout = FileLayout("a.t", table.io, table.metadata)

    def stored():
        batch = pa.record_batch({"id": range(9), "name": ["x" * 1_000_000] * 9, "price": [None] * 9, "l": [[1]] * 9})
        one_buffer = pa.ipc.read_record_batch(batch.cast(layout.schema).serialize(), layout.schema)
        return pa.Table.from_batches([one_buffer])

    before = pa.total_allocated_bytes()
    with StagingArea(table.io) as staging:
        (staged,) = write_files(staging, [stored], layout, None, key_columns=["id"])
    assert pa.total_allocated_bytes() - before < 1_000_000
    assert staged.keys[0]["id"].to_pylist() == list(range(9))


def test_files_that_are_not_released_are_removed(table, tmp_path):
    layout = FileLayout("a.t", table.io, table.metadata)
    with StagingArea(table.io) as staging:
        write_files(staging, [lambda: rows(layout, 0, 10)], layout, None)
        assert list(tmp_path.rglob("*.parquet"))
    assert not list(tmp_path.rglob("*.parquet"))


def test_only_low_cardinality_columns_are_dictionary_encoded():
    sample = pa.table({"key": range(100), "kind": ["a", "b"] * 50, "nested": [[1]] * 100})
    assert low_cardinality_columns(sample) == ("kind",)


@given(values=st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=1, max_size=60))
def test_columns_with_more_distinct_values_than_a_share_of_the_rows_have_no_dictionary(values):
    is_encoded = low_cardinality_columns(pa.table({"n": pa.array(values, pa.int64())})) == ("n",)
    assert is_encoded == (len(set(values)) <= max(1, int(len(values) * 0.3)))


def test_times_outside_pythons_range_have_counts_but_no_bounds(lake):
    """Spark writes these times, and files of its tables are rewritten."""
    table = lake.create("a.t", pa.schema({"id": pa.int64(), "at": pa.timestamp("us")}))
    layout = FileLayout("a.t", table.io, table.metadata)
    distant = pa.table({"id": [1], "at": pa.array([9 * 10**18]).view(pa.timestamp("us"))}).cast(layout.schema)
    with StagingArea(table.io) as staging:
        (staged,) = write_files(staging, [lambda: distant], layout, None)
    assert staged.data_file.value_counts == {1: 1, 2: 1}
    assert staged.data_file.lower_bounds.keys() == {1}


@pytest.mark.parametrize("last", ["a", "\ud7ff", "\U0010ffff", "\U0010ffff\ud7ff"])
def test_upper_bounds_of_long_strings_are_greater_than_the_strings(table, last):
    layout = FileLayout("a.t", table.io, table.metadata)
    name = "x" * (16 - len(last)) + last + "and more"
    with StagingArea(table.io) as staging:
        batch = pa.Table.from_pylist([{"id": 1, "name": name}], schema=layout.schema)
        (staged,) = write_files(staging, [lambda: batch], layout, None)
    bound = staged.data_file.upper_bounds[2]
    assert bound > name.encode()
    assert len(bound.decode()) <= 16
