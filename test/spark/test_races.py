"""Concurrent writes of both engines to one table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

SHARED = ["shared 1", "shared 2", "shared 3"]
COMMITS = 2


def test_concurrent_spark_and_native_writers_neither_lose_nor_duplicate_rows(lake):
    lake.ingest([{"id": "first", "run": "first"}])
    writers = {"spark 1": lake.again(), "spark 2": lake.again(), "native": lake.native()}
    start = Barrier(len(writers))
    with ThreadPoolExecutor(len(writers)) as pool:
        list(pool.map(lambda item: write(start, *item), writers.items()))
    rows = {row["id"]: row["run"] for row in lake.rows()}
    assert len(rows) == len(lake.rows()), "duplicate keys"
    own = {f"{name}/{number}" for name in writers for number in range(COMMITS)}
    assert set(rows) == {"first", *own, *SHARED}
    assert {rows[key] for key in SHARED} == {last_upsert(lake)}
    assert lake.spark_rows() == lake.rows()


def write(start, name, lake):
    """Alternates between appending its own row and upserting the shared rows."""
    start.wait()
    for number in range(COMMITS):
        run = f"{name}/{number}"
        lake.ingest([{"id": run, "run": run}], ingestion_id=f"append {run}")
        lake.ingest([{"id": key, "run": run} for key in SHARED], "upsert", ("id",), ingestion_id=f"upsert {run}")


def last_upsert(lake):
    snapshots = sorted(lake.iceberg().snapshots(), key=lambda snapshot: snapshot.sequence_number)
    ids = [snapshot.summary["datalake_sdk_ingestion_id"] for snapshot in snapshots]
    return [given for given in ids if given and given.startswith("upsert ")][-1].removeprefix("upsert ")
