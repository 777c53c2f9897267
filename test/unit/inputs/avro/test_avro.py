"""Avro files are read with the types of their schema, with every codec, and in byte ranges."""

from __future__ import annotations

import io
import time as clock
import zlib
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk import errors
from datalake_sdk.inputs.avro.container import MAGIC
from datalake_sdk.inputs.avro.reader import FORMAT as AVRO
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parts import Part, TypedParts
from datalake_sdk.inputs.source import InputFile
from test.unit.inputs.arrow_tables import tables

TIMESTAMPS = {
    pa.timestamp("ms", "UTC"): "timestamp-millis",
    pa.timestamp("us", "UTC"): "timestamp-micros",
    pa.timestamp("ns", "UTC"): "timestamp-nanos",
    pa.timestamp("ms"): "local-timestamp-millis",
    pa.timestamp("us"): "local-timestamp-micros",
}
PRIMITIVES = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
    pa.binary(): "bytes",
}


def avro(schema, rows, codec="null", **options):
    out = io.BytesIO()
    fastavro.writer(out, schema, rows, codec=codec, sync_marker=b"sixteen bytes -!", **options)
    return out.getvalue()


def record(**fields):
    return {"type": "record", "name": "row", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}


def schema_of(data_type, name="r"):
    """The Avro schema equivalent to an Arrow type, as a union with null."""
    if data_type in PRIMITIVES:
        return ["null", PRIMITIVES[data_type]]
    if data_type in TIMESTAMPS:
        return ["null", {"type": "long", "logicalType": TIMESTAMPS[data_type]}]
    if pa.types.is_date(data_type):
        return ["null", {"type": "int", "logicalType": "date"}]
    if pa.types.is_decimal(data_type):
        decimal = {"type": "bytes", "logicalType": "decimal"}
        return ["null", {**decimal, "precision": data_type.precision, "scale": data_type.scale}]
    if pa.types.is_list(data_type):
        return ["null", {"type": "array", "items": schema_of(data_type.value_type, name + "i")}]
    if pa.types.is_map(data_type):
        return ["null", {"type": "map", "values": schema_of(data_type.item_type, name + "v")}]
    fields = [{"name": field.name, "type": schema_of(field.type, f"{name}_{field.name}")} for field in data_type]
    return ["null", {"type": "record", "name": name, "fields": fields}]


def plain(value, data_type):
    """A value as fastavro accepts it, with timestamps as integers."""
    if value is None:
        return None
    if pa.types.is_struct(data_type):
        return {field.name: plain(value[field.name], field.type) for field in data_type}
    if pa.types.is_map(data_type):
        return {key: plain(item, data_type.item_type) for key, item in value}
    if pa.types.is_list(data_type):
        return [plain(item, data_type.value_type) for item in value]
    return value


def integers(data_type):
    """The type with integers instead of timestamps."""
    if pa.types.is_timestamp(data_type):
        return pa.int64()
    if pa.types.is_struct(data_type):
        return pa.struct([(field.name, integers(field.type)) for field in data_type])
    if pa.types.is_map(data_type):
        return pa.map_(pa.string(), integers(data_type.item_type))
    return pa.list_(integers(data_type.value_type)) if pa.types.is_list(data_type) else data_type


@settings(max_examples=60)
@given(table=tables(timestamps=list(TIMESTAMPS)), codec=st.sampled_from(["null", "deflate"]))
def test_values_of_every_type_round_trip(tmp_path_factory, read_file, table, codec):
    path = tmp_path_factory.mktemp("avro") / "a.avro"
    columns = {
        field.name: [plain(value, field.type) for value in table[field.name].cast(integers(field.type)).to_pylist()]
        for field in table.schema
    }
    rows = [{name: values[row] for name, values in columns.items()} for row in range(table.num_rows)]
    path.write_bytes(avro(record(**{f.name: schema_of(f.type, f.name) for f in table.schema}), rows, codec))
    assert read_file(str(path)).equals(table)


