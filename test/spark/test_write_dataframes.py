"""Spark DataFrames: names, types and values are stored as by the native engine."""

from __future__ import annotations

import datetime
import decimal

import pytest
from pyspark.sql import Row
from pyspark.sql import functions as f
from pyspark.sql import types as spark

from datalake_sdk.errors import (
    ColumnNameCollisionError,
    DateOutOfRangeError,
    IncompatibleColumnError,
    RepeatedColumnError,
    SparkJobError,
    UnsupportedDataframeError,
    UnsupportedSparkTypeError,
    UnsupportedTypeError,
)
from datalake_sdk.settings import IngestionMode
from datalake_sdk.spark_engine.versions import SPARK_3_5, installed_line
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

HAS_VARIANT = pytest.mark.skipif(installed_line() is SPARK_3_5, reason="Spark 3.5 has no variant type")
MONTHLY = {"partition_keys": ("month(day)",)}


@pytest.fixture
def write(lake):
    """Writes a Spark DataFrame, or the rows of a SQL query."""

    def write_rows(rows, *mode, **fields):
        return lake.write(lake.session.sql(rows) if isinstance(rows, str) else rows, *mode, **fields)

    return write_rows


def test_column_names_are_normalized(lake, write):
    write("SELECT 1 AS `Order ID`, 2 AS `a.b`, 3 AS `arrTime`, 4 AS `dép art`")
    write("SELECT 5 AS `a.b`, 6 AS `Order ID`", IngestionMode.UPSERT, upsert_keys=("Order ID",))
    assert lake.rows() == [
        {"order_id": 1, "a_b": 2, "arr_time": 3, "dep_art": 4},
        {"order_id": 6, "a_b": 5, "arr_time": None, "dep_art": None},
    ]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ("1 AS `a b`, 2 AS a_b", ColumnNameCollisionError),
        ("1 AS id, 2 AS ID", ColumnNameCollisionError),
        ("1 AS id, 2 AS id", RepeatedColumnError),
    ],
)
def test_columns_with_the_same_name_are_rejected(lake, write, columns, error):
    with pytest.raises(error):
        write(f"SELECT {columns}")
    assert not lake.exists()


def test_timestamps_with_and_without_a_time_zone_are_different_types(lake, write):
    write("SELECT TIMESTAMP_LTZ '2024-01-01 01:00:00+01:00' AS zoned, TIMESTAMP_NTZ '2024-01-01 00:00:00' AS plain")
    assert lake.schema() == {"zoned": "timestamptz", "plain": "timestamp"}
    midnight = datetime.datetime(2024, 1, 1)
    assert lake.rows() == [{"zoned": midnight.replace(tzinfo=datetime.UTC), "plain": midnight}]
    with pytest.raises(IncompatibleColumnError, match="column 'plain' is timestamp, the batch has timestamptz"):
        write("SELECT TIMESTAMP_LTZ '2024-01-01 00:00:00' AS plain")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("INTERVAL 1 DAY", "duration"),
        ("INTERVAL 1 MONTH", "interval"),
        pytest.param("parse_json('1')", "variant", marks=HAS_VARIANT),
        pytest.param("struct(array(parse_json('1')) AS x)", "variant", marks=HAS_VARIANT),
    ],
)
def test_types_that_iceberg_cannot_store_are_rejected_with_the_column_name(lake, write, expression, words):
    with pytest.raises(UnsupportedTypeError, match=f"column 'v.*' has type .*{words}"):
        write(f"SELECT {expression} AS v")
    assert not lake.exists()


def test_types_that_spark_does_not_support_are_rejected_with_the_column_name(lake):
    with pytest.raises(UnsupportedSparkTypeError, match="column 'at' has type time"):
        lake.ingest([{"at": datetime.time(1)}])


def test_values_that_are_not_dataframes_are_rejected(lake):
    with pytest.raises(UnsupportedDataframeError, match="int"):
        lake.write(7)


