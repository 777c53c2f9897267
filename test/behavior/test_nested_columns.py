"""The write contract: columns of structs, lists and maps."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import polars as pl
import pyarrow as pa
import pytest

from datalake_sdk.errors import AmbiguousFieldsError, InvalidValuesError, UnnamedFieldError
from datalake_sdk.operations.query import query

pytestmark = pytest.mark.write_contract

CASES = pa.struct({"OS": pa.string(), "os": pa.string()})
DOTTED = pa.struct({"x.y": pa.string(), "x": pa.struct({"y": pa.string()})})
UNNAMED = pa.struct({"": pa.string(), "a": pa.string()})


def nested_at(depth: str, struct: pa.DataType) -> pa.DataType:
    return {
        "e": struct,
        "e.inner": pa.struct({"inner": struct}),
        "e.element": pa.list_(struct),
        "e.value": pa.map_(pa.string(), struct),
        "e.key": pa.map_(struct, pa.string()),
        "e.element.value.inner": pa.list_(pa.map_(pa.string(), pa.struct({"inner": struct}))),
    }[depth]


@pytest.mark.parametrize("path", ["e", "e.inner", "e.element", "e.value", "e.key", "e.element.value.inner"])
def test_indistinguishable_fields_are_an_error_with_their_paths(lake, path):
    for struct, error in (
        (CASES, AmbiguousFieldsError),
        (DOTTED, AmbiguousFieldsError),
        (UNNAMED, UnnamedFieldError),
    ):
        with pytest.raises(error, match=rf"'{path}[.']"):
            lake.ingest(pa.table({"e": pa.nulls(1, nested_at(path, struct))}))
    assert not lake.exists()


def test_a_new_field_that_differs_only_in_case_is_an_error(lake):
    lake.ingest([{"e": [{"OS": "linux"}]}])
    with pytest.raises(AmbiguousFieldsError, match="'e.element.OS' and 'e.element.os' differ only in case"):
        lake.ingest([{"e": [{"os": "bsd"}]}])
    assert lake.rows() == [{"e": [{"OS": "linux"}]}]


LATER = {"e": {"info": "x", "at": datetime(2024, 1, 2), "deep": {"n": 5}}, "l": [{"a": 1, "b": [7]}]}
STRUCT_QUERIES = {
    "SELECT id, e.info, e.deep.n, year(e.at) AS y FROM dev_sales.orders": [(1, None, None, None), (2, "x", 5, 2024)],
    "SELECT e.deep.n, id FROM dev_sales.orders WHERE e.deep.n IS NOT NULL": [(5, 2)],
    "SELECT upper(e.info) AS info, l[1].b[1] AS b, id FROM dev_sales.orders": [("X", 7, 2), (None, None, 1)],
}


@pytest.mark.parametrize(
    "first",
    [
        {"id": 1},
        {"id": 1, "e": {"at": None}, "l": [{"a": None}]},
    ],
    ids=["columns", "fields"],
)
def test_structs_added_by_a_later_write_are_read_from_old_and_new_files(lake, first):
    types = {"e": pa.struct({"at": pa.timestamp("us")}), "l": pa.list_(pa.struct({"a": pa.int64()}))}
    lake.ingest(
        pa.Table.from_pylist([first], pa.schema([("id", pa.int64()), *((n, types[n]) for n in first if n in types)]))
    )
    lake.ingest([{**LATER, "id": 2}])
    for sql, rows in STRUCT_QUERIES.items():
        found = query(lake.platform, sql).read_all().to_pylist()
        assert sorted((tuple(row.values()) for row in found), key=repr) == sorted(rows, key=repr)


def nested(name: str, values: pa.Array) -> dict[str, pa.Array]:
    """Values as a column, and nested in a struct, lists and a map, one per row."""
    count = len(values)
    offsets = pa.array(range(count + 1), pa.int32())
    return {
        name: values,
        f"{name}_struct": pa.StructArray.from_arrays([values], names=["x"]),
        f"{name}_list": pa.ListArray.from_arrays(offsets, values),
        f"{name}_view": pa.ListViewArray.from_arrays(offsets[:-1], pa.array([1] * count, pa.int32()), values),
        f"{name}_map": pa.MapArray.from_arrays(offsets, pa.array(["k"] * count), values),
    }


def nested_values(name: str, values: list[object]) -> dict[str, list[object]]:
    """The same values as Python objects."""
    return {
        name: values,
        f"{name}_struct": [{"x": value} for value in values],
        f"{name}_list": [[value] for value in values],
        f"{name}_view": [[value] for value in values],
        f"{name}_map": [[("k", value)] for value in values],
    }


WORDS = ["x", None, "y"]
ENCODED = {
    "dictionary": (pa.array(WORDS).dictionary_encode(), WORDS),
    "views": (pa.array(WORDS, pa.string_view()).dictionary_encode(), WORDS),
    "structs": (
        pa.DictionaryArray.from_arrays([0, 1, 0], pa.array([{"a": 1}, {"a": None}])),
        [{"a": 1}, {"a": None}, {"a": 1}],
    ),
    "runs": (pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3], pa.int16()), WORDS), WORDS),
    "bool8": (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, None], pa.int8())), [False, True, None]),
    "nanoseconds": (
        pa.array([-1, 999, 1_000], pa.timestamp("ns")),
        [datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(1970, 1, 1), datetime(1970, 1, 1, 0, 0, 0, 1)],
    ),
    "unsigned": (pa.array([0, None, 2**64 - 1], pa.uint64()), [Decimal(0), None, Decimal(2**64 - 1)]),
}
IDS = [UUID(int=1), UUID(int=2)]
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([value.bytes for value in IDS], pa.binary(16)))
DICTIONARY_OF_UUIDS = {"ids": (pa.DictionaryArray.from_arrays([1, None, 0], UUIDS), [IDS[1], None, IDS[0]])}


@pytest.mark.parametrize(
    "columns",
    [ENCODED, pytest.param(DICTIONARY_OF_UUIDS, marks=pytest.mark.not_on_spark("Spark does not support UUIDs"))],
    ids=["all", "UUIDs"],
)
def test_encoded_values_are_decoded_at_every_depth(lake, columns):
    arrays = [nested(name, values) for name, (values, _) in columns.items()]
    values = [nested_values(name, expected) for name, (_, expected) in columns.items()]
    table = pa.table({name: array for column in arrays for name, array in column.items()})
    rows = [{name: each[row] for column in values for name, each in column.items()} for row in range(3)]
    lake.ingest(table)
    lake.ingest(table.slice(1))
    assert lake.rows() == sorted([*rows, *rows[1:]], key=repr)


@pytest.mark.parametrize("data_type", [pl.Categorical(), pl.Enum(["a", "b", "c"])])
def test_categorical_columns_can_be_keys_and_partition_keys(lake, data_type):
    rows = pl.DataFrame({"k": ["a", "b"], "v": [1, 2]}).cast({"k": data_type})
    lake.ingest(rows, "upsert", ("k",), ("k",))
    lake.ingest(pl.DataFrame({"k": ["b", "c"], "v": [3, 4]}).cast({"k": data_type}), "upsert", ("k",))
    assert lake.rows() == [{"k": "a", "v": 1}, {"k": "b", "v": 3}, {"k": "c", "v": 4}]


def decimal_of_seven_digits() -> pa.Array:
    digits = pa.array([Decimal(9999999)], pa.decimal128(9, 0))
    return pa.Array.from_buffers(pa.decimal128(5, 2), 1, digits.buffers())


INVALID = [
    pytest.param(pa.array([b"\xc3"]).view(pa.string()), id="text"),
    pytest.param(decimal_of_seven_digits(), id="decimal"),
    pytest.param(
        pa.array([-1]).view(pa.time64("us")),
        id="time",
        marks=pytest.mark.not_on_spark("Spark does not support times of day"),
    ),
]


@pytest.mark.parametrize("values", INVALID)
def test_values_invalid_for_their_type_are_an_error_with_the_column(lake, values):
    for column in (values, pa.ListArray.from_arrays([0, 1], values)):
        with pytest.raises(InvalidValuesError, match="dataframe: column 'v' contains an invalid value"):
            lake.ingest(pa.table({"v": column}))
    assert not lake.exists()