@pytest.mark.parametrize(
    ("schema", "value", "data_type"),
    [
        ({"type": "int", "logicalType": "time-millis"}, time(1, 2, 3, 4000), pa.time32("ms")),
        ({"type": "long", "logicalType": "time-micros"}, time(1, 2, 3, 4), pa.time64("us")),
        ({"type": "fixed", "size": 9, "name": "f", "logicalType": "decimal", "precision": 20, "scale": 2},
         Decimal("-1.50"), pa.decimal128(20, 2)),
        ({"type": "string", "logicalType": "uuid"}, "12345678-1234-5678-1234-567812345678", pa.string()),
        ({"type": "fixed", "size": 3, "name": "f"}, b"abc", pa.binary(3)),
        ({"type": "enum", "symbols": ["A", "B"], "name": "e"}, "B", pa.string()),
        ({"type": "string", "logicalType": "no such type"}, "x", pa.string()),
        (["int", "null", "long"], 2**40, pa.int64()),
        (["null", "int", "double"], 1.5, pa.float64()),
        (["float", "double"], 1.5, pa.float64()),
        (["null", "string", {"type": "enum", "symbols": ["A"], "name": "e"}], "x", pa.string()),
    ],
)  # fmt: skip
def test_logical_types_and_unions_of_number_types(write_file, read_file, schema, value, data_type):
    table = read_file(write_file("a.avro", avro(record(a=schema), [{"a": value}])))
    assert table == pa.table({"a": pa.array([value], data_type)})


def test_a_union_of_different_types_becomes_a_struct_with_a_field_per_branch(write_file, read_file):
    point = {"type": "record", "name": "geo.Point", "fields": [{"name": "x", "type": "int"}]}
    schema = record(a=["null", "long", "string", {"type": "map", "values": "int"}, point], b=["null", "geo.Point"])
    rows = [{"a": value, "b": None} for value in (7, "x", {"k": 1}, ("geo.Point", {"x": 3}), None)]
    table = read_file(write_file("a.avro", avro(schema, [*rows, {"a": None, "b": {"x": 4}}])))
    empty = {"long": None, "string": None, "map": None, "Point": None}
    assert table["a"].to_pylist() == [
        {**empty, "long": 7},
        {**empty, "string": "x"},
        {**empty, "map": [("k", 1)]},
        {**empty, "Point": {"x": 3}},
        None,
        None,
    ]
    assert table["b"].to_pylist()[-1] == {"x": 4}


def test_a_uuid_of_sixteen_bytes_is_read_as_a_uuid(write_file, read_file):
    schema = record(a={"type": "fixed", "size": 16, "name": "f", "logicalType": "uuid"})
    value = UUID(int=7)
    (found,) = read_file(write_file("a.avro", avro(schema, [{"a": value.bytes}])))["a"].to_pylist()
    assert found == value


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_every_codec_is_read(write_file, read_file, codec):
    rows = [{"a": n, "b": "x" * 50} for n in range(2000)]
    path = write_file("a.avro", avro(record(a="long", b="string"), rows, codec, sync_interval=1000))
    assert read_file(path).to_pylist() == rows


def snappy(data):
    return pa.compress(data, "snappy", asbytes=True) + zlib.crc32(data).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("codec", "compress"), [("snappy", snappy), ("zstandard", lambda data: pa.compress(data, "zstd", asbytes=True))]
)
def test_codecs_without_support_in_fastavro_are_read(write_file, read_file, codec, compress):
    """A container built by hand: a header, and one block of 63 integers of one byte each."""
    header = {"avro.schema": b'{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}'}
    metadata = {**header, "avro.codec": codec.encode()}
    encoded = b"".join(prefixed(key.encode()) + prefixed(value) for key, value in metadata.items())
    data = compress(bytes(range(0, 126, 2)))
    content = MAGIC + b"\x04" + encoded + b"\x00" + b"s" * 16 + b"\x7e" + prefixed(data) + b"s" * 16
    assert read_file(write_file("a.avro", content))["a"].to_pylist() == [*range(63)]
    with pytest.raises(errors.CorruptInputError, match=f"invalid {codec} data in a block: "):
        read_file(write_file("b.avro", content.replace(data, bytes([data[0] ^ 1]) + data[1:])))


def prefixed(data):
    """Bytes preceded by their length, encoded in two groups of seven bits."""
    length = 2 * len(data)
    return bytes([length & 0x7F | 0x80, length >> 7]) + data


@pytest.mark.parametrize("width", [1, 700, 5000, 1 << 20])
def test_adjacent_byte_ranges_neither_share_nor_miss_rows(tmp_path, width):
    path = tmp_path / "a.avro"
    schema = record(a="long", b="string")
    path.write_bytes(avro(schema, [{"a": n, "b": f"text {n}"} for n in range(999)], "deflate", sync_interval=500))
    read = TypedParts(AVRO, pa.schema([("a", pa.int64())]), InputOptions(), no_storage)
    size = path.stat().st_size
    parts = [Part(str(path), start, min(start + width, size), width) for start in range(0, size, width)]
    rows = [value for part in parts for batch in read.batches(part) for value in batch["a"].to_pylist()]
    assert rows == [*range(999)]