def test_pandas_on_spark_is_written_as_its_spark_dataframe(lake, write):
    below = lake.session.range(3).withColumnRenamed("id", "Order ID")
    # pandas on Spark 4.0 cannot be imported with pandas 3.
    kind = type("DataFrame", (), {"__module__": "pyspark.pandas.frame", "to_spark": lambda self: below})
    write(kind())
    assert lake.rows() == [{"order_id": number} for number in range(3)]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_rows_of_another_session_are_written(lake, write, mode):
    write("SELECT 1L AS id")
    write(lake.session.newSession().range(1, 3), IngestionMode(mode), upsert_keys=("id",))
    assert [row["id"] for row in lake.rows()] == ([1, 2] if mode == "upsert" else [1, 1, 2])


def test_struct_fields_are_matched_by_name(lake, write):
    write("SELECT struct(1 AS a, 'x' AS b) AS s, array(struct(1 AS a, 2 AS b)) AS l")
    write("SELECT struct('y' AS b, 2 AS a) AS s, array(struct(4 AS b, 3 AS a)) AS l")
    assert lake.rows()[1] == {"s": {"a": 2, "b": "y"}, "l": [{"a": 3, "b": 4}]}


def test_a_decimal_with_38_digits_keeps_every_digit(lake, write):
    value = decimal.Decimal("9" * 28 + "." + "9" * 10)
    schema = spark.StructType([spark.StructField("v", spark.DecimalType(38, 10))])
    write(lake.session.createDataFrame([Row(v=value)], schema))
    assert lake.schema() == {"v": "decimal(38, 10)"}
    assert lake.rows() == [{"v": value}]


DECLARED = {
    "int": ("CAST(2147483648 AS BIGINT)", "column 'v' is int, the batch has long", "2147483648"),
    "long": ("CAST(1.5 AS DOUBLE)", "column 'v' is long, the batch has double", "1.5"),
    "decimal(4, 1)": ("1.25", "column 'v' is decimal(4, 1), the batch has decimal(3, 2)", "1.25"),
    "date": ("TIMESTAMP_NTZ '2024-01-01 12:00:00'", "column 'v' is date, the batch has timestamp", "2024-01-01 12"),
    "double": ("9007199254740993", "column 'v' is double, the batch has long", "9007199254740993"),
    "float": ("1e300D", "column 'v' is float, the batch has double", "1.0E300"),
}


@pytest.mark.parametrize("declared", DECLARED)
def test_a_value_that_a_declared_type_cannot_store_exactly_is_rejected(lake, write, declared):
    expression, words, value = DECLARED[declared]
    configuration = TableConfiguration(columns={"v": ColumnConfiguration(declared)})
    with pytest.raises(IncompatibleColumnError) as caught:
        write(f"SELECT {expression} AS v", configuration=configuration)
    assert words in caught.value.message
    assert f"cannot hold exactly: {value}" in caught.value.message
    assert not lake.exists()
    assert not lake.data_files()


def test_a_value_that_fits_a_declared_type_is_stored_in_it(lake, write):
    columns = {"d": ColumnConfiguration("decimal(10, 2)"), "i": ColumnConfiguration("int", "How many")}
    write("SELECT 2.5D AS d, '7' AS i", configuration=TableConfiguration("All", columns))
    assert lake.rows() == [{"d": decimal.Decimal("2.50"), "i": 7}]
    assert lake.iceberg().schema().find_field("i").doc == "How many"


OUT_OF_RANGE = {
    "date": ("DATE '9999-12-31' + 1", "v", "after the year 9999"),
    "date before the year 1": ("DATE '0001-01-01' - 1", "v", "before the year 1"),
    "timestamp": ("TIMESTAMP_NTZ '9999-12-31 23:59:59.999999' + INTERVAL 0.000001 SECOND", "v", "after the year 9999"),
    "timestamp with a zone": ("timestamp_micros(-62135596800000001)", "v", "before the year 1"),
    "list": ("array(NULL, DATE '9999-12-31' + 1)", "v", "after the year 9999"),
    "struct": ("struct(array(timestamp_micros(253402300800000000)) AS at)", "v.at", "after the year 9999"),
    "map key": ("map(DATE '9999-12-31' + 1, 1)", "v", "after the year 9999"),
    "map value": ("map(1, DATE '9999-12-31' + 1)", "v", "after the year 9999"),
}


