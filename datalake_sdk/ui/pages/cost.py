"""What runs consumed: by day, and by job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from datalake_sdk.ledger.model import Cost, RunKind
from datalake_sdk.ledger.reading import RecordedRun
from datalake_sdk.platforms.base import DOLLARS_PER_SCANNED_BYTE
from datalake_sdk.ui.page import Page
from datalake_sdk.ui.reader import LakeReader

_DAYS_SHOWN, _JOBS_SHOWN = 30, 50
_DOLLARS_PER_VCPU_SECOND, _DOLLARS_PER_GIB_SECOND = 0.04048 / 3600, 0.004445 / 3600
"""Fargate on x86 in us-east-1: https://aws.amazon.com/fargate/pricing/"""
_MIB_PER_GIB = 1024


@dataclass(frozen=True)
class CostRow:
    """Consumption of some runs.

    Args:
        label: Day or job.
        pipeline: Pipeline of the job; empty for a day.
        runs: Number of runs.
        seconds: Their total duration.
        scanned_bytes: Bytes that queries scanned.
        dollars: Estimated cost; None for runs on this machine.
    """

    label: str
    pipeline: str
    runs: int
    seconds: float
    scanned_bytes: int
    dollars: float | None


@dataclass(frozen=True)
class CostModel:
    """Consumption of the recent runs.

    Args:
        days: By day, newest first.
        jobs: By job, largest first.
        since: Day of the oldest run; empty without runs.
        is_complete: Whether all recent runs have been read.
        is_paid: Whether a service bills the runs.
    """

    days: tuple[CostRow, ...]
    jobs: tuple[CostRow, ...]
    since: str
    is_complete: bool
    is_paid: bool


def cost_page(reader: LakeReader) -> Page:
    """Returns the page with the consumption of the recent runs.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    latest = reader.recent_runs()
    is_paid = reader.platform.capabilities.remote
    by_day: dict[str, list[RecordedRun]] = defaultdict(list)
    by_job: dict[tuple[str, str], list[RecordedRun]] = defaultdict(list)
    # The duration of a pipeline is that of its tasks.
    for run in (each for each in latest.runs if each.run.job.kind is not RunKind.PIPELINE):
        by_day[f"{run.run.started:%Y-%m-%d}"].append(run)
        by_job[run.run.job.name, run.run.job.pipeline].append(run)
    days = [_row(day, "", runs, is_paid) for day, runs in sorted(by_day.items(), reverse=True)]
    jobs = [_row(job, pipeline, runs, is_paid) for (job, pipeline), runs in by_job.items()]
    jobs.sort(key=lambda row: (row.dollars or 0, row.seconds), reverse=True)
    since = min(by_day, default="")
    model = CostModel(tuple(days[:_DAYS_SHOWN]), tuple(jobs[:_JOBS_SHOWN]), since, latest.is_complete, is_paid)
    return Page(("cost",), "cost", "Cost", "cost", model)


def run_dollars(cost: Cost) -> float:
    """Estimates what a run cost: scanned bytes on Athena, and the time of its task on Fargate."""
    vcpu, gib = cost.vcpu or 0.0, (cost.memory_mib or 0) / _MIB_PER_GIB
    per_second = vcpu * _DOLLARS_PER_VCPU_SECOND + gib * _DOLLARS_PER_GIB_SECOND
    return cost.bytes_scanned * DOLLARS_PER_SCANNED_BYTE + cost.seconds * per_second


def _row(label: str, pipeline: str, runs: Iterable[RecordedRun], is_paid: bool) -> CostRow:
    costs = [run.cost or Cost() for run in runs]
    return CostRow(
        label,
        pipeline,
        len(costs),
        sum(cost.seconds for cost in costs),
        sum(cost.bytes_scanned for cost in costs),
        sum(map(run_dollars, costs)) if is_paid else None,
    )
