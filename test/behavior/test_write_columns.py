"""The write contract: names, types and evolution of columns."""

from __future__ import annotations

import datetime
import decimal
import math

import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    ColumnNameCollisionError,
    DateOutOfRangeError,
    DeclaredTypeConflictError,
    IncompatibleColumnError,
    NullKeysError,
    RequiredColumnError,
    UnsupportedTypeError,
)
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration
from test.behavior.type_matrix import ACCEPTED, GIVEN, STORED, TIME_OF_DAY, as_stored

pytestmark = pytest.mark.write_contract


def test_columns_are_matched_by_name_not_by_position(lake):
    lake.ingest([{"a": 1, "b": 2}])
    lake.ingest([{"b": 4, "a": 3}])
    assert lake.rows() == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_column_names_are_normalized_to_lower_snake_case(lake):
    lake.ingest([{"Order ID": 1, "arrTime": 2, "Départ": 3, "1st": 4}])
    assert lake.rows() == [{"order_id": 1, "arr_time": 2, "depart": 3, "_1st": 4}]


def test_two_columns_with_the_same_normalized_name_are_an_error(lake):
    with pytest.raises(ColumnNameCollisionError, match="'Order ID', 'order_id' are both stored as 'order_id'"):
        lake.ingest([{"Order ID": 1, "order_id": 2}])
    assert not lake.exists()


def test_a_column_without_a_usable_name_is_named_by_its_position(lake):
    lake.ingest([{"id": 1, "": 2, "--": 3}])
    assert lake.rows() == [{"id": 1, "column_2": 2, "column_3": 3}]


def test_reserved_words_are_valid_column_names(lake):
    words = ("select", "order", "table", "from")
    first, second = dict.fromkeys(words, 1), dict.fromkeys(words, 2)
    lake.ingest([first], partitions=words)
    lake.upsert([first, second], words)
    assert lake.rows() == [first, second]


def test_a_new_column_is_added_and_null_in_older_rows(lake):
    lake.ingest([{"id": 1}])
    lake.ingest([{"id": 2, "note": "x"}])
    assert lake.rows() == [{"id": 1, "note": None}, {"id": 2, "note": "x"}]


def test_a_missing_column_is_null_in_new_rows(lake):
    lake.ingest([{"id": 1, "note": "x"}])
    lake.ingest([{"id": 2}])
    assert lake.rows() == [{"id": 1, "note": "x"}, {"id": 2, "note": None}]


def require(lake, *columns):
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        for column in columns:
            update.update_column(column, required=True)


@pytest.mark.parametrize("row", [{"id": 2, "n": None, "name": "b"}, {"id": 2, "name": "b"}], ids=["null", "missing"])
@pytest.mark.parametrize("mode", ["append", "overwrite", "upsert"])
def test_a_required_column_without_a_value_is_an_error(lake, mode, row):
    lake.ingest([{"id": 1, "n": 1, "name": "a"}])
    require(lake, "n")
    keys = ("id",) if mode == "upsert" else ()
    schema = pa.schema({name: pa.string() if name == "name" else pa.int64() for name in row})
    with pytest.raises(RequiredColumnError, match="column 'n' is required, but it is null or missing in some rows"):
        lake.ingest(pa.Table.from_pylist([row], schema), mode, keys)
    assert lake.rows() == [{"id": 1, "n": 1, "name": "a"}]


def test_an_upsert_keeps_the_stored_values_of_required_columns_that_it_lacks(lake):
    lake.ingest([{"id": 1, "n": 1, "name": "a"}])
    require(lake, "id", "n")
    lake.upsert([{"id": 1, "name": "b"}])
    assert lake.rows() == [{"id": 1, "n": 1, "name": "b"}]


def test_a_null_in_a_required_key_is_counted(lake):
    lake.ingest([{"id": 1, "n": 1}])
    require(lake, "id")
    with pytest.raises(NullKeysError, match="contain null in 1 row"):
        lake.upsert([{"id": 1, "n": 2}, {"id": None, "n": 2}])
    assert lake.rows() == [{"id": 1, "n": 1}]


WIDENED = {
    "int_long": (pa.int32(), pa.int64(), "long"),
    "long_int": (pa.int64(), pa.int32(), "long"),
    "float_double": (pa.float32(), pa.float64(), "double"),
    "double_float": (pa.float64(), pa.float32(), "double"),
    "short_decimal": (pa.decimal128(5, 2), pa.decimal128(9, 2), "decimal(9, 2)"),
    "long_decimal": (pa.decimal128(9, 2), pa.decimal128(5, 2), "decimal(9, 2)"),
    "double_long": (pa.float64(), pa.int64(), "double"),
}