@pytest.mark.parametrize("case", OUT_OF_RANGE)
@pytest.mark.parametrize("mode", [IngestionMode.APPEND, IngestionMode.UPSERT])
def test_dates_outside_the_years_1_to_9999_are_rejected(lake, write, case, mode):
    expression, column, when = OUT_OF_RANGE[case]
    with pytest.raises(DateOutOfRangeError, match=f"column '{column}' has a date or time {when}; nothing was written"):
        write(f"SELECT 1 AS id, {expression} AS v", mode, upsert_keys=("id",))
    assert not lake.exists()


def test_a_date_outside_the_years_1_to_9999_is_rejected_after_a_cast(lake, write):
    configuration = TableConfiguration(columns={"v": ColumnConfiguration("date")})
    with pytest.raises(DateOutOfRangeError, match="column 'v' has a date or time after the year 9999"):
        write("SELECT TIMESTAMP_NTZ '9999-12-31' + INTERVAL 1 DAY AS v", configuration=configuration)


def test_the_first_and_last_valid_dates_are_stored(lake, write):
    first, last = "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"
    for time in (first, last):
        write(
            f"SELECT TIMESTAMP_NTZ '{time}' AS plain, TIMESTAMP_LTZ '{time}' AS zoned, "
            f"map(DATE '{time[:10]}', array(DATE '{time[:10]}')) AS days"
        )
    assert [row["plain"] for row in lake.rows()] == [datetime.datetime.min, datetime.datetime.max]
    assert [row["zoned"].replace(tzinfo=None) for row in lake.rows()] == [datetime.datetime.min, datetime.datetime.max]
    assert [row["days"] for row in lake.rows()] == [[(day, [day])] for day in (datetime.date.min, datetime.date.max)]


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions", "append", "upsert"])
def test_a_failure_while_computing_rows_leaves_the_table_unchanged(lake, write, mode):
    write("SELECT DATE '2024-01-01' AS day, 1 AS id", **MONTHLY)
    before, files = lake.iceberg().metadata_location, lake.files()
    rows = lake.session.range(4).select(f.lit(datetime.date(2024, 2, 1)).alias("day"), (1 / f.col("id")).alias("new"))
    with pytest.raises(SparkJobError, match="DIVIDE_BY_ZERO"):
        write(rows, IngestionMode(mode), upsert_keys=("day",))
    assert lake.iceberg().metadata_location == before
    assert {file for file in lake.files() if not file.endswith(".db")} == {f for f in files if not f.endswith(".db")}


def test_rows_of_an_upsert_are_computed_once(lake, write):
    write("SELECT 1L AS id, 'a' AS v")
    count = lake.session.sparkContext.accumulator(0)

    def counted(batches):
        for batch in batches:
            count.add(batch.num_rows)
            yield batch

    write(lake.session.range(5).mapInArrow(counted, "id long"), IngestionMode.UPSERT, upsert_keys=("id",))
    assert count.value == 5


@pytest.mark.parametrize(("mode", "is_warned"), [("overwrite", True), ("overwrite_partitions", False)])
def test_overwriting_a_partitioned_table_logs_a_warning(lake, write, caplog, mode, is_warned):
    lake.native().ingest([{"id": 1, "day": datetime.date(2026, 1, 1)}], partitions=("month(day)",))
    write("SELECT 2 AS id, DATE '2026-02-01' AS day", IngestionMode(mode))
    assert ("overwrite_partitions replaces only those of the batch" in caplog.text) is is_warned
    assert len(lake.rows()) == (1 if is_warned else 2)
