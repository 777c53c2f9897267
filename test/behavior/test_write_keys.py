"""The write contract: upsert keys and partition keys."""

from __future__ import annotations

import datetime
import decimal
import math
import re

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from datalake_sdk.engine.write_transaction import UPSERT_KEYS_PROPERTY
from datalake_sdk.errors import (
    DuplicateKeysError,
    InvalidPartitionKeyError,
    MissingColumnError,
    MissingUpsertKeysError,
    NanPartitionError,
    NullKeysError,
    PartitionOverflowError,
    UnkeyableTypeError,
    UnpartitionedTableError,
)
from test.behavior.type_matrix import TIME_OF_DAY

pytestmark = pytest.mark.write_contract


def test_partition_keys_may_be_columns_or_transforms(lake):
    from datalake_sdk.engine.partitions import spec_keys

    units = ("day", "month", "year", "hour")
    keys = (*(f"{unit}(by_{unit})" for unit in units), "bucket(16, id)", "truncate(4, name)", "status")
    times = [datetime.datetime(2024, number, 1, tzinfo=datetime.UTC) for number in (1, 2, 3)]
    rows = [
        {"id": number, "name": f"name{number}", "status": "new"} | {f"by_{unit}": at for unit in units}
        for number, at in enumerate(times)
    ]
    lake.ingest(rows, partitions=keys)
    paid = rows[0] | {"status": "paid"}
    lake.upsert([paid])
    table = lake.iceberg()
    assert tuple(map(str, spec_keys(table.spec(), table.schema()))) == keys
    assert lake.rows() == sorted([paid, *rows[1:]], key=repr)


def test_changed_partition_keys_evolve_the_spec_and_warn(lake, caplog):
    lake.ingest([{"id": 1, "month": 1}], partitions=("month",))
    lake.ingest([{"id": 2, "month": 1}], partitions=("bucket(4, id)",))
    lake.upsert([{"id": 1, "month": 2}, {"id": 2, "month": 2}])
    assert lake.rows() == [{"id": 1, "month": 2}, {"id": 2, "month": 2}]
    assert "partition keys change from 'month' to 'bucket(4, id)'" in caplog.text


def test_a_batch_may_have_many_partitions(lake):
    lake.ingest([{"id": number} for number in range(200)], partitions=("id",))
    assert len(lake.iceberg().inspect.partitions()) == 200


def test_changed_upsert_keys_are_stored_with_a_warning(lake, caplog):
    lake.upsert([{"id": 1, "line": 1}])
    lake.upsert([{"id": 1, "line": 2}], ("id", "line"))
    assert lake.iceberg().properties[UPSERT_KEYS_PROPERTY] == "id,line"
    assert "upsert keys change from 'id' to 'id,line'" in caplog.text


@pytest.mark.parametrize("stored", ["id/line", "id, line"])
def test_stored_upsert_keys_may_be_separated_by_slashes_or_commas(lake, caplog, stored):
    lake.upsert([{"id": 1, "line": 1}], ("id", "line"))
    lake.configure({UPSERT_KEYS_PROPERTY: stored})
    lake.upsert([{"id": 1, "line": 1}], ("id", "line"))
    assert "upsert keys change" not in caplog.text
    assert lake.iceberg().properties[UPSERT_KEYS_PROPERTY] == "id,line"


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    ("rows", "keys", "error", "words"),
    [
        (
            [{"id": 1}, {"id": 1}],
            ("id",),
            DuplicateKeysError,
            "the batch repeats 1 key of upsert_keys 'id', for example",
        ),
        ([{"id": 1}, {"id": None}], ("id",), NullKeysError, "upsert_keys 'id' contain null in 1 row;"),
        (
            [{"id": 1}],
            ("nr",),
            MissingColumnError,
            "upsert_keys contains 'nr', which is not in the data; the columns are 'id'",
        ),
        ([{"id": 1}], ("id", "ID", "nr"), MissingColumnError, "upsert_keys contains 'nr'"),
        ([{"id": 1}], (), MissingUpsertKeysError, "upsert_keys is empty"),
        ([{"id": [1]}], ("id",), UnkeyableTypeError, "contains 'id', which has type list<long>; keys"),
    ],
)
def test_invalid_upsert_keys_are_an_error(lake, exists, rows, keys, error, words):
    if exists:
        lake.ingest([{"id": rows[0]["id"]}])
    with pytest.raises(error) as caught:
        lake.upsert(rows, keys)
    assert words in str(caught.value)
    assert lake.exists() == exists
    assert len(lake.data_files()) == exists


