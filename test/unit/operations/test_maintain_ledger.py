"""Maintenance of the run ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.reading import iterate_runs
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.maintain_ledger import maintain_ledger


@pytest.fixture
def job(tmp_path):
    """A lake with one run."""
    job = NativePythonProcessingWrapper(local_root=tmp_path)
    job.execute(lambda job: None)
    assert flush()
    return job


def test_days_before_today_are_compacted_once_and_read_unchanged(job):
    (before,) = iterate_runs(job.platform.run_events)
    assert maintain_ledger(job.platform, now=before.run.started).days_compacted == 0
    tomorrow = before.run.started + timedelta(days=1)
    compacted = maintain_ledger(job.platform, now=tomorrow)
    assert (compacted.days_compacted, compacted.events_compacted) == (1, 2)
    assert maintain_ledger(job.platform, now=tomorrow).days_compacted == 0
    assert list(iterate_runs(job.platform.run_events)) == [before]


def test_days_that_are_no_longer_kept_are_removed(job):
    (run,) = iterate_runs(job.platform.run_events)
    assert maintain_ledger(job.platform, 3, now=run.run.started + timedelta(days=2)).days_removed == 0
    assert maintain_ledger(job.platform, 10**12, now=run.run.started + timedelta(days=2)).days_removed == 0
    assert maintain_ledger(job.platform, 3, now=run.run.started + timedelta(days=3)).days_removed == 1
    assert list(iterate_runs(job.platform.run_events)) == []
    assert job.platform.run_events.days() == []


def test_at_least_one_day_is_kept(job):
    with pytest.raises(InvalidSettingError):
        maintain_ledger(job.platform, 0)