def test_types_are_widened_by_safe_promotions(lake):
    one, two = (pa.array([decimal.Decimal(number)]) for number in (1, 2))
    lake.ingest(pa.table({name: one.cast(stored) for name, (stored, _, _) in WIDENED.items()}))
    lake.ingest(pa.table({name: two.cast(given) for name, (_, given, _) in WIDENED.items()}))
    assert lake.schema() == {name: result for name, (_, _, result) in WIDENED.items()}
    assert [set(map(int, row.values())) for row in lake.rows()] == [{1}, {2}]


INCOMPATIBLE = {
    "long": ([1], ["x"], "is long, the batch has string"),
    "string": (["x"], [1], "is string, the batch has long"),
    "whole": ([1], [1.5], "is long, the batch has double"),
    "day": ([datetime.date(2024, 1, 1)], [datetime.datetime(2024, 1, 1)], "is date, the batch has timestamp"),
    "double": ([1.5], [2**53 + 1], "is double, the batch has long"),
    "list": ([[1]], [["x"]], "is list<long>, the batch has list<string>"),
}


def test_other_type_changes_are_an_error_and_leave_the_table_unchanged(lake, subtests):
    lake.ingest(pa.table({name: stored for name, (stored, _, _) in INCOMPATIBLE.items()}))
    before = lake.iceberg().metadata_location
    for name, (_, given, words) in INCOMPATIBLE.items():
        with subtests.test(name):
            with pytest.raises(IncompatibleColumnError) as caught:
                lake.ingest(pa.table({name: given, "new": [1]}))
            assert f"column '{name}' {words}" in str(caught.value)
            assert lake.iceberg().metadata_location == before


def decimals(*literals, precision=38, scale=16):
    return pa.array(map(decimal.Decimal, literals), pa.decimal128(precision, scale))


BY_VALUE = {
    "whole_double": (pa.array([7]), pa.array([-3.0]), -3),
    "whole_decimal": (pa.array([7], pa.int32()), decimals("-3"), -3),
    "decimal_double": (pa.array([1.5]), decimals("0.3"), 0.3),
    "integer_decimal": (decimals("1.50", scale=2), pa.array([2]), decimal.Decimal(2)),
    "large_integer": (pa.array([1.5]), pa.array([10**17]), 1e17),
    "double_decimal": (decimals("1.50", precision=9, scale=2), pa.array([2.25]), decimal.Decimal("2.25")),
    "float_decimal": (decimals("1.50", scale=20), pa.array([0.1], pa.float32()), decimal.Decimal("0.1")),
    "another_scale": (decimals("1.50", precision=9, scale=2), decimals("2.25"), decimal.Decimal("2.25")),
    "list": (pa.array([[1]]), pa.array([[2.0, None]]), [2, None]),
    "struct": (pa.array([{"a": 1.5}]), pa.array([{"a": decimal.Decimal("0.3")}]), {"a": 0.3}),
}


def test_numbers_of_another_type_are_stored_by_value_in_the_tables_type(lake):
    lake.ingest(pa.table({name: stored for name, (stored, _, _) in BY_VALUE.items()}))
    types = lake.schema()
    lake.ingest(pa.table({name: given for name, (_, given, _) in BY_VALUE.items()}), "overwrite")
    assert lake.schema() == types
    assert lake.rows() == [{name: expected for name, (_, _, expected) in BY_VALUE.items()}]


NOT_IN_SPARK = {"time", "uuid", "fixed"}


@pytest.mark.parametrize(
    "columns",
    [set(ACCEPTED) - NOT_IN_SPARK, pytest.param(NOT_IN_SPARK, marks=TIME_OF_DAY)],
    ids=["plain", "not in Spark"],
)
@pytest.mark.parametrize("mode", ["overwrite", "upsert"])
def test_values_of_every_type_that_a_column_accepts_are_stored_exactly(lake, columns, mode):
    cells = {f"{column}_{name}": (column, name) for column in sorted(columns) for name in sorted(ACCEPTED[column])}
    lake.ingest(pa.table({"key": [1.0], **{cell: STORED[column] for cell, (column, _) in cells.items()}}))
    lake.ingest(pa.table({"key": [1], **{cell: GIVEN[name] for cell, (_, name) in cells.items()}}), mode, ("key",))
    (row,) = lake.rows()
    assert row == {"key": 1.0} | {cell: as_stored(column, GIVEN[name]) for cell, (column, name) in cells.items()}


