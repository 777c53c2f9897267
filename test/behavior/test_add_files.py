"""Existing Parquet files are registered in a table without copying them."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.errors import StorageError, UnregistrableFilesError
from datalake_sdk.operations.add_files import add_files
from datalake_sdk.operations.query import query
from datalake_sdk.settings import IngestionRequest
from test.behavior.lake import Lake

JANUARY = pa.table({"id": pa.array([1, 2], pa.int32()), "day": [date(2026, 1, 1)] * 2, "tags": [["a"], None]})
INT96 = {"use_deprecated_int96_timestamps": True}
FEBRUARY = pa.table({"id": pa.array([3], pa.int64()), "day": [date(2026, 2, 1)]})


def put(lake: Lake, name: str, rows: pa.Table, **options: Any) -> str:
    """Writes a file into the data location, as another program would."""
    location = f"{lake.platform.data_location}/landing/{name}"
    if lake.local_root is not None:
        path = Path(location.removeprefix("file://"))
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path, **options)
        return str(path)
    filesystem = lake.platform.input_filesystem(location)
    pq.write_table(rows, location.removeprefix("s3://"), filesystem=filesystem, **options)
    return location


def add(lake: Lake, *paths: str, **fields: Any):
    return add_files(lake.platform, IngestionRequest(lake.table, **fields), paths)


@pytest.mark.write_contract
@pytest.mark.parametrize(
    "columns", [pytest.param(["id", "day"], marks=pytest.mark.not_on_spark, id="flat"), ["id", "day", "tags"]]
)
def test_added_files_are_read_updated_and_compacted_but_never_deleted(lake, columns):
    january = put(lake, "january.parquet", JANUARY.select(columns))
    february = put(lake, "february.parquet", FEBRUARY)
    added = add(lake.native(), january, february, partition_keys=("month(day)",))
    assert (added.rows_inserted, added.files_added) == (3, 2)
    tags = {} if "tags" not in columns else {"tags": None}
    expected = [{"id": 1, "day": date(2026, 1, 1), **tags, **({"tags": ["a"]} if tags else {})}]
    expected += [{"id": 2, "day": date(2026, 1, 1), **tags}, {"id": 3, "day": date(2026, 2, 1), **tags}]
    assert lake.rows() == expected
    assert query(lake.platform, "SELECT sum(id) AS total FROM dev_sales.orders").read_all()["total"].to_pylist() == [6]
    lake.upsert([{"id": 2, "day": date(2026, 3, 1)}])
    lake.ingest([{"id": 4, "day": date(2026, 1, 2)}])
    lake.maintain()
    expected[1]["day"] = date(2026, 3, 1)
    assert lake.again().rows() == [*expected, {"id": 4, "day": date(2026, 1, 2), **tags}]
    kept = {file.rpartition("/")[2] for file in lake.files() if "/landing/" in file}
    assert kept == {"january.parquet", "february.parquet"}


def test_a_path_in_the_data_bucket_selects_the_files_of_any_platform(lake):
    put(lake, "january.parquet", JANUARY)
    added = add(lake, f"s3://{lake.platform.environment.data_bucket}/landing/")
    assert (added.rows_inserted, added.files_added) == (2, 1)
    assert [row["id"] for row in lake.rows()] == [1, 2]


def test_the_statistics_of_added_files_prune_them(lake):
    add(lake, put(lake, "january.parquet", JANUARY), put(lake, "february.parquet", FEBRUARY))
    assert len(list(lake.iceberg().scan(row_filter="id > 2").plan_files())) == 1


@pytest.mark.local_files
@pytest.mark.parametrize("as_integer", [False, True])
def test_decimals_with_fewer_digits_than_the_table_are_read_and_prune_files(lake, as_integer):
    wide = {"a": pa.decimal128(20, 2), "b": pa.decimal128(15, 2), "c": pa.decimal128(9, 2)}
    for digits, value in ((wide, 100), (dict.fromkeys(wide, pa.decimal128(5, 2)), 1)):
        rows = pa.table({name: pa.array([Decimal(value)], data_type) for name, data_type in digits.items()})
        add(lake, put(lake, f"{value}.parquet", rows, store_decimal_as_integer=as_integer))
    assert [sorted(map(int, row.values())) for row in lake.rows()] in ([[1] * 3, [100] * 3], [[100] * 3, [1] * 3])
    for name in wide:
        (task,) = lake.iceberg().scan(row_filter=f"{name} < 2").plan_files()
        assert task.file.file_path.endswith("/1.parquet")


@pytest.mark.local_files
def test_a_deletion_by_the_bounds_of_an_added_file_keeps_rows_with_nan(lake):
    add(lake, put(lake, "ratios.parquet", pa.table({"ratio": [1.5, float("nan")]})))
    lake.iceberg().delete("ratio < 2")
    assert str(lake.again().rows()) == str([{"ratio": float("nan")}])


def test_the_same_ingestion_id_is_skipped_and_a_file_is_added_once(lake):
    path = put(lake, "january.parquet", JANUARY)
    add(lake, path, ingestion_id="first")
    assert add(lake, path, ingestion_id="first").skipped
    with pytest.raises(UnregistrableFilesError, match="is already a file of the table"):
        add(lake, path)
    assert len(lake.rows()) == 2


def test_a_concurrent_write_is_kept(lake, interrupted):
    path = put(lake, "february.parquet", FEBRUARY)
    lake.ingest(JANUARY)
    add(interrupted(lambda other: other.ingest([{"id": 9, "day": date(2026, 3, 1)}])), path)
    assert [row["id"] for row in lake.again().rows()] == [1, 2, 3, 9]


@pytest.mark.local_files
def test_a_failed_commit_keeps_the_files(lake, monkeypatch):
    path = put(lake, "january.parquet", JANUARY)
    monkeypatch.setattr(lake.platform.catalog, "commit_table", _fail)
    with pytest.raises(StorageError):
        add(lake, path)
    assert Path(path).exists()
    assert not lake.again().exists()


def _fail(*_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.local_files
@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ({"id": pa.array([1], pa.uint64())}, {}, "column 'id' has type uint64"),
        ({"id": pa.array([1.5])}, {}, "column 'id' is double, in the table long"),
        ({"ID": [1]}, {}, "column 'ID' is not in lower snake_case ('id')"),
        (
            {"at": [datetime(2026, 1, 1)]},
            INT96,
            "column 'at' is an INT96 timestamp",
        ),
        ({"at": pa.array([0], pa.timestamp("ms"))}, {}, "column 'at' has type timestamp[ms]"),
        ({"a": [[1]]}, {"use_compliant_nested_type": False}, "column 'a.list.item' is nested in another structure"),
        ({"id": pa.array([], pa.int64())}, {}, "has no rows"),
        ({}, {}, "has no columns"),
        ({"id": [1], "country": ["FR"]}, {"write_statistics": False}, "has no statistics of column 'country'"),
        ({"id": [1, 2], "country": ["FR", "DE"]}, {}, "has rows of several partitions by country"),
        ({"id": [1, 2], "country": ["FR", None]}, {}, "has rows of several partitions by country, one of them null"),
        ({"id": [1]}, {}, "has no column 'country', by which the table is partitioned"),
    ],
)
def test_files_that_iceberg_cannot_read_are_refused(lake, rows, options, words):
    keys = ("country",) if "partition" in words or "statistics" in words else None
    lake.ingest([{"id": 1, "country": "FR"}], partitions=keys)
    before = lake.iceberg().metadata_location
    valid = put(lake, "valid.parquet", pa.table({"id": [5], "country": ["IT"]}))
    path = put(lake, "refused.parquet", pa.table(rows), **options)
    with pytest.raises(UnregistrableFilesError) as caught:
        add(lake, valid, path)
    (problem,) = caught.value.message.splitlines()[1:]
    assert problem.startswith(f"- file://{path}: ")
    assert words in problem
    assert lake.iceberg().metadata_location == before


S1 = pa.array([{"x": 1}])
S_WITHOUT_X = pa.array([{"y": 1}])


@pytest.mark.local_files
@pytest.mark.parametrize(
    ("rows", "options", "problem"),
    [
        ({"id": [1], "n": [1], "s": S1}, {}, None),
        ({"id": [1], "n": [1], "s": pa.array([None], S1.type)}, {}, "column 's.x' is required"),
        ({"id": [1], "n": [None], "s": S1}, {}, "column 'n' is required"),
        ({"id": [1], "n": [1], "s": S1}, {"write_statistics": False}, "column 'n' is required"),
        ({"id": [1], "s": S1}, {}, "has no column 'n', which the table requires"),
        ({"id": [1], "n": [1], "s": S_WITHOUT_X}, {}, "has no column 's.x', which the table requires"),
        ({"id": [1], "n": [1]}, {}, None),
    ],
)
def test_files_whose_required_columns_may_be_null_are_refused(lake, rows, options, problem):
    lake.ingest(pa.table({"id": [0], "n": [0], "s": S1}))
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        update.update_column("n", required=True)
        update.update_column(("s", "x"), required=True)
    rows = {name: pa.array([None], pa.int64()) if values == [None] else values for name, values in rows.items()}
    path = put(lake, "new.parquet", pa.table(rows), **options)
    if problem is None:
        assert add(lake, path).rows_inserted == 1
        return
    with pytest.raises(UnregistrableFilesError, match=problem):
        add(lake, path)
    assert len(lake.rows()) == 1


@pytest.mark.local_files
def test_required_columns_of_files_without_statistics_need_not_allow_nulls(lake):
    lake.ingest([{"id": 0}])
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        update.update_column("id", required=True)
    required = pa.schema([pa.field("id", pa.int64(), nullable=False)])
    path = put(lake, "new.parquet", pa.table({"id": [1]}, required), write_statistics=False)
    assert add(lake, path).rows_inserted == 1


@pytest.mark.local_files
def test_files_of_another_table_are_refused_by_the_ids_of_nested_fields(lake):
    other = lake.named("others")
    for each, fields in ((lake, ("a", "b")), (other, ("b", "a"))):
        each.ingest(pa.table({"s": pa.StructArray.from_arrays([[1], [1]], fields)}))
    (location,) = (file for file in other.data_files() if "/others/" in file)
    copied = put(lake, "copied.parquet", JANUARY)
    Path(copied).write_bytes(Path(location.removeprefix("file://")).read_bytes())
    with pytest.raises(UnregistrableFilesError, match=r"column 's\.[ab]' has field id [23]"):
        add(lake, copied)


@pytest.mark.local_files
def test_files_without_a_reader_or_of_another_table_are_refused(lake, tmp_path):
    other = lake.named("others")
    other.ingest(FEBRUARY)
    (foreign,) = (file.removeprefix("file://") for file in other.data_files())
    pq.write_table(FEBRUARY, tmp_path / "outside.parquet")
    text = Path(put(lake, "text.parquet", FEBRUARY))
    text.write_text("id,day")
    for path, words in (
        (foreign, "belongs to dev_sales.others"),
        (str(tmp_path / "outside.parquet"), "is not in"),
        (str(text), "cannot be read as Parquet"),
    ):
        with pytest.raises(UnregistrableFilesError, match=words):
            add(lake, path)
    assert not lake.exists()


def test_the_command_registers_the_files_of_a_folder(tmp_path):
    from click.testing import CliRunner

    from datalake_sdk.cli.main import cli

    lake = Lake(tmp_path / "lake")
    folder = str(Path(put(lake, "january.parquet", JANUARY)).parent)
    command = [
        "-p",
        "shop",
        "-d",
        "sales",
        "--local",
        str(tmp_path / "lake"),
        "add_files",
        "-db",
        "sales",
        "-t",
        "orders",
        folder,
    ]
    result = CliRunner().invoke(cli, [*command, "--json"])
    assert json.loads(result.stdout)["files_added"] == 1
    repeated = CliRunner().invoke(cli, command)
    assert (repeated.exit_code, "is already a file" in repeated.stderr) == (1, True)
