"""A process with Spark that is killed in the middle of a write leaves the table as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

OLD = [{"id": number, "month": 1} for number in range(4)]
WRITER = """
import os, signal, sys
from pathlib import Path
from datalake_sdk.settings import IngestionMode, OutputTable
from test.spark.lake import SparkLake

root, pipe, place, mode = sys.argv[1:]
lake = SparkLake(Path(root))

def tell_and_wait(*_):
    Path(pipe).write_text("here")
    signal.pause()

def slowly(batches):
    for batch in batches:
        yield batch
        tell_and_wait()

rows = lake.session.range(2, 6).selectExpr("id", "2L AS month", "'new' AS note")
if place == "while Spark computes":
    rows = rows.mapInArrow(slowly, rows.schema)
else:
    lake.platform.catalog.commit_table = tell_and_wait
lake.write(rows, OutputTable(IngestionMode(mode), ("id",)), "run-1")
"""


@pytest.mark.parametrize(("place", "mode"), [("while Spark computes", "append"), ("in the commit", "upsert")])
def test_a_killed_write_leaves_the_old_table_and_can_be_repeated(lake, tmp_path, place, mode):
    lake.ingest(OLD, partitions=("month",))
    before = lake.iceberg().metadata_location
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(lake.root), str(tmp_path / "pipe"), place, mode],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        start_new_session=True,
    )
    assert (tmp_path / "pipe").read_text() == "here"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert lake.iceberg().metadata_location == before
    new = [{"id": number, "month": 2, "note": "new"} for number in range(2, 6)]
    assert not lake.ingest(new, mode, ("id",), ingestion_id="run-1").skipped
    kept = OLD[:2] if mode == "upsert" else OLD
    assert lake.rows() == sorted([*({**row, "note": None} for row in kept), *new], key=repr)
