from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.cli import results
from datalake_sdk.platforms.local.sql import LocalSql


def numbers(*sizes: int) -> pa.RecordBatchReader:
    """Returns batches of these sizes; `n` is the row number across all batches."""
    schema = pa.schema({"n": pa.int64(), "word": pa.string()})
    return pa.RecordBatchReader.from_batches(schema, _batches(schema, sizes))


def _batches(schema: pa.Schema, sizes: Iterable[int]) -> Iterable[pa.RecordBatch]:
    start = 0
    for size in sizes:
        values = range(start, start + size)
        yield pa.record_batch({"n": list(values), "word": [f"w{n}" for n in values]}, schema)
        start += size


def written(result_format: str, rows: pa.RecordBatchReader) -> bytes:
    stream = io.BytesIO()
    results.WRITERS[result_format](rows, stream)
    return stream.getvalue()


@pytest.mark.parametrize("sizes", [(), (0,), (1,), (3, 0, 2), (results.ROWS_PER_CHUNK + 1,)])
def test_json_is_one_array_of_all_rows(sizes: tuple[int, ...]):
    rows = json.loads(written("json", numbers(*sizes)))
    assert rows == [{"n": n, "word": f"w{n}"} for n in range(sum(sizes))]


@pytest.mark.parametrize("sizes", [(), (0,), (3, 0, 2), (results.ROWS_PER_CHUNK + 1,)])
def test_csv_has_a_header_and_all_rows(sizes: tuple[int, ...]):
    header, *rows = csv.reader(io.StringIO(written("csv", numbers(*sizes)).decode()))
    assert header == ["n", "word"]
    assert rows == [[str(n), f"w{n}"] for n in range(sum(sizes))]


@pytest.mark.parametrize("sizes", [(), (3, 0, 2)])
def test_parquet_holds_all_rows(sizes: tuple[int, ...]):
    table = pq.read_table(io.BytesIO(written("parquet", numbers(*sizes))))
    assert table == numbers(*sizes).read_all()


def test_a_table_shows_every_row_of_a_short_result(capsys: pytest.CaptureFixture[str]):
    results.show_table(numbers(results.TABLE_ROWS))
    shown = capsys.readouterr()
    assert all(f"w{n} " in shown.out for n in range(results.TABLE_ROWS))
    assert shown.err == ""


def test_a_truncated_table_shows_how_to_get_all_rows(capsys: pytest.CaptureFixture[str]):
    results.show_table(numbers(results.TABLE_ROWS, 1))
    shown = capsys.readouterr()
    assert f"w{results.TABLE_ROWS} " not in shown.out
    assert "--format csv" in shown.err


def test_a_table_reads_no_more_than_it_shows(capsys: pytest.CaptureFixture[str]):
    rows = numbers(results.TABLE_ROWS, 1, 1)
    results.show_table(rows)
    assert rows.read_all().num_rows == 1


def test_an_empty_map_is_written_as_parquet(tmp_path):
    rows = LocalSql(tmp_path).query("SELECT MAP() AS m, ARRAY[] AS a", lambda table: "")
    table = pq.read_table(io.BytesIO(written("parquet", rows)))
    table.validate(full=True)
    assert table.to_pylist() == [{"m": [], "a": []}]
