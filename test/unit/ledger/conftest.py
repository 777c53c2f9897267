"""Events of a made-up pipeline, and an empty ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalake_sdk.ledger.delivery import encoded
from datalake_sdk.ledger.model import Cost, Event, EventType, Input, Job, Output, Run, RunKind, run_id_of
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.platforms.local.run_events import LocalRunEvents
from datalake_sdk.platforms.run_events import RunEventStore
from datalake_sdk.platforms.select import resolve_environment

FIRST_START = datetime(2026, 11, 28, 23, 59, 50, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> LocalRunEvents:
    """The ledger of an embedded lake that does not exist yet."""
    return LocalRunEvents(tmp_path, resolve_environment(None, None, None, local_root=tmp_path))


@pytest.fixture
def record(store: RunEventStore) -> Callable[..., Event]:
    """Returns a function that stores an event."""

    def stored(number: int, kind: EventType, error: object = None) -> Event:
        event = numbered_event(number, kind, error)
        content = to_openlineage(event, "local_lake_dev", store.table_identity)
        store.write(event.key.day, str(event.key), encoded(content))
        return event

    return stored


def numbered_event(number: int, kind: EventType, error: object = None) -> Event:
    """Returns an event of the task run with a number; each starts a second after the previous one."""
    started = FIRST_START + timedelta(seconds=number)
    job = Job(RunKind.TASK, "orders.load", "orders", f"load_{number % 2}")
    run = Run(run_id_of("execution", str(number)), job, started, started)
    if kind is EventType.START:
        return Event(kind, started, run, (Input("dev_shop.raw"),))
    outputs = (Output("dev_shop.orders", snapshot_id=number, rows=10),)
    return Event(kind, started + timedelta(seconds=9), run, (Input("dev_shop.raw"),), outputs, error, Cost(9.0))  # type: ignore[arg-type]
