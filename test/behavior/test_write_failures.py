"""A write that fails or is interrupted leaves the table and the storage unchanged."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.write import write
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import InvalidTablePropertyError, StorageError, UnsupportedFormatVersionError
from datalake_sdk.settings import IngestionRequest
from test.behavior.failing_io import DISK
from test.emulator.warm_python import WarmProcess

MODES = ["overwrite", "overwrite_partitions", "append", "upsert"]
OLD = [{"id": number, "month": number % 3} for number in range(9)]
NEW = [{"id": number, "month": number % 3} for number in range(6, 15)]


@pytest.fixture
def full_disk(lake):
    lake.use_storage("test.behavior.failing_io.FullDisk")
    yield DISK
    DISK.writes_left = None


@pytest.mark.parametrize("suffix", [".parquet", ".avro", ".json"])
@pytest.mark.parametrize("mode", MODES)
def test_a_full_disk_leaves_the_table_unchanged(lake, full_disk, mode, suffix):
    lake.ingest(OLD, partitions=("month",))
    before, files = lake.iceberg().metadata_location, lake.data_files()
    full_disk.suffix, full_disk.writes_left = suffix, int(suffix == ".parquet")
    with pytest.raises(StorageError, match=r"sales.orders: writing failed: No space left on device"):
        lake.ingest(NEW, mode, ("id",))
    full_disk.writes_left = None
    assert lake.iceberg().metadata_location == before
    assert lake.rows() == OLD
    assert lake.data_files() == files
    lake.ingest(NEW, "upsert", ("id",))
    assert len(lake.rows()) == 15


@pytest.mark.local_files
@pytest.mark.parametrize(
    "change", [lambda lake: lake.ingest(NEW), lambda lake: lake.maintain()], ids=["write", "maintain"]
)
def test_a_table_of_a_newer_format_version_can_be_read_but_not_written(lake, change):
    lake.ingest(OLD)
    table = lake.iceberg()
    metadata = json.loads(Path(table.metadata_location.removeprefix("file://")).read_text(encoding="utf-8"))
    newer = f"{table.location()}/metadata/00009-newer.metadata.json"
    for snapshot in metadata["snapshots"]:
        snapshot |= {"first-row-id": 0, "added-rows": len(OLD)}
    upgraded = json.dumps(metadata | {"format-version": 3, "next-row-id": len(OLD)})
    Path(newer.removeprefix("file://")).write_text(upgraded, encoding="utf-8")
    lake.platform.catalog.drop_table(table.name())
    lake.platform.catalog.register_table(table.name(), newer)
    lake = lake.again()
    assert lake.rows() == OLD
    with pytest.raises(UnsupportedFormatVersionError, match="Iceberg format version 3; versions up to 2"):
        change(lake)
    assert lake.again().iceberg().metadata_location == newer


def test_a_failed_first_write_creates_no_table(lake, full_disk):
    full_disk.suffix, full_disk.writes_left = ".parquet", 0
    with pytest.raises(StorageError):
        lake.ingest(OLD)
    full_disk.writes_left = None
    assert not lake.exists()


@pytest.mark.parametrize("partitions", [None, ("month",)])
def test_an_input_that_fails_midway_leaves_no_files(lake, partitions):
    class Broken(Exception):
        pass

    def batches():
        for _ in range(10):
            yield from pa.Table.from_pylist(OLD).to_batches()
        raise Broken

    stream = InMemoryStream(pa.Table.from_pylist(OLD).schema, batches())
    request = IngestionRequest(lake.table, partition_keys=partitions)
    name, location = lake.table.identifier(lake.platform.environment), lake.platform.table_location(lake.table)
    target = Target(name, location, request)
    with pytest.raises(Broken):
        write(lake.platform.catalog, target, stream)
    assert not lake.data_files()
    assert threading.active_count() == 1 or all("writer" not in thread.name for thread in threading.enumerate())


INTERRUPTED = """
import sys, time
from test.behavior.lake import Lake
from pathlib import Path
import pyarrow as pa

lake = Lake(Path(sys.argv[1]) if sys.argv[1] else None)
rows = pa.table({"id": range(100), "month": [1] * 100})

def batches():
    yield from rows.to_batches()
    print("reading", flush=True)
    # A signal that arrives before `signal.pause` waits would not end it.
    while True:
        time.sleep(1)

lake.ingest(pa.RecordBatchReader.from_batches(rows.schema, batches()), sys.argv[2], ("id",))
"""


@pytest.mark.parametrize("mode", MODES)
def test_an_interrupt_leaves_the_table_unchanged(lake, mode):
    lake.ingest(OLD, partitions=("month",))
    before, files = lake.iceberg().metadata_location, lake.data_files()
    process = WarmProcess(
        [sys.executable, "-c", INTERRUPTED, str(lake.local_root or ""), mode],
        {**os.environ, "PYTHONPATH": str(Path.cwd())},
        Path.cwd(),
    )
    with process.stdout, process.stderr:
        assert process.stdout.readline() == b"reading\n"
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    process.wait(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert lake.iceberg().metadata_location == before
    assert lake.data_files() == files


@pytest.mark.local_files
@pytest.mark.parametrize("partitions", [(), ("--partition-keys", "month")])
def test_a_file_size_limit_is_a_clear_error(lake, tmp_path, partitions):
    lake.ingest(OLD, partitions=("month",))
    files = lake.data_files()
    rows = pa.table(
        {"id": range(200_000), "month": [1] * 200_000, "hash": [os.urandom(16).hex() for _ in range(200_000)]}
    )
    pq.write_table(rows, tmp_path / "rows.parquet")
    table = ["--database-name", "sales", "--table-name", "orders"]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "datalake_sdk.cli", "-p", "shop", "-d", "sales", "--local", str(lake.root)),
            *("ingest", *table, "--input-file-path", str(tmp_path / "rows.parquet"), "--ingestion-mode", "append"),
            *partitions,
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 1
    assert "Error: dev_sales.orders: writing failed: File too large; the table is unchanged" in finished.stderr
    assert lake.data_files() == files
    assert lake.rows() == OLD


@pytest.mark.write_contract
@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("compression-codec", "lzma", "zstd, gzip, snappy, lz4, lz4_raw, brotli or uncompressed"),
        ("compression-level", "fast", "an integer"),
        ("row-group-size-bytes", "128 MB", "a whole number of at least 1"),
        ("page-size-bytes", "0", "a whole number of at least 1"),
        ("page-row-limit", "-1", "a whole number of at least 1"),
        ("dict-size-bytes", "2e6", "a whole number of at least 1"),
    ],
)
def test_an_invalid_property_of_data_files_is_rejected(lake, name, value, valid):
    error = rf"property 'write\.parquet\.{name}' is '{value}'; it must be {valid}"
    with pytest.raises(InvalidTablePropertyError, match=error):
        lake.ingest(OLD, properties={f"write.parquet.{name}": value})
    assert not lake.exists()
    lake.ingest(OLD)
    with pytest.raises(InvalidTablePropertyError, match=error):
        lake.ingest(NEW, properties={f"write.parquet.{name}": value})
    assert len(lake.rows()) == len(OLD)
