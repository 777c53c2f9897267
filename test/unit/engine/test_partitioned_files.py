from __future__ import annotations

import tempfile
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from datalake_sdk.engine import partitioned_files, staging
from datalake_sdk.engine.data_file import ROW_GROUP_ROWS, FileLayout
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.partitions import Partitioner, PartitionKey, partition_spec
from datalake_sdk.errors import StorageError
from datalake_sdk.parallel import thread_count
from datalake_sdk.temporary_folders import process_folder

TASK_ROWS = 20_000


@pytest.fixture
def table(tmp_path):
    catalog = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}")
    catalog.create_namespace("a")
    plain = catalog.create_table(
        "a.plain", pa.schema([("id", pa.int64()), ("part", pa.int64()), ("text", pa.string())])
    )
    spec = partition_spec("t", [PartitionKey.parse("part")], plain.schema())
    yield catalog.create_table("a.t", plain.schema(), partition_spec=spec)
    catalog.engine.dispose()


@pytest.fixture
def little_memory(monkeypatch):
    """Limits the buffers to a few tasks."""
    monkeypatch.setattr(partitioned_files, "_MAX_CHUNK_BYTES", 1 << 20)
    monkeypatch.setattr(partitioned_files, "_HELD_BYTES", 4 << 20)


class OpenFiles:
    """Maximum number of files open at the same time."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._now += count
            self.most = max(self.most, self._now)


@pytest.fixture
def open_files(monkeypatch):
    seen = OpenFiles()

    class Counted(staging.DataFileWriter):
        def __init__(self, *arguments) -> None:
            seen.add(1)
            super().__init__(*arguments)

        def close(self):
            seen.add(-1)
            return super().close()

    monkeypatch.setattr(staging, "DataFileWriter", Counted)
    return seen


@pytest.fixture
def write(table):
    """Writes numbered rows to the given partitions; returns the partition and the row numbers of each file."""

    def write(parts):
        layout = FileLayout("a.t", table.io, table.metadata)
        firsts = range(0, len(parts), TASK_ROWS)
        tasks = [lambda first=first: _rows(layout, first, parts[first : first + TASK_ROWS]) for first in firsts]
        with staging.StagingArea(table.io) as files:
            staged = write_files(files, tasks, layout, Partitioner(table.spec(), table.schema()), ["id"])
            return [_content(table, file) for file in staged]

    return write


def _rows(layout, first, parts):
    ids = np.arange(first, first + len(parts))
    columns = [pa.array(ids), pa.array(parts), pa.array([f"text of row {number}" for number in ids])]
    return pa.Table.from_arrays(columns, schema=layout.schema)


def _content(table, staged):
    with table.io.new_input(staged.data_file.file_path).open() as source:
        rows = pq.read_table(source)
    assert rows["text"].to_pylist() == [f"text of row {number}" for number in rows["id"].to_pylist()]
    assert pa.concat_tables(staged.keys)["id"].to_pylist() == rows["id"].to_pylist()
    assert set(rows["part"].to_pylist()) == {staged.data_file.partition[0]}
    assert staged.data_file.record_count == rows.num_rows
    return staged.data_file.partition[0], rows["id"].to_pylist()


def _is_whole(files, parts):
    """Whether every row is present once, in the given order within each partition."""
    found = {}
    for part, ids in files:
        found.setdefault(part, []).extend(ids)
    return found == {part: np.flatnonzero(parts == part).tolist() for part in np.unique(parts).tolist()}


def test_shuffled_partitions_have_one_file_each_with_little_memory(write, little_memory):
    parts = np.random.default_rng(1).integers(0, 100, 400_000)
    files = write(parts)
    assert _is_whole(files, parts)
    assert len(files) == 100


def test_a_partition_that_grows_beyond_a_row_group_keeps_its_rows_in_order(write, little_memory):
    random = np.random.default_rng(2)
    parts = np.where(random.random(600_000) < 0.6, 7, random.integers(100, 120, 600_000))
    files = write(parts)
    assert _is_whole(files, parts)
    assert len(files) == 21
    assert np.count_nonzero(parts == 7) > 2 * ROW_GROUP_ROWS


def test_ordered_partitions_are_written_before_the_end_of_the_input(write, little_memory, monkeypatch):
    def refuse(*_):
        raise AssertionError("rows of an ordered input need not be spilled")

    monkeypatch.setattr(partitioned_files.Spill, "add", refuse)
    parts = np.arange(600_000) // 5_000
    files = write(parts)
    assert _is_whole(files, parts)
    assert len(files) == 120


def test_a_partition_that_recurs_has_at_most_two_files(write, little_memory):
    parts = np.tile(np.repeat(np.arange(20), 20_000), 3)
    files = write(parts)
    assert _is_whole(files, parts)
    assert 20 < len(files) <= 40


def test_the_number_of_open_files_is_limited(write, little_memory, open_files, monkeypatch):
    monkeypatch.setattr(partitioned_files, "_MAX_OPEN_FILES", 2)
    monkeypatch.setattr(staging, "ROW_GROUP_ROWS", 5_000)
    parts = np.random.default_rng(3).integers(0, 20, 400_000)
    files = write(parts)
    assert _is_whole(files, parts)
    assert len(files) == 20
    assert open_files.most <= 2 + thread_count()


def test_the_temporary_folder_is_empty_after_a_write(write, little_memory, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    write(np.random.default_rng(4).integers(0, 50, 200_000))
    assert [each.name for each in folder.glob("*")] == [process_folder().name]
    assert not list(process_folder().iterdir())


def test_a_full_temporary_folder_is_a_storage_error(write, little_memory, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa, "OSFile", full)
    with pytest.raises(StorageError, match="No space left"):
        write(np.random.default_rng(5).integers(0, 50, 300_000))
