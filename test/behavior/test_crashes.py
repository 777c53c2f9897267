"""A process that is killed during a write leaves either the old or the new version of the table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.quarantine.reading import QuarantineFilter
from datalake_sdk.engine.table_properties import MERGE_MODE, ORPHAN_AGE_HOURS
from datalake_sdk.errors import EmptyLakeError, NoQuarantineError, UnknownTableError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.maintain_table import maintain_table
from datalake_sdk.operations.quarantine.listing import show_quarantine
from datalake_sdk.operations.quarantine.replay import replay_quarantine
from test.behavior.killed_writer import NOT_KILLED
from test.behavior.lake import Lake

pytestmark = pytest.mark.local_files

OLD = [{"id": number, "month": number % 2} for number in range(6)]
NEW = [{"id": number, "month": 1} for number in range(4, 8)]
DOUBLES = [row | {"id": float(row["id"])} for row in NEW]
"""The new rows with ids as doubles, which are cast to the table's type."""
AFTER = {
    "overwrite": NEW,
    "overwrite_partitions": [row for row in OLD if row["month"] == 0] + NEW,
    "append": OLD + NEW,
    "upsert": OLD[:4] + NEW,
}
CHANGES = [
    *({"id": float(row["id"]), "month": 9, "version": 1, "gone": False} for row in NEW),
    *({**row, "id": float(row["id"]), "version": 2, "gone": False} for row in NEW),
    {"id": 0.0, "month": None, "version": 1, "gone": True},
]
"""Each new row after an older one of the same key, and a row to delete."""
CHANGE_OPTIONS = {"on_duplicate": "last", "order_by": "version", "delete_when": "gone"}
CASES = {
    "overwrite": ("overwrite", None),
    "overwrite_partitions": ("overwrite_partitions", None),
    "append": ("append", None),
    "copy-on-write": ("upsert", "copy-on-write"),
    "merge-on-read": ("upsert", "merge-on-read"),
}


@pytest.fixture(scope="module")
def killed_process():
    """Runs jobs in processes that are killed."""
    command = [sys.executable, "-m", "test.behavior.killed_writer"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def run(job: dict[str, object]) -> str:
            print(json.dumps(job), file=process.stdin, flush=True)
            return process.stdout.readline().strip()

        yield run
        process.stdin.close()


@pytest.fixture(scope="module")
def killed_writer(killed_process):
    """Writes in a separate process that is killed at the given step; returns the step's name."""
    return lambda lake, last, **write: killed_process({"root": str(lake.root), "last": last, "write": write})


@pytest.fixture(scope="module")
def killed_load(killed_process):
    """Loads a dlt source with these ids in a separate process that is killed at the given step."""
    return lambda lake, last, ids: killed_process({"root": str(lake.root), "last": last, "loaded_ids": ids})


@pytest.fixture(scope="module")
def killed_replay(killed_process):
    """Replays quarantined rows under a contract in a separate process that is killed at the given step."""
    return lambda lake, last, contract: killed_process(
        {"root": str(lake.root), "last": last, "replayed_contract": contract}
    )


def ordered(rows):
    return sorted(rows, key=repr)


def prepared(lake: Lake, merge_mode: str | None) -> Path:
    lake.ingest(OLD, partitions=("month",))
    if merge_mode:
        with lake.iceberg().transaction() as transaction:
            transaction.set_properties({MERGE_MODE.name: merge_mode})
    return copied(lake)


def copied(lake: Lake) -> Path:
    # The run ledger of this process is written in the background.
    assert flush(60)
    return Path(shutil.copytree(lake.root, lake.root.with_name("backup")))


def restored(lake: Lake, backup: Path) -> Lake:
    assert flush(60)
    shutil.rmtree(lake.root)
    shutil.copytree(backup, lake.root)
    return Lake(lake.root)


@pytest.mark.parametrize("case", CASES)
def test_a_write_killed_at_any_step_is_atomic_and_can_be_repeated(lake, killed_writer, case):
    mode, merge_mode = CASES[case]
    write = {"rows": DOUBLES, "mode": mode, "keys": ["id"], "ingestion_id": "run-1"}
    backup, steps = prepared(lake, merge_mode), []
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_writer(lake, len(steps), **write))
        is_committed = "after the commit" in steps
        assert lake.rows() == ordered(AFTER[mode] if is_committed else OLD), steps[-1]
        assert lake.ingest(**write).skipped == is_committed, steps[-1]
        assert lake.rows() == ordered(AFTER[mode]), steps[-1]
    expected = {"data file", "manifest", "manifest list", "metadata"} | (
        {"delete file"} if case == "merge-on-read" else set()
    )
    assert set(steps) == {f"{action} {kind}" for action in ("create", "close") for kind in expected} | {
        "commit in the catalog",
        "after the commit",
        NOT_KILLED,
    }


def test_an_upsert_with_duplicates_and_deletions_killed_at_any_step_is_atomic(lake, killed_writer):
    write = {"rows": CHANGES, "mode": "upsert", "keys": ["id"], "ingestion_id": "run-1", **CHANGE_OPTIONS}
    before = [row | {"version": 0} for row in OLD]
    lake.ingest(before)
    backup, steps = copied(lake), []
    after = before[1:4] + [row | {"version": 2} for row in NEW]
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_writer(lake, len(steps), **write))
        is_committed = "after the commit" in steps
        assert lake.rows() == ordered(after if is_committed else before), steps[-1]
        assert lake.ingest(**write).skipped == is_committed, steps[-1]
        assert lake.rows() == ordered(after), steps[-1]
    assert steps.count("create data file") > 2