UNREPRESENTABLE = {
    "whole": (pa.array([1]), pa.array([2.0, 1.5]), "1.5"),
    "nan": (pa.array([1]), pa.array([2.0, math.nan]), "nan"),
    "beyond_long": (pa.array([1]), pa.array([2.0, 2.0**63]), "9.223372036854776"),
    "beyond_int": (pa.array([1], pa.int32()), pa.array([2.0, 3e9]), "3"),
    "large_integer": (pa.array([1.5]), pa.array([2, 2**63 - 1]), "9223372036854775807"),
    "too_many_digits": (pa.array([1.5]), decimals("2", "0.1000000000000001234", scale=19), "0.1000000000000001234"),
    "rounded": (decimals("1.50", precision=9, scale=2), pa.array([2.0, 0.1 + 0.2]), "0.30000000000000004"),
    "list": (pa.array([[1]]), pa.array([[2.0], [1.5]]), "1.5"),
}


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_number_that_the_tables_type_cannot_represent_is_an_error_with_examples(lake, subtests, mode):
    lake.ingest(pa.table({"id": [1]} | {name: stored for name, (stored, _, _) in UNREPRESENTABLE.items()}))
    before = lake.iceberg().metadata_location
    for name, (_, given, value) in UNREPRESENTABLE.items():
        with subtests.test(name):
            with pytest.raises(IncompatibleColumnError) as caught:
                lake.ingest(pa.table({"id": [1, 2], name: given}), mode, ("id",))
            assert f"{name}'" in caught.value.message
            assert f"cannot hold exactly: {value}" in caught.value.message.replace("NaN", "nan")
            assert "Correct or round the values" in caught.value.hint
            assert lake.iceberg().metadata_location == before


def test_an_incompatible_value_in_the_last_batch_leaves_the_table_unchanged(lake):
    lake.ingest([{"id": 1}])
    before, files = lake.iceberg().metadata_location, lake.data_files()
    batches = [pa.record_batch({"id": pa.array(range(4096)).cast(pa.float64())}) for _ in range(8)]
    batches.append(pa.record_batch({"id": [0.5, 1.5, 2.0, 2.5, 3.5, 4.5, 5.5]}))
    with pytest.raises(IncompatibleColumnError, match="column 'id' is long, the batch has double.* exactly: 0.5"):
        lake.ingest(pa.RecordBatchReader.from_batches(batches[0].schema, batches))
    assert lake.iceberg().metadata_location == before
    assert lake.data_files() == files


def test_upsert_keys_of_another_number_type_match_their_rows(lake):
    lake.ingest([{"id": 1, "v": "old"}, {"id": 2, "v": "old"}])
    given = {"a": pa.array([2.0, 3.0]), "b": decimals("1", "4")}
    for ids in given.values():
        result = lake.upsert(pa.table({"id": ids, "v": ["new", "new"]}))
        assert (result.rows_updated, result.rows_inserted) == (1, 1)
    assert lake.rows() == [{"id": number, "v": "new"} for number in (1, 2, 3, 4)]


def test_pandas_integers_with_nulls_are_stored_in_an_integer_column(lake):
    pandas = pytest.importorskip("pandas")
    lake.ingest([{"id": 1, "n": 1}])
    lake.write(pandas.DataFrame({"id": [2, 3], "n": [7, None]}))
    assert [row["n"] for row in lake.rows()] == [1, 7, None]


def test_a_declared_type_that_conflicts_with_the_column_is_an_error(lake):
    lake.ingest([{"v": 1}])
    configuration = TableConfiguration(columns={"v": ColumnConfiguration("double")})
    with pytest.raises(DeclaredTypeConflictError, match="column 'v' is long, its table file declares double"):
        lake.ingest([{"v": 1}], configuration=configuration)


def test_nested_columns_evolve_like_top_level_ones(lake):
    lake.ingest([{"id": 1, "place": {"city": "Bonn"}}])
    lake.ingest([{"id": 2, "place": {"zip": "00501"}}])
    lake.upsert([{"id": 1, "place": {"city": "Köln", "zip": "50667"}}])
    assert lake.rows() == [
        {"id": 1, "place": {"city": "Köln", "zip": "50667"}},
        {"id": 2, "place": {"city": None, "zip": "00501"}},
    ]


