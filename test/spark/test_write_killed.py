"""A Spark process that is killed during a write leaves the table unchanged; `test_emr` kills a job run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from datalake_sdk.temporary_folders import remove_abandoned_folders

OLD = [{"id": number, "month": 1} for number in range(4)]
WRITER = """
import signal, sys
from pathlib import Path
from datalake_sdk.settings import IngestionMode
from test.spark.lake import SparkLake

root, pipe = map(Path, sys.argv[1:])
lake = SparkLake(root)

def notify_and_wait(*_):
    pipe.write_text("committing")
    signal.pause()

lake.platform.catalog.commit_table = notify_and_wait
rows = lake.session.range(2, 6).selectExpr("id", "2L AS month", "'new' AS note")
lake.write(rows, IngestionMode.UPSERT, upsert_keys=("id",), ingestion_id="run-1")
"""


def test_a_write_killed_before_its_commit_leaves_the_table_unchanged_and_can_be_rerun(lake, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    lake.ingest(OLD, partitions=("month",))
    before = lake.iceberg().metadata_location
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(lake.root), str(tmp_path / "pipe")],
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    assert (tmp_path / "pipe").read_text() == "committing"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (folder,) = temporary.iterdir()
    assert len(list(folder.iterdir())) > 1
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    remove_abandoned_folders()
    assert not folder.exists()
    monkeypatch.undo()
    assert lake.iceberg().metadata_location == before
    new = [{"id": number, "month": 2, "note": "new"} for number in range(2, 6)]
    assert not lake.ingest(new, "upsert", ("id",), ingestion_id="run-1").skipped
    assert lake.rows() == sorted([*({**row, "note": None} for row in OLD[:2]), *new], key=repr)