def test_a_table_emptied_by_a_write_killed_at_any_step_keeps_all_rows_or_none(lake, killed_writer):
    write = {"rows": [], "mode": "overwrite", "empty": "replace", "ingestion_id": "run-1"}
    backup, steps = prepared(lake, None), []
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_writer(lake, len(steps), **write))
        is_committed = "after the commit" in steps
        assert lake.rows() == ([] if is_committed else ordered(OLD)), steps[-1]
        assert lake.ingest(**write).skipped == is_committed, steps[-1]
        assert lake.rows() == [], steps[-1]


def test_a_first_write_killed_at_any_step_is_atomic(lake, killed_writer):
    write = {"rows": OLD, "mode": "append", "partitions": ["month"], "ingestion_id": "run-1"}
    lake.root.mkdir()
    backup, steps = copied(lake), []
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_writer(lake, len(steps), **write))
        assert lake.exists() == ("after the commit" in steps), steps[-1]
        lake.ingest(**write)
        assert lake.rows() == ordered(OLD), steps[-1]
    assert len(steps) > 10


@pytest.mark.parametrize("case", CASES)
def test_another_write_succeeds_after_a_crash_during_a_commit(lake, killed_writer, case):
    mode, merge_mode = CASES[case]
    prepared(lake, merge_mode)
    assert killed_writer(lake, "commit in the catalog", rows=NEW, mode=mode, keys=["id"]) == "commit in the catalog"
    lake.upsert([OLD[0] | {"month": 5}])
    assert lake.rows() == ordered([OLD[0] | {"month": 5}, *OLD[1:]])


@pytest.mark.parametrize("case", CASES)
def test_maintenance_removes_the_files_of_a_killed_write(lake, killed_writer, case):
    mode, merge_mode = CASES[case]
    prepared(lake, merge_mode)
    with lake.iceberg().transaction() as transaction:
        transaction.set_properties({ORPHAN_AGE_HOURS.name: "0"})
    files = lake.data_files()
    killed_writer(lake, "commit in the catalog", rows=NEW, mode=mode, keys=["id"])
    assert lake.data_files() > files
    maintain_table(lake.platform, lake.table, force=True)
    assert lake.data_files() == files
    assert lake.rows() == ordered(OLD)


def test_killed_loads_of_a_source_neither_lose_nor_repeat_rows(lake, killed_load):
    random = Random(1)
    steps = [killed_load(lake, random.randrange(1, 30), ids) for ids in range(2, 10)]
    assert killed_load(lake, -1, 10) == NOT_KILLED
    assert len(set(steps) - {NOT_KILLED}) > 2
    for table in ("clicks", "views"):
        assert sorted(row["id"] for row in lake.named(table).rows()) == list(range(1, 11)), steps


def contract(minimum: int) -> dict[str, object]:
    return {"schema": {"month": {"logicalTypeOptions": {"minimum": minimum}}}, "on_violation": "quarantine"}


REJECTED = [{"id": 20, "month": -1}, {"id": 21, "month": -2}]


def quarantined(lake: Lake) -> list[dict[str, object]]:
    """The quarantined rows, as a process sees them that runs after the killed one."""
    try:
        rows = show_quarantine(Lake(lake.root).platform, lake.table, QuarantineFilter(), 100)
    except (EmptyLakeError, NoQuarantineError, UnknownTableError):
        return []
    return ordered(dict(row.row) for row in rows)


@pytest.mark.parametrize("reader_first", [True, False], ids=["read", "repeated"])
def test_a_write_with_quarantine_killed_at_any_step_loses_and_repeats_no_row(lake, killed_writer, reader_first):
    write = {"rows": [*NEW, *REJECTED], "mode": "append", "ingestion_id": "run-1", "contract": contract(0)}
    backup, steps = prepared(lake, None), []
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_writer(lake, len(steps), **write))
        is_published = "after the commit" in steps
        assert lake.rows() == ordered([*OLD, *NEW] if is_published else OLD), steps[-1]
        if reader_first:
            assert quarantined(lake) == (ordered(REJECTED) if is_published else []), steps[-1]
        assert lake.ingest(**write).skipped == is_published, steps[-1]
        assert lake.rows() == ordered([*OLD, *NEW]), steps[-1]
        assert quarantined(lake) == ordered(REJECTED), steps[-1]
    assert steps.count("after the commit") == 2


def test_a_replay_killed_at_any_step_writes_each_row_once(lake, killed_replay):
    lake.ingest([*NEW, *REJECTED], contract=contract(0))
    backup, steps = copied(lake), []
    while NOT_KILLED not in steps:
        lake = restored(lake, backup)
        steps.append(killed_replay(lake, len(steps), contract(-1)))
        is_published = "after the commit" in steps
        assert lake.rows() == ordered([*NEW, *REJECTED[:1]] if is_published else NEW), steps[-1]
        assert quarantined(lake) == ordered(REJECTED[1:] if is_published else REJECTED), steps[-1]
        list(replay_quarantine(lake.platform, lake.table, parse_table("contract", contract(-1))))
        assert lake.rows() == ordered([*NEW, *REJECTED[:1]]), steps[-1]
        assert quarantined(lake) == REJECTED[1:], steps[-1]
    assert steps.count("after the commit") == 2