@pytest.mark.not_on_spark("Spark writes the files, and supports NaN as a partition value")
def test_nan_is_not_a_valid_partition_value(lake):
    lake.ingest([{"ratio": 1.0}, {"ratio": None}], partitions=("ratio",))
    before = lake.data_files()
    with pytest.raises(NanPartitionError, match="partition key 'ratio' is NaN in at least one row"):
        lake.ingest([{"ratio": 0.5}, {"ratio": math.nan}])
    assert lake.data_files() == before


@pytest.mark.parametrize(
    ("amount", "data_type", "words"),
    [
        pytest.param(
            decimal.Decimal("-99.99"),
            pa.decimal128(4, 2),
            "-100.00, which is not a value of decimal(4, 2)",
            marks=pytest.mark.not_on_spark("Spark fails with an error of its own"),
        ),
        (-(2**31), pa.int32(), "-2147483650, which is not a value of int"),
        (-(2**63), pa.int64(), "-9223372036854775850, which is not a value of long"),
    ],
)
def test_a_number_that_truncation_rounds_out_of_its_range_is_an_error(lake, amount, data_type, words):
    with pytest.raises(PartitionOverflowError, match=re.escape(words)) as caught:
        lake.ingest(pa.table({"amount": pa.array([amount], data_type)}), partitions=("truncate(50, amount)",))
    assert "'truncate(50, amount)'" in str(caught.value)
    assert not lake.exists()


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("strategy", ["copy-on-write", "merge-on-read"])
@pytest.mark.not_on_spark("Iceberg's Java library writes such tables")
def test_a_table_whose_partition_column_was_removed_and_dropped_is_written(lake, version, strategy):
    """Format version 1 keeps removed partition fields, with the transform `void`, also after an upgrade."""
    identifier = lake.table.identifier(lake.platform.environment)
    lake.platform.catalog.create_namespace_if_not_exists(identifier[0])
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "country", StringType()))
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "country"))
    properties = {"format-version": "1", "write.merge.mode": strategy}
    table = lake.platform.catalog.create_table(identifier, schema, partition_spec=spec, properties=properties)
    table.append(pa.table({"id": [1], "country": ["FR"]}))
    with table.update_spec() as update:
        update.remove_field("country")
    with lake.iceberg().update_schema() as update:
        update.delete_column("country")
    with lake.iceberg().transaction() as transaction:
        transaction.upgrade_table_version(int(version))
    lake.again().ingest([{"id": 2, "n": 1}, {"id": 3, "n": 1}])
    lake.again().upsert([{"id": 1, "n": 2}, {"id": 3, "n": 2}])
    lake.again().ingest([{"id": 4, "n": 1}])
    lake.again().maintain()
    expected = [{"id": 1, "n": 2}, {"id": 2, "n": 1}, {"id": 3, "n": 2}, {"id": 4, "n": 1}]
    assert lake.again().rows() == expected
    assert lake.iceberg().scan().to_arrow().sort_by("id").to_pylist() == expected
    lake.again().ingest([{"id": 5, "n": 1}], "overwrite")
    assert lake.again().rows() == [{"id": 5, "n": 1}]


@pytest.mark.not_on_spark("Iceberg's writer for Spark cannot write deletes of such partitions")
@pytest.mark.parametrize("strategy", ["copy-on-write", "merge-on-read"])
def test_rows_are_updated_in_partitions_whose_column_was_dropped(lake, strategy):
    lake.ingest([{"id": 1, "country": "FR", "n": 1}, {"id": 2, "country": "DE", "n": 1}], partitions=("country",))
    lake.configure({"write.merge.mode": strategy})
    lake.ingest([{"id": 3, "country": "FR", "n": 1}], partitions=())
    with lake.iceberg().update_schema() as update:
        update.delete_column("country")
    lake.again().upsert([{"id": 1, "n": 2}])
    assert lake.again().rows() == [{"id": 1, "n": 2}, {"id": 2, "n": 1}, {"id": 3, "n": 1}]


