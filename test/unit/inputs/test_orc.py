"""ORC files are read with their stored types and combined by column name, like Parquet files."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from pyarrow import orc

from datalake_sdk import errors
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.orc import FORMAT as ORC
from datalake_sdk.inputs.parts import TypedParts, typed_parts
from datalake_sdk.inputs.paths import input_files
from test.unit.inputs.arrow_tables import tables


def no_storage():
    raise AssertionError("the files are local")


def is_written_correctly(table):
    return not any(has_null_struct_in_struct(column.combine_chunks()) for column in table.columns)


def has_null_struct_in_struct(array):
    """Whether a struct has a null struct as a field: pyarrow 25 writes other values for the next rows of such a field.

    Spark reads the same wrong values from the file.
    """
    if pa.types.is_struct(array.type):
        fields = [array.field(position) for position in range(array.type.num_fields)]
        nulls = any(pa.types.is_struct(field.type) and field.null_count for field in fields)
        return nulls or any(map(has_null_struct_in_struct, fields))
    if pa.types.is_map(array.type):
        return has_null_struct_in_struct(array.items)
    return pa.types.is_list(array.type) and has_null_struct_in_struct(array.values)


@settings(max_examples=60)
@given(table=tables(timestamps=[pa.timestamp("ns"), pa.timestamp("ns", "UTC")]).filter(is_written_correctly))
def test_values_of_every_type_round_trip(tmp_path_factory, read_file, table):
    path = tmp_path_factory.mktemp("orc") / "a.orc"
    orc.write_table(table, path)
    assert read_file(str(path)).equals(table)


def test_stripes_are_split_and_progress_reaches_the_end(tmp_path, read_all):
    table = pa.table({"a": list(range(200_000)), "b": [f"text {n}" for n in range(200_000)]})
    orc.write_table(table, tmp_path / "a.orc", stripe_size=1 << 16)
    files = [ORC.open(file) for file in input_files(str(tmp_path / "a.orc"))]
    parts = typed_parts(files, part_size=files[0].size // 3)
    read = TypedParts(ORC, table.schema, InputOptions(), no_storage)
    assert len(parts) > 2
    assert pa.Table.from_batches([batch for part in parts for batch in read.batches(part)]) == table


def test_columns_are_combined_by_name_and_cast_to_declared_types(tmp_path, read_file):
    orc.write_table(pa.table({"a": pa.array([1], pa.int32()), "Price": ["1.50"]}), tmp_path / "1.orc")
    orc.write_table(pa.table({"b": [True], "a": pa.array([2**40])}), tmp_path / "2.orc")
    declared = {"types": {"price": pa.decimal128(10, 2)}, "declared": frozenset({"price"})}
    table = read_file(str(tmp_path), **declared)
    assert table.schema.types == [pa.int64(), pa.decimal128(10, 2), pa.bool_()]
    assert table.to_pylist() == [
        {"a": 1, "Price": Decimal("1.50"), "b": None},
        {"a": 2**40, "Price": None, "b": True},
    ]


def test_a_file_without_rows_has_columns(tmp_path, read_file):
    orc.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "a.orc")
    assert read_file(str(tmp_path)) == pa.table({"a": pa.array([], pa.int64())})


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:3], lambda data: b"ORC" + data[99:]])
def test_damaged_files_are_rejected_with_their_name(tmp_path, read_file, damage):
    path = tmp_path / "a.orc"
    orc.write_table(pa.table({"a": [f"text {n}" for n in range(999)]}), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(errors.CorruptInputError) as caught:
        read_file(str(path))
    assert caught.value.message.startswith(f"input '{path}' is damaged: ")


def test_undecodable_column_names_are_rejected(tmp_path, read_file):
    path = tmp_path / "a.orc"
    orc.write_table(pa.table({"name": [1]}), path, compression="uncompressed")
    path.write_bytes(path.read_bytes().replace(b"name", b"nam\xff"))
    with pytest.raises(errors.CorruptInputError, match="is damaged: invalid column name: "):
        read_file(str(path))


@pytest.mark.parametrize("year", [1, 1600, 2300, 9999])
def test_timestamps_outside_the_range_of_nanoseconds_are_rejected(tmp_path, read_file, year):
    """Before pyarrow 25, this timestamp was read as a different one."""
    orc.write_table(pa.table({"a": pa.array([datetime(year, 12, 31)], pa.timestamp("us"))}), tmp_path / "a.orc")
    with pytest.raises(errors.CorruptInputError, match="out of range for nanosecond resolution"):
        read_file(str(tmp_path))