def test_unsigned_integers_beyond_long_are_stored_in_new_and_existing_columns(lake):
    lake.ingest(pa.table({"v": pa.array([1], pa.uint64())}))
    lake.ingest(pa.table({"v": pa.array([2**64 - 1], pa.uint64())}))
    lake.ingest([{"v": -2}])
    assert lake.schema() == {"v": "decimal(20, 0)"}
    assert sorted(row["v"] for row in lake.rows()) == [-2, 1, 2**64 - 1]


def test_unsigned_integers_are_stored_by_value_in_long_columns(lake):
    lake.ingest([{"v": 1}])
    lake.ingest(pa.table({"v": pa.array([2], pa.uint64())}))
    with pytest.raises(IncompatibleColumnError, match="column 'v'"):
        lake.ingest(pa.table({"v": pa.array([2**63], pa.uint64())}))
    assert lake.schema() == {"v": "long"}
    assert lake.rows() == [{"v": 1}, {"v": 2}]


NEAREST = {
    "uint8": (pa.array([1], pa.uint8()), 1),
    "uint64": (pa.array([1], pa.uint64()), 1),
    "dictionary": (pa.array(["x"]).dictionary_encode(), "x"),
    "large_string": (pa.array(["x"], pa.large_string()), "x"),
    "nanoseconds": (pa.array([1_000], pa.timestamp("ns")), datetime.datetime(1970, 1, 1, 0, 0, 0, 1)),
    "zoned": (pa.array([0], pa.timestamp("s", "Europe/Berlin")), datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
    "date64": (pa.array([86_400_000], pa.date64()), datetime.date(1970, 1, 2)),
    "decimal": (pa.array([decimal.Decimal("1.50")]), decimal.Decimal("1.50")),
    "bytes": (pa.array([b"x"]), b"x"),
    "boolean": (pa.array([True]), True),
}
TIME = {"time": (pa.array([1], pa.time32("s")), datetime.time(0, 0, 1))}


@pytest.mark.parametrize("columns", [NEAREST, pytest.param(TIME, marks=TIME_OF_DAY)], ids=["all", "time"])
def test_arrow_types_without_an_iceberg_equivalent_are_stored_as_the_nearest_type(lake, columns):
    lake.ingest(pa.table({name: values for name, (values, _) in columns.items()}))
    assert lake.rows() == [{name: expected for name, (_, expected) in columns.items()}]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_nested_values_that_are_all_null_take_the_type_of_the_table(lake, mode):
    stored = {"l": [1], "s": {"a": 1, "b": [2]}, "m": [("k", 1)]}
    types = [("l", pa.list_(pa.int64())), ("s", pa.struct([("a", pa.int64()), ("b", pa.list_(pa.int64()))]))]
    schema = pa.schema([("id", pa.int64()), *types, ("m", pa.map_(pa.string(), pa.int64()))])
    lake.ingest(pa.Table.from_pylist([{"id": 1, **stored}], schema))
    before = lake.schema()
    nulls = {"id": [2], "l": [[None]], "s": [{"a": None, "b": []}]}
    entries = pa.array([[("k", None)]], pa.map_(pa.string(), pa.null()))
    lake.ingest(pa.table({**nulls, "m": entries}), mode, ("id",))
    assert lake.schema() == before
    assert lake.rows()[1] == {"id": 2, "l": [None], "s": {"a": None, "b": []}, "m": [("k", None)]}


def test_nested_values_that_are_all_null_become_strings_in_new_columns(lake):
    lake.ingest(pa.table({"id": [1], "l": [[None]], "s": [{"a": None}]}))
    lake.ingest([{"id": 2, "l": ["x"], "s": {"a": "y"}}])
    assert lake.rows() == [{"id": 1, "l": [None], "s": {"a": None}}, {"id": 2, "l": ["x"], "s": {"a": "y"}}]


def test_objects_without_keys_are_an_error_with_a_hint(lake):
    with pytest.raises(UnsupportedTypeError, match="column 'v' has type struct<>") as caught:
        lake.ingest(pa.table({"v": pa.array([{}], pa.struct([]))}))
    assert caught.value.hint.startswith("Every object in 'v' is empty")


@pytest.mark.parametrize("data_type", [pa.duration("s"), pa.decimal256(60, 2), pa.month_day_nano_interval()])
def test_types_that_iceberg_cannot_store_are_an_error_with_their_names(lake, data_type):
    with pytest.raises(UnsupportedTypeError, match="column 'v' has type"):
        lake.ingest(pa.table({"v": pa.nulls(1, data_type)}))


def test_an_untyped_column_of_nulls_is_not_added_to_the_table(lake, caplog):
    lake.ingest(pa.table({"id": [1], "note": pa.nulls(1)}))
    lake.ingest([{"id": 2, "note": 7}])
    assert lake.rows() == [{"id": 1, "note": None}, {"id": 2, "note": 7}]
    assert "column 'note' contains only nulls and has no type" in caplog.text


def test_a_batch_of_untyped_nulls_does_not_create_a_table(lake, caplog):
    assert lake.ingest(pa.table({"note": pa.nulls(2)})).rows_inserted == 0
    assert not lake.exists()
    assert "the batch is empty; nothing was changed" in caplog.text


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_nulls_of_another_type_are_accepted_and_values_are_rejected(lake, mode):
    lake.ingest([{"id": 1, "note": "x", "day": datetime.date(2024, 1, 1)}])
    nulls = {"note": pa.nulls(2, pa.float64()), "day": pa.nulls(2, pa.timestamp("ns"))}
    lake.ingest(pa.table({"id": [2, 3], **nulls}), mode, ("id",))
    assert lake.schema() == {"id": "long", "note": "string", "day": "date"}
    assert lake.rows()[1:] == [{"id": number, "note": None, "day": None} for number in (2, 3)]
    before, files = lake.iceberg().metadata_location, lake.data_files()
    with pytest.raises(IncompatibleColumnError, match="column 'note' is string, the batch has double; nothing"):
        lake.ingest(pa.table({"id": [4, 5], "note": [None, 1.5]}), mode, ("id",))
    assert lake.iceberg().metadata_location == before
    assert lake.data_files() == files


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_column_of_nulls_is_accepted_for_every_stored_type(lake, mode):
    lake.ingest([{"id": 1, "price": 2.5}])
    lake.ingest(pa.table({"id": [1], "price": pa.nulls(1)}), mode, ("id",))
    assert lake.schema() == {"id": "long", "price": "double"}
    assert lake.rows()[-1] == {"id": 1, "price": None}


def test_declared_types_take_precedence_and_descriptions_are_kept(lake):
    columns = {"price": ColumnConfiguration("decimal(10, 2)", "In euros"), "id": ColumnConfiguration("int")}
    lake.ingest([{"id": 1, "price": 2.5}], configuration=TableConfiguration("All orders", columns))
    lake.ingest([{"id": 2, "price": 3.5}], configuration=TableConfiguration("All orders", columns))
    assert lake.schema() == {"id": "int", "price": "decimal(10, 2)"}
    assert lake.iceberg().schema().find_field("price").doc == "In euros"
    assert lake.iceberg().properties["comment"] == "All orders"


def test_long_descriptions_with_line_breaks_are_kept(lake):
    text = "In euros,\nwithout taxes. " * 100
    configuration = TableConfiguration(text, {"price": ColumnConfiguration(description=text)})
    lake.ingest([{"id": 1, "price": 2.5}], configuration=configuration)
    lake.ingest([{"id": 2, "price": 3.5}], configuration=configuration)
    assert lake.iceberg().schema().find_field("price").doc == text
    assert lake.iceberg().properties["comment"] == text


DISTANT = pa.array([9 * 10**18]).view(pa.timestamp("us"))
MORE_DISTANT = pa.array([2**62]).view(pa.timestamp("s"))


@pytest.mark.parametrize("column", [DISTANT, MORE_DISTANT, pa.ListArray.from_arrays([0, 1], DISTANT)])
def test_dates_after_the_year_9999_are_an_error(lake, column):
    with pytest.raises(DateOutOfRangeError, match="column 'at' has a date or time after the year 9999"):
        lake.ingest(pa.table({"at": column}))
    assert not lake.exists()


def test_tables_have_format_version_2_and_zstd_parquet_files(lake):
    lake.ingest([{"id": 1}])
    assert lake.iceberg().format_version == 2
    assert lake.iceberg().properties["write.parquet.compression-codec"] == "zstd"