@pytest.mark.local_files
@pytest.mark.parametrize("data_type", [pa.float32(), pa.float64()])
def test_a_deletion_by_the_bounds_of_a_file_keeps_rows_with_nan(lake, data_type):
    lake.ingest(pa.table({"ratio": pa.array([1.5, math.nan], data_type)}))
    lake.iceberg().delete("ratio < 2")
    assert str(lake.again().rows()) == str([{"ratio": math.nan}])


def test_the_least_number_is_in_the_partition_of_its_multiple(lake):
    least = pa.array([-(2**31), 0], pa.int32())
    lake.ingest(pa.table({"amount": least}), partitions=("truncate(64, amount)",))
    assert len(lake.iceberg().scan(row_filter="amount < 0").to_arrow()) == 1


def test_up_to_five_duplicate_keys_are_listed(lake):
    rows = [{"id": number // 2} for number in range(20)]
    with pytest.raises(DuplicateKeysError, match="10 key.*id=0; id=1; id=2; id=3; id=4;"):
        lake.upsert(rows)


@pytest.mark.parametrize(
    ("partitions", "error", "words"),
    [
        (("city",), MissingColumnError, "partition_keys contains 'city', which is not in the data"),
        (("day(sold_at)",), MissingColumnError, "partition_keys contains 'sold_at', which is not in the data"),
        (("week(at)",), InvalidPartitionKeyError, "partition_keys contains 'week(at)'"),
        (("bucket(id)",), InvalidPartitionKeyError, "partition_keys contains 'bucket(id)'"),
        (("day(id)",), InvalidPartitionKeyError, "partition_keys contains 'day(id)' (column 'id' is long)"),
        (("id", "ID"), InvalidPartitionKeyError, "partition_keys contains 'id' (it occurs twice)"),
    ],
)
def test_invalid_partition_keys_are_an_error(lake, partitions, error, words):
    with pytest.raises(error) as caught:
        lake.ingest([{"id": 1}], partitions=partitions)
    assert words in str(caught.value)
    assert not lake.exists()


def test_two_periods_of_a_column_cannot_be_added_at_a_time(lake):
    rows = [{"at": datetime.datetime(2026, 1, 1)}]
    lake.ingest(rows)
    with pytest.raises(InvalidPartitionKeyError, match=r"'month\(at\)' \(year\(at\) already partitions by 'at'\)"):
        lake.ingest(rows, partitions=("year(at)", "month(at)"))
    lake.ingest(rows, partitions=("year(at)",))
    lake.ingest(rows, partitions=("year(at)", "month(at)"))
    assert lake.rows() == 3 * rows


def test_overwrite_partitions_of_an_unpartitioned_table_is_an_error(lake):
    with pytest.raises(UnpartitionedTableError, match="the table is not partitioned"):
        lake.ingest([{"id": 1}], "overwrite_partitions")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2, 3], pa.int32()),
        pa.array(["a", "b", "c"]),
        pa.array([datetime.date(2024, 1, day) for day in (1, 2, 3)]),
        pa.array([datetime.datetime(2024, 1, day) for day in (1, 2, 3)]),
        pa.array([datetime.datetime(2024, 1, day, tzinfo=datetime.UTC) for day in (1, 2, 3)]),
        pa.array([decimal.Decimal("1.10"), decimal.Decimal("1.20"), decimal.Decimal("1.30")]),
        pa.array([1.5, 2.5, float("nan")]),
        pytest.param(pa.array([datetime.time(1), datetime.time(2), datetime.time(3)]), marks=TIME_OF_DAY),
        pa.array([b"a", b"b", b"c"]),
    ],
    ids=lambda values: str(values.type),
)
def test_upsert_keys_may_have_any_primitive_type(lake, values):
    lake.ingest(pa.table({"id": values.slice(0, 2), "v": ["old", "old"]}))
    result = lake.upsert(pa.table({"id": values.slice(1, 2), "v": ["new", "new"]}))
    assert (result.rows_updated, result.rows_inserted) == (1, 1)
    assert sorted(row["v"] for row in lake.rows()) == ["new", "new", "old"]
