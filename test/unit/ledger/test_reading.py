"""Lists of runs: newest first, page by page, with what their events say together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from datalake_sdk.ledger.compacted_days import compact_day
from datalake_sdk.ledger.model import EventType, RunError
from datalake_sdk.ledger.reading import RunState, find_run, list_runs
from datalake_sdk.platforms.local.run_events import LocalRunEvents
from test.unit.ledger.conftest import FIRST_START, numbered_event

RUNS = 25
"""They start on two days: ten before midnight."""
KILLED = RunError("TaskStopped", "SIGKILL")


@pytest.fixture
def ledger(store: LocalRunEvents, record: Callable[..., Any]) -> LocalRunEvents:
    for number in range(RUNS):
        record(number, EventType.START)
        if number != RUNS - 1:
            record(number, EventType.COMPLETE)
    return store


def pages(store: LocalRunEvents, **options: Any) -> list[list[str]]:
    found, before = [], ""
    while True:
        page = list_runs(store, before=before, **options)
        found.append([run.run.id for run in page.runs])
        before = page.next
        if not before:
            return found


def expected(numbers: range) -> list[str]:
    return [numbered_event(number, EventType.START).run.id for number in numbers]


@pytest.mark.parametrize("compacted_days", [0, 1, 2])
def test_pages_contain_each_run_once_newest_first(ledger: LocalRunEvents, compacted_days: int) -> None:
    for day in sorted(ledger.days())[:compacted_days]:
        assert compact_day(ledger, day) > 0
        assert list(ledger.names(day)) == []
    found = pages(ledger, limit=4)
    assert [len(page) for page in found] == [4, 4, 4, 4, 4, 4, 1]
    assert [run for page in found for run in page] == expected(range(RUNS - 1, -1, -1))


def test_a_late_event_of_a_compacted_day_is_merged_with_it(ledger: LocalRunEvents, record: Callable[..., Any]) -> None:
    day = ledger.days()[-1]
    compact_day(ledger, day)
    record(3, EventType.FAIL, KILLED)
    run = find_run(ledger, expected(range(3, 4))[0])
    assert run is not None
    assert run.state is RunState.FAILED
    assert compact_day(ledger, day) == 1
    assert len(ledger.compacted(day)) == 1
    assert find_run(ledger, run.run.id) == run


def test_the_first_page_reads_the_newest_events_only(ledger: LocalRunEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = ledger.read
    monkeypatch.setattr(ledger, "read", lambda day, names: read.extend(names) or original(day, names))
    assert len(list_runs(ledger, limit=3).runs) == 3
    assert len(read) == 4
    assert {name[:8] for name in read} == {"20261129"}


def test_runs_before_a_time_are_not_listed(ledger: LocalRunEvents) -> None:
    since = FIRST_START + timedelta(seconds=20)
    assert [run for page in pages(ledger, limit=50, since=since) for run in page] == expected(range(RUNS - 1, 19, -1))


def test_a_filter_does_not_change_the_size_of_pages(ledger: LocalRunEvents) -> None:
    found = pages(ledger, limit=5, matches=lambda run: run.run.job.task == "load_1")
    assert [len(page) for page in found] == [5, 5, 2]


def test_a_run_without_an_end_is_running(ledger: LocalRunEvents) -> None:
    run = list_runs(ledger, limit=1).runs[0]
    assert (run.state, run.ended, run.cost) == (RunState.RUNNING, None, None)
    assert run.tables == {"dev_shop.raw"}


def test_the_reason_recorded_for_a_stopped_run_decides_its_state(
    ledger: LocalRunEvents, record: Callable[..., Any]
) -> None:
    record(RUNS - 1, EventType.ABORT, RunError("TaskStopped", "the task was stopped by SIGTERM"))
    record(RUNS - 1, EventType.FAIL, RunError("States.Timeout", "it took longer than 5 minutes"))
    run = list_runs(ledger, limit=1).runs[0]
    assert run.state is RunState.FAILED
    assert run.error is not None
    assert run.error.name == "States.Timeout"


def test_an_event_is_never_overwritten(store: LocalRunEvents) -> None:
    assert store.write("2026-11-28", "a.json", b"first")
    assert not store.write("2026-11-28", "a.json", b"second")
    assert store.read("2026-11-28", ["a.json", "b.json"]) == [b"first", None]


def test_a_lake_without_runs_has_an_empty_list(store: LocalRunEvents, tmp_path: Path) -> None:
    assert list_runs(store).runs == ()
    assert find_run(store, "1") is None
    assert list(tmp_path.iterdir()) == []
