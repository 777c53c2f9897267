from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk.engine.required_columns import null_field, required_nested
from datalake_sdk.errors import RequiredColumnError
from test.behavior.lake import Lake

NULLABLE = st.booleans()


def field(name, data_type, nullable):
    return pa.field(name, data_type, nullable=nullable)


def nested(children):
    return st.one_of(
        st.builds(lambda child, nullable: pa.list_(field("element", child, nullable)), children, NULLABLE),
        st.builds(lambda child, nullable: pa.struct([field("x", child, nullable)]), children, NULLABLE),
        st.builds(lambda child, nullable: pa.map_(pa.string(), field("value", child, nullable)), children, NULLABLE),
    )


TYPES = st.recursive(st.just(pa.int64()), nested, max_leaves=3)


def values(data_type):
    if pa.types.is_integer(data_type):
        present = st.integers(0, 3)
    elif pa.types.is_struct(data_type):
        present = st.fixed_dictionaries({"x": values(data_type.field(0).type)})
    elif pa.types.is_map(data_type):
        present = st.lists(st.tuples(st.just("k"), values(data_type.item_type)), max_size=2)
    else:
        present = st.lists(values(data_type.value_type), max_size=2)
    return st.none() | present


COLUMNS = TYPES.flatmap(lambda data_type: st.tuples(st.just(data_type), st.lists(values(data_type), max_size=4)))


def parquet_rows(rows):
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return pq.read_table(sink)["s"].to_pylist()


@settings(deadline=None)
@given(COLUMNS, NULLABLE, st.integers(0, 2))
def test_rows_without_a_null_in_a_required_field_are_written_as_they_are(column, nullable, start):
    data_type, given_values = column
    array = pa.array(given_values, data_type).slice(start)
    rows = pa.Table.from_arrays([array], schema=pa.schema([field("s", data_type, nullable)]))
    try:
        written = parquet_rows(rows)
    except pa.ArrowInvalid:
        return
    is_valid = null_field(rows, required_nested(rows.schema)) is None
    assert is_valid == (written == array.to_pylist())


STRUCT = pa.struct([("x", pa.int64())])


@pytest.mark.parametrize(
    ("data_type", "value", "name"),
    [
        (STRUCT, None, "s"),
        (pa.list_(pa.int64()), None, "s"),
        (pa.map_(pa.string(), pa.int64()), None, "s"),
        (pa.struct([field("t", STRUCT, nullable=False)]), {"t": None}, "s.t"),
        (pa.struct([field("x", pa.int64(), nullable=False)]), {"x": None}, "s.x"),
        (pa.list_(field("element", STRUCT, nullable=False)), [None], "s.element"),
        (pa.map_(pa.string(), field("value", STRUCT, nullable=False)), [("k", None)], "s.value"),
    ],
)
def test_the_required_field_that_is_null_is_named(data_type, value, name):
    rows = pa.Table.from_arrays([pa.array([value], data_type)], schema=pa.schema([field("s", data_type, False)]))
    assert null_field(rows, rows.column_names) == name


def test_fields_of_other_types_are_left_to_arrow():
    schema = pa.schema([field("id", pa.int64(), False), field("s", STRUCT, True), field("l", pa.list_(STRUCT), False)])
    assert required_nested(schema) == ["l"]


@pytest.mark.parametrize(
    ("data_type", "value"),
    [(STRUCT, {"x": 1}), (pa.list_(pa.int64()), [1]), (pa.map_(pa.string(), pa.int64()), [("a", 1)])],
    ids=["struct", "list", "map"],
)
def test_a_write_with_a_null_in_a_required_nested_column_fails(tmp_path, data_type, value):
    lake = Lake(tmp_path)
    lake.ingest(pa.table({"id": [1], "s": pa.array([value], data_type)}))
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        update.update_column("s", required=True)
    with pytest.raises(RequiredColumnError, match="column 's' is required"):
        lake.ingest(pa.table({"id": [2], "s": pa.array([None], data_type)}), "append")
    with pytest.raises(RequiredColumnError, match="column 's' is required"):
        lake.upsert([{"id": 2}])
    assert lake.rows() == [{"id": 1, "s": value}]


def test_the_hint_has_the_path_of_a_nested_field(tmp_path):
    lake = Lake(tmp_path)
    lake.ingest(pa.table({"l": pa.array([[1]], pa.list_(pa.int64()))}))
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        update.update_column("l.element", required=True)
    with pytest.raises(RequiredColumnError, match="column 'l.element' is required") as raised:
        lake.ingest(pa.table({"l": pa.array([[None]], pa.list_(pa.int64()))}), "append")
    assert "ALTER COLUMN l.element DROP NOT NULL" in str(raised.value.hint)