def test_a_range_may_start_anywhere_before_a_sync_marker(tmp_path):
    path, rows = tmp_path / "a.avro", [{"a": "x" * 1_100_000}, {"a": "y"}]
    path.write_bytes(avro(record(a="string"), rows, sync_interval=1))
    size = path.stat().st_size
    marker = size - 16 - len("..\x02y") - 16
    for start in (marker - (1 << 20), marker - (1 << 20) + 8, marker - 1, marker):
        (batch,) = (piece.decode() for piece in AVRO.open(InputFile(str(path))).pieces(start, size))
        assert batch["a"].to_pylist() == ["y"]
    assert not list(AVRO.open(InputFile(str(path))).pieces(marker + 1, size))


def no_storage():
    raise AssertionError("the files are local")


def test_dates_and_timestamps_equal_those_of_fastavro(write_file, read_file):
    content = avro(
        record(
            d={"type": "int", "logicalType": "date"},
            t={"type": "long", "logicalType": "timestamp-millis"},
            u={"type": "long", "logicalType": "local-timestamp-micros"},
        ),
        [{"d": date(9999, 12, 31), "t": 253402300799999, "u": datetime(1, 1, 1, 0, 0, 0, 1)}],
    )
    (expected,) = fastavro.reader(io.BytesIO(content))
    assert read_file(write_file("a.avro", content)).to_pylist() == [expected]


def test_a_file_without_rows_has_columns(write_file, read_file):
    table = read_file(write_file("a.avro", avro(record(a="long", b=["null", "string"]), [])))
    assert table == pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("string", "its rows are not records"),
        (record(a={"type": "bytes", "logicalType": "decimal", "precision": 40}), "column 'a': decimal(40, 0) has more"),
        (record(a={"type": "record", "name": "n", "fields": [{"name": "next", "type": ["null", "n"]}]}),
         "column 'a': type n is recursive"),
        (record(a=["long", {"type": "int", "logicalType": "date"}]), "column 'a': a union of date32[day] and int64"),
    ],
)  # fmt: skip
def test_unsupported_schemas_are_rejected(write_file, read_file, schema, reason):
    path = write_file("a.avro", avro(schema, []))
    with pytest.raises(errors.UnsupportedInputSchemaError) as caught:
        read_file(path)
    assert caught.value.message.startswith(f"input '{path}': {reason}")


CONTENT = avro(record(a="long", b="string"), [{"a": n, "b": f"text {n}"} for n in range(99)], "deflate")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONTENT[:-20], "it is truncated"),
        (CONTENT[:9], "it is truncated"),
        (b"no Avro" + CONTENT, "it does not start like an Avro file"),
        (CONTENT.replace(b"deflate", b"unknown"), "codec 'unknown' is not one of null, deflate"),
        (CONTENT.replace(b'"long"', b'"lung"'), "its schema is not valid: "),
        (CONTENT.replace(b'"type"', b'"typo"'), "its schema is not valid: "),
        (CONTENT[:-1] + b"?", "has no sync marker"),
        (CONTENT[:-99] + b"?" * 50 + CONTENT[-49:], "its rows do not match its schema: "),
        (MAGIC + b"\xff" * 30, ""),
        (MAGIC + b"\x02" + b"\xfe" * 8 + b"\x01", "it is truncated"),
    ],
)
def test_damaged_files_are_rejected_with_their_name(write_file, read_file, content, reason):
    path = write_file("a.avro", content)
    with pytest.raises(errors.CorruptInputError) as caught:
        read_file(path)
    assert caught.value.message.startswith(f"input '{path}' is damaged: ")
    assert reason in caught.value.message


@settings(max_examples=200)
@given(position=st.integers(4, len(CONTENT) - 1), value=st.integers(0, 255))
def test_any_corrupted_byte_yields_values_or_a_datalake_error(tmp_path_factory, read_file, position, value):
    path = tmp_path_factory.mktemp("fuzzed") / "fuzzed.avro"
    path.write_bytes(CONTENT[:position] + bytes([value]) + CONTENT[position + 1 :])
    try:
        read_file(str(path))
    except errors.DatalakeError as error:
        assert str(path) in error.message


def test_a_file_with_a_block_for_each_row_is_grouped_in_linear_time(write_file):
    content = avro(record(a="long"), [{"a": number} for number in range(40_000)], sync_interval=1)
    started = clock.process_time()
    pieces = list(AVRO.open(InputFile(write_file("a.avro", content))).pieces())
    assert clock.process_time() - started < 10
    assert sum(piece.decode().num_rows for piece in pieces) == 40_000
