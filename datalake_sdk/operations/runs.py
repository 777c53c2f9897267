"""Lists and shows the runs of an environment, from the run ledger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from datalake_sdk.calendar import days_before
from datalake_sdk.errors import InvalidSettingError, UnknownLogError, UnknownRunError
from datalake_sdk.ledger import reading
from datalake_sdk.ledger.model import EventKey, EventType, Run, RunKind, run_id_of
from datalake_sdk.ledger.reading import RecordedRun, RunPage, RunState
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.deployments import LogStreams
from datalake_sdk.runtime.environment import parsed_timestamp
from datalake_sdk.settings import TableName

_AGE = re.compile(r"(\d{1,6})([mhd])")
_UNITS_PER_DAY = {"m": 24 * 60, "h": 24, "d": 1}
_ARN_PREFIX = "arn:"
_LOCAL_RUN = re.compile(r"(\d{8}T\d{6})-[0-9a-f]{4}(-.*)?")
"""Id of a run of a pipeline file."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; None selects all.

    Args:
        table: Table that a run reads or writes.
        pipeline: Name of the pipeline.
        task: Name of the task.
        kind: Kind of the runs.
        state: State of the runs.
        since: Earliest start of their execution.
    """

    table: TableName | None = None
    pipeline: str | None = None
    task: str | None = None
    kind: RunKind | None = None
    state: RunState | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class ShownRun:
    """A run and those that belong to it.

    Args:
        recorded: The run.
        tries: All tries of the task in the execution, in order; only the run itself for other kinds.
        children: Runs that it has started, in order.
    """

    recorded: RecordedRun
    tries: tuple[RecordedRun, ...]
    children: tuple[RecordedRun, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return {
            **run_fields(self.recorded),
            "tries": [run_fields(each) for each in self.tries],
            "children": [run_fields(each) for each in self.children],
        }


def list_runs(platform: Platform, wanted: RunFilter, *, limit: int = 50, before: str = "") -> RunPage:
    """Lists a page of runs in the order of `listing_order`.

    Args:
        platform: Platform of the environment.
        wanted: Which runs to list.
        limit: Maximum number of runs.
        before: `next` of the previous page; empty for the first page.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    table = None if wanted.table is None else ".".join(wanted.table.identifier(platform.environment))

    def matches(found: RecordedRun) -> bool:
        job = found.run.job
        return (
            (table is None or table in found.tables)
            and wanted.pipeline in (None, job.pipeline)
            and wanted.task in (None, job.task)
            and wanted.kind in (None, job.kind)
            and wanted.state in (None, found.state)
        )

    page = reading.list_runs(platform.run_events, limit=limit, before=before, since=wanted.since, matches=matches)
    return replace(page, runs=tuple(sorted(page.runs, key=listing_order)))


def listing_order(found: RecordedRun) -> tuple[float, str, bool, float, str]:
    """Orders runs by execution, newest first; in an execution, the pipeline is first, then tasks as they started."""
    run = found.run
    return -run.group_time.timestamp(), run.execution, run.parent is not None, run.started.timestamp(), run.job.name


def show_run(platform: Platform, run_id: str) -> ShownRun:
    """Shows a run.

    Args:
        platform: Platform of the environment.
        run_id: Its id, the first characters of it, of which the newest run is shown, the ARN of an execution, or the id
            that `run_pipeline` prints.

    Raises:
        UnknownRunError: The ledger does not contain it.
        DatalakeError: The ledger cannot be read.
    """
    found = _found(platform, run_id) if run_id else None
    if found is None:
        raise UnknownRunError(run_id, platform.run_events.location)
    related = reading.runs_of_execution(platform.run_events, found.run)
    children = [each for each in related if each.run.parent is not None and each.run.parent.run_id == found.run.id]
    return ShownRun(found, _tries(found, related), tuple(children))


def _found(platform: Platform, run_id: str) -> RecordedRun | None:
    if local := _LOCAL_RUN.fullmatch(run_id):
        try:
            since = datetime.strptime(local[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        runs = reading.iterate_runs(platform.run_events, since)
        return next(
            (
                each
                for each in runs
                if each.run.job.kind is RunKind.PIPELINE and each.run.execution.endswith(f":{run_id}")
            ),
            None,
        )
    is_arn = run_id.startswith(_ARN_PREFIX)
    return reading.find_run(platform.run_events, run_id_of(run_id) if is_arn else run_id.lower())


def run_log(platform: Platform, run: Run) -> list[str]:
    """Returns the lines of the log of a task.

    Raises:
        UnknownLogError: The log is unknown.
        DatalakeError: The log cannot be read.
    """
    scheme, _, rest = run.log.partition(":")
    if scheme == "file" and not platform.capabilities.remote:
        path = Path(unquote(urlsplit(run.log).path))
        return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    if platform.pipelines is None or scheme not in ("cloudwatch", "lambda"):
        raise UnknownLogError(run.id, run.job.kind)
    group, _, name = rest.partition(":")
    streams = LogStreams(group, (name,)) if scheme == "cloudwatch" else LogStreams(group, run=name, since=run.started)
    return platform.pipelines.log(streams).new_lines()


def parse_since(text: str) -> datetime:
    """Parses a time in ISO 8601, or an age such as `30m`, `12h` or `7d`.

    Raises:
        InvalidSettingError: The text is neither.
    """
    if age := _AGE.fullmatch(text):
        return days_before(datetime.now(UTC), int(age[1]) / _UNITS_PER_DAY[age[2]])
    try:
        return parsed_timestamp(text)
    except ValueError:
        raise InvalidSettingError("--since", text, "a time in ISO 8601, or an age such as 30m, 12h or 7d") from None


def check_position(text: str) -> str:
    """Checks that a text is the `next` of a page.

    Raises:
        InvalidSettingError: It is not.
    """
    if EventKey.parse(f"{text}_{EventType.START}.json") is None:
        raise InvalidSettingError("--before", text, "a position that is printed below a page")
    return text


def run_fields(found: RecordedRun) -> dict[str, Any]:
    """Returns the JSON-serializable fields of a run."""
    run, job = found.run, found.run.job
    return {
        "run_id": run.id,
        "kind": job.kind.value,
        "job": job.name,
        "pipeline": job.pipeline or None,
        "task": job.task or None,
        "state": found.state.value,
        "started": run.started.isoformat(),
        "ended": None if found.ended is None else found.ended.isoformat(),
        "execution": run.execution or None,
        "parent": None if run.parent is None else run.parent.run_id,
        "nominal_time": None if run.nominal_time is None else run.nominal_time.isoformat(),
        "engine": None if run.engine is None else asdict(run.engine),
        "code": job.code or None,
        "image": job.image or None,
        "log": run.log or None,
        "inputs": [asdict(each) for each in found.inputs],
        "outputs": [asdict(each) for each in found.outputs],
        "error": None if found.error is None else asdict(found.error),
        "cost": None if found.cost is None else asdict(found.cost),
    }


def _tries(found: RecordedRun, related: Sequence[RecordedRun]) -> tuple[RecordedRun, ...]:
    if found.run.job.kind is not RunKind.TASK or not found.run.execution:
        return (found,)
    return tuple(each for each in related if each.run.job.name == found.run.job.name)
