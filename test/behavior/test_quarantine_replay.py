"""Quarantined rows that satisfy the current contract are written by a replay, each of them once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from datalake_sdk.errors import (
    NoQuarantineError,
    QuarantineChangedError,
    UnpublishedOverwriteError,
)
from datalake_sdk.operations.quarantine.listing import show_quarantine
from test.behavior.lake import Lake
from test.behavior.quarantines import ALL, BAD, GOOD, OLD, RELAXED, ordered, quarantined, replay, write


def test_a_replay_writes_what_passes_now_and_keeps_the_rest(lake):
    write(lake, [*GOOD, *BAD], ingestion_id="run-1")
    (result,) = replay(lake, RELAXED)
    assert (result.ingestion_id, result.rows, result.replayed, result.remaining) == ("run-1", 2, 1, 1)
    assert lake.rows() == ordered([*GOOD, BAD[0]])
    assert quarantined(lake) == [BAD[1]]
    (row,) = show_quarantine(lake.platform, lake.table, ALL)
    assert (row.input_row, row.ingestion_id, row.reason) == (4, "run-1", "minimum of 'amount' is -5")


def test_a_replay_under_an_unchanged_contract_changes_nothing(lake):
    write(lake, [*GOOD, *BAD])
    before = lake.iceberg().current_snapshot()
    (result,) = replay(lake)
    assert (result.replayed, result.remaining, result.snapshot_id) == (0, 2, None)
    assert lake.iceberg().current_snapshot() == before
    assert quarantined(lake) == ordered(BAD)


def test_rows_are_replayed_even_if_the_contract_now_fails_writes(lake):
    write(lake, [*GOOD, *BAD])
    (result,) = replay(lake, {**RELAXED, "on_violation": "fail"})
    assert (result.replayed, result.remaining) == (1, 1)


def test_rows_of_an_upsert_are_upserted_by_a_replay(lake):
    lake.ingest(OLD)
    write(lake, [{"id": 2, "amount": -2}, {"id": 5, "amount": -5}], "upsert")
    replay(lake, RELAXED)
    assert lake.rows() == ordered([OLD[0], {**OLD[1], "amount": -2}, {"id": 5, "day": None, "amount": -5}])
    assert quarantined(lake) == []


def test_rows_that_were_to_replace_the_stored_rows_are_not_added_to_them(lake):
    lake.ingest(OLD)
    write(lake, [{**OLD[0], "amount": -1}], "overwrite", ingestion_id="run-1")
    write(lake, [BAD[0]], ingestion_id="run-2")
    with pytest.raises(UnpublishedOverwriteError, match="'run-1' was to overwrite stored rows"):
        replay(lake, RELAXED)
    assert lake.rows() == ordered([*OLD, BAD[0]])
    write(lake, [{**OLD[0], "amount": -1}], "overwrite", RELAXED)
    assert (lake.rows(), quarantined(lake)) == ([{**OLD[0], "amount": -1}], [])


def test_rows_of_a_partition_that_an_overwrite_kept_are_not_added_to_it(lake):
    lake.ingest(OLD, partitions=("day",))
    write(lake, [{**OLD[0], "amount": 10}, BAD[0]], "overwrite_partitions", ingestion_id="run-1")
    with pytest.raises(UnpublishedOverwriteError):
        replay(lake, RELAXED)
    write(lake, [{**BAD[1], "amount": -4}], "overwrite_partitions", ingestion_id="run-2")
    assert replay(lake, RELAXED, "run-2")[0].replayed == 1
    assert lake.rows() == ordered([{**OLD[0], "amount": 10}, OLD[1], {**BAD[1], "amount": -4}])


def test_one_ingestion_can_be_replayed(lake):
    write(lake, [BAD[0]], ingestion_id="run-1")
    write(lake, [{**BAD[0], "id": 5}], ingestion_id="run-2")
    replay(lake, RELAXED, "run-2")
    assert [row["id"] for row in lake.rows()] == [5]
    assert quarantined(lake) == [BAD[0]]
    with pytest.raises(NoQuarantineError, match="ingestion 'run-2'"):
        replay(lake, RELAXED, "run-2")


def test_two_replays_at_the_same_time_write_each_row_once(lake, interrupted):
    write(lake, [*GOOD, *BAD])
    late = interrupted(lambda other: replay(other, RELAXED))
    replay(late, RELAXED)
    assert lake.rows() == ordered([*GOOD, BAD[0]])
    assert quarantined(lake) == [BAD[1]]


def test_a_replay_does_not_write_rows_that_an_overwrite_supersedes_in_the_meantime(lake, interrupted):
    write(lake, [*GOOD, *BAD])
    late = interrupted(lambda other: write(other, OLD, "overwrite"))
    replay(late, RELAXED)
    assert lake.rows() == ordered(OLD)
    assert quarantined(lake) == []


def test_a_replay_gives_up_if_the_quarantine_changes_all_the_time(lake, interrupted):
    write(lake, [*GOOD, *BAD])
    late = interrupted(lambda other: write(other, [BAD[1]]), times=10)
    with pytest.raises(QuarantineChangedError, match="nothing was written"):
        replay(late, RELAXED)
    assert lake.rows() == ordered(GOOD)


@pytest.mark.local_files
def test_concurrent_writes_and_replays_lose_and_repeat_no_row(lake):
    lake.ingest(OLD)

    def write_batches(writer: int) -> None:
        own = Lake(lake.root)
        for batch in range(3):
            first = 100 * writer + 10 * batch
            rows = [{"id": first + number, "day": "mon", "amount": -number} for number in range(8)]
            write(own, rows, ingestion_id=f"{writer}/{batch}")

    def replay_all() -> None:
        own = Lake(lake.root)
        for _ in range(4):
            with suppress(NoQuarantineError, QuarantineChangedError):
                replay(own, RELAXED)

    with ThreadPoolExecutor(5) as pool:
        jobs = [*(pool.submit(write_batches, writer) for writer in range(1, 4)), pool.submit(replay_all)]
        for job in jobs:
            job.result()
    replay(lake, RELAXED)
    batches = [100 * writer + 10 * batch for writer in range(1, 4) for batch in range(3)]
    assert sorted(row["id"] for row in lake.rows()) == [
        1,
        2,
        *(first + number for first in batches for number in range(6)),
    ]
    assert sorted(row["id"] for row in quarantined(lake)) == [first + number for first in batches for number in (6, 7)]
