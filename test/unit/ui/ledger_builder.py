"""Events of made-up runs, written to the ledger of a lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from datalake_sdk.ledger.delivery import encoded
from datalake_sdk.ledger.model import (
    Check,
    Cost,
    Event,
    EventType,
    Input,
    Job,
    Output,
    Parent,
    Run,
    RunError,
    RunKind,
    run_id_of,
)
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.platforms.base import Platform

SECOND = timedelta(seconds=1)
CHECKS = (
    Check("amount is positive", "amount", "error", "quarantine", 3, False),
    Check("id", "id", "error", "fail", 0, True),
)


class LedgerBuilder:
    """Writes executions of the pipeline `orders`: two tries of `load`, then `report`.

    Args:
        platform: Platform of the lake.
        text: Added to messages.
        log: URI of the log of tasks.
    """

    def __init__(self, platform: Platform, text: str = "", log: str = "") -> None:
        self._platform, self._text, self._log = platform, text, log

    def execution(self, start: datetime, *, succeeds: bool = True) -> str:
        """Writes an execution; returns the position of its last task."""
        name = f"{start:%Y-%m-%dT%H:%M}"
        pipeline = Run(run_id_of(name), Job(RunKind.PIPELINE, "orders", "orders"), start, start, execution=name)
        error = RunError("ContractViolatedError", f"3 rows {self._text}", "Correct the rows.", traceback="line 3")
        first = self._task(pipeline, "load", 0, start + SECOND)
        self._end(first, start + 4 * SECOND, (), RunError("LakeBusyError", "busy", is_transient=True))
        second = self._task(pipeline, "load", 1, start + 6 * SECOND)
        self._end(second, start + 9 * SECOND, (Output("dev_shop.orders", 7, 1200, 5000, 1, checks=CHECKS),))
        report = self._task(pipeline, "report", 0, start + 10 * SECOND)
        self._end(report, start + 15 * SECOND, (Output("dev_shop.gone", 8),), None if succeeds else error)
        self._end(pipeline, start + 16 * SECOND, (), None if succeeds else error)
        return Event(EventType.START, start, report).key.run

    def running(self, start: datetime) -> Run:
        """Writes the start of an execution and of its first task; returns the execution."""
        name = f"{start:%Y-%m-%dT%H:%M}"
        pipeline = Run(run_id_of(name), Job(RunKind.PIPELINE, "orders", "orders"), start, start, execution=name)
        for run in (pipeline, self._task(pipeline, "load", 0, start + SECOND)):
            self._write(Event(EventType.START, run.started, run))
        return pipeline

    def end(self, run: Run) -> None:
        """Writes the end of a run."""
        self._write(Event(EventType.COMPLETE, run.started + 9 * SECOND, run))

    def _task(self, pipeline: Run, name: str, attempt: int, started: datetime) -> Run:
        job = Job(RunKind.TASK, f"orders.{name}", "orders", name, sql=f"SELECT 1 {self._text}")
        run_id = run_id_of(pipeline.execution, name, str(attempt))
        return Run(
            run_id, job, started, pipeline.started, Parent(pipeline.id, "orders"), pipeline.execution, log=self._log
        )

    def _end(self, run: Run, end: datetime, outputs: tuple[Output, ...], error: RunError | None = None) -> None:
        inputs = (Input("dev_shop.orders", 7),) if run.job.task == "report" else ()
        cost = Cost((end - run.started) / SECOND, 1.0, 2048, 10**9)
        self._write(Event(EventType.START, run.started, run, inputs))
        kind = EventType.FAIL if error else EventType.COMPLETE
        self._write(Event(kind, end, run, inputs, outputs, error, cost))

    def _write(self, event: Event) -> None:
        store = self._platform.run_events
        content = to_openlineage(event, self._platform.environment.name, store.table_identity)
        store.write(event.key.day, str(event.key), encoded(content))


MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)
