from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalake_sdk.ledger.delivery import encoded
from datalake_sdk.ledger.model import Event, EventType, Job, Parent, Run, RunKind, run_id_of
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.operations.runs import RunFilter, list_runs
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment

START = datetime(2026, 11, 28, 12, tzinfo=UTC)


def started(execution: str, start: datetime) -> Iterator[Run]:
    """Yields the runs of a pipeline, whose ids have another order than their names and times."""
    pipeline = run_id_of(execution)
    yield Run(pipeline, Job(RunKind.PIPELINE, "daily", "daily"), start, start, execution=execution)
    for seconds, task in ((1, "a"), (1, "b"), (1, "c"), (1, "d"), (2, "first_by_name")):
        job = Job(RunKind.TASK, f"daily.{task}", "daily", task)
        identity, time = run_id_of(execution, task), start + timedelta(seconds=seconds)
        yield Run(identity, job, time, start, Parent(pipeline, "daily"), execution)


@pytest.fixture
def lake(tmp_path: Path) -> Platform:
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path))
    store = platform.run_events
    for execution, start in (("old", START), ("new", START + timedelta(minutes=1))):
        for run in started(execution, start):
            event = Event(EventType.START, run.started, run)
            content = to_openlineage(event, "local_lake_dev", store.table_identity)
            store.write(event.key.day, str(event.key), encoded(content))
    return platform


def test_executions_are_listed_newest_first_with_their_runs_in_the_order_of_start_and_name(lake):
    page = list_runs(lake, RunFilter())
    of_execution = ["daily", "daily.a", "daily.b", "daily.c", "daily.d", "daily.first_by_name"]
    assert [run.run.job.name for run in page.runs] == of_execution * 2
    assert [run.run.execution for run in page.runs] == ["new"] * 6 + ["old"] * 6


def test_pages_contain_each_run_once_in_any_order_within_an_execution(lake):
    page = list_runs(lake, RunFilter(), limit=4)
    pages = [page.runs]
    while page.next:
        page = list_runs(lake, RunFilter(), limit=4, before=page.next)
        pages.append(page.runs)
    assert [len(runs) for runs in pages] == [4, 4, 4]
    assert len({run.run.id for runs in pages for run in runs}) == 12
