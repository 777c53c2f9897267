"""Quarantined rows: as JSON and back, with their locations in the input."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from datalake_sdk.batches import FilesTask, FileTask
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.reading import restored_rows
from datalake_sdk.engine.quarantine.rows import Origin, RejectedRows
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.errors import UnreadableQuarantineError

ORIGIN = Origin("run-1", None, None, None, '{"mode": "append"}')
VALUES = [
    (BooleanType(), [True, False]),
    (LongType(), [2**62, -1]),
    (FloatType(), [1.5, float("inf")]),
    (DoubleType(), [1e300, float("-inf"), -0.0]),
    (DecimalType(38, 9), [Decimal("12345678901234567890123456789.123456789")]),
    (StringType(), ['a "quote"\n', "é\U0001f600", ""]),
    (BinaryType(), [b"\x00\xff", b""]),
    (DateType(), [date(1, 1, 1), date(9999, 12, 31)]),
    (TimeType(), [time(23, 59, 59, 999999)]),
    (TimestampType(), [datetime(2026, 1, 31, 9, 30, 0, 1)]),
    (TimestamptzType(), [datetime(2026, 1, 31, 9, 30, tzinfo=UTC)]),
    (UUIDType(), [UUID(int=7)]),
    (ListType(10, DoubleType(), False), [[1.0, None, float("inf")], []]),
    (MapType(11, IntegerType(), 12, StringType(), False), [[(1, "one")], []]),
    (StructType(NestedField(13, "day", DateType()), NestedField(14, "x", DoubleType())), [{"day": None, "x": 2.0}]),
]


def quarantined(tmp_path, batch, *parts, origin=ORIGIN, columns=None):
    """Rejects the given rows, and returns what the quarantine stores."""
    with QuarantineBuffer(origin, columns or batch.column_names, None) as buffer:
        for file, count, positions in parts:
            decode = partial(pa.RecordBatch.from_pydict, {"id": list(range(count))})
            task = buffer.counted(FileTask(file, decode) if isinstance(file, str) else file or decode)
            task()
            rows = batch.slice(0, len(positions))
            buffer.add(RejectedRows(rows, [["c"]] * len(positions), ["r"] * len(positions), positions, task.part))
        path = str(tmp_path / "rows.parquet")
        buffer.write(PyArrowFileIO(), path)
    return pq.read_table(path)


@pytest.mark.parametrize(("data_type", "values"), VALUES, ids=lambda value: str(value)[:20])
def test_a_quarantined_row_is_restored_exactly(tmp_path, data_type, values):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "value", data_type))
    arrow = write_schema(schema).remove_metadata()
    ids, stored_type = range(len(values) + 1), arrow.field("value").type
    batch = pa.table({"id": pa.array(ids), "value": pa.array([*values, None], stored_type)})
    stored = quarantined(tmp_path, batch, (None, batch.num_rows, list(range(batch.num_rows))))
    restored = pa.Table.from_batches(restored_rows("t", schema, stored))
    assert restored.to_pydict() == batch.to_pydict()


def test_nan_is_restored(tmp_path):
    schema = Schema(NestedField(1, "value", DoubleType()))
    stored = quarantined(tmp_path, pa.table({"value": [float("nan")]}), (None, 1, [0]))
    [batch] = restored_rows("t", schema, stored)
    assert str(batch.column("value")[0].as_py()) == "nan"


def test_a_row_that_no_longer_fits_its_column_is_an_error(tmp_path):
    stored = quarantined(tmp_path, pa.table({"value": ["x"]}), (None, 1, [0]))
    with pytest.raises(UnreadableQuarantineError, match="column 'value' is 'x'; it must be a whole number"):
        list(restored_rows("t", Schema(NestedField(1, "value", LongType())), stored))


def test_columns_that_the_batch_lacks_are_not_stored(tmp_path):
    batch = pa.table({"id": [1], "added": pa.nulls(1, pa.string())})
    assert quarantined(tmp_path, batch, (None, 1, [0]), columns=["id"])["row"].to_pylist() == ['{"id": 1}']


def test_rows_are_numbered_within_their_files(tmp_path):
    batch = pa.table({"id": [1, 2]})
    parts = [("a.csv", 10, [9]), ("a.csv", 5, [0, 4]), ("b.csv", 3, [1])]
    stored = quarantined(tmp_path, batch, *parts)
    located = list(zip(stored["input_file"].to_pylist(), stored["input_row"].to_pylist(), strict=True))
    assert located == [("a.csv", 10), ("a.csv", 11), ("a.csv", 15), ("b.csv", 2)]


def test_rows_of_files_that_are_decoded_together_are_numbered_within_their_files(tmp_path):
    decode = partial(pa.RecordBatch.from_pydict, {"id": [1] * 7})
    together = FilesTask(["b.csv", "c.csv", "d.csv"], decode, lambda: [3, 0, 4])
    stored = quarantined(tmp_path, pa.table({"id": [1, 2, 3]}), ("a.csv", 2, [1]), (together, 7, [2, 3, 6]))
    located = list(zip(stored["input_file"].to_pylist(), stored["input_row"].to_pylist(), strict=True))
    assert located == [("a.csv", 2), ("b.csv", 3), ("d.csv", 1), ("d.csv", 4)]


def test_rows_of_a_dataframe_are_numbered_without_a_file(tmp_path):
    stored = quarantined(tmp_path, pa.table({"id": [1]}), (None, 10, [3]), (None, 10, [3]))
    assert stored["input_file"].to_pylist() == [None, None]
    assert stored["input_row"].to_pylist() == [4, 14]


def test_a_replayed_row_keeps_its_location(tmp_path):
    locations = pa.table({"input_file": ["a.csv", "b.csv"], "input_row": [70, 80]})
    origin = Origin("run-1", None, None, None, "{}", locations=locations)
    stored = quarantined(tmp_path, pa.table({"id": [1]}), (None, 2, [1]), origin=origin)
    assert (stored["input_file"].to_pylist(), stored["input_row"].to_pylist()) == (["b.csv"], [80])


def test_rows_beyond_the_buffer_are_spilled(tmp_path, monkeypatch):
    monkeypatch.setattr("datalake_sdk.engine.quarantine.buffer._BUFFERED_BYTES", 1)
    stored = quarantined(tmp_path, pa.table({"id": [1, 2]}), *[(None, 2, [0, 1])] * 3)
    assert stored["input_row"].to_pylist() == [1, 2, 3, 4, 5, 6]


def test_rows_of_a_commit_attempt_are_spilled_until_the_next_attempt(tmp_path, monkeypatch):
    monkeypatch.setattr("datalake_sdk.engine.quarantine.buffer._BUFFERED_BYTES", 1)
    monkeypatch.setattr("datalake_sdk.engine.spill.process_folder", lambda: tmp_path)
    path = str(tmp_path / "rows.parquet")
    with QuarantineBuffer(ORIGIN, ["id"], None) as buffer:
        for attempt in ([1, 2, 3], [4]):
            buffer.begin_attempt()
            for number in attempt:
                buffer.add_to_attempt(RejectedRows(pa.table({"id": [number]}), [["c"]], ["r"]))
            (folder,) = tmp_path.glob("spill-*")
            assert (len([*folder.iterdir()]), buffer.num_rows) == (len(attempt), len(attempt))
            buffer.write(PyArrowFileIO(), path)
            assert pq.read_table(path)["row"].to_pylist() == [f'{{"id": {number}}}' for number in attempt]
    assert not [*tmp_path.glob("spill-*")]
