"""Backfills on an embedded lake, each task in its own process."""

from __future__ import annotations

import fcntl
import json
import os
import signal

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from test.behavior.pipeline_project import Project, wait_for_line

PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    output_tables: {daily.orders: {}}
"""
FAILS_ON_SECOND_DATE = """
import os
import pyarrow as pa

def main(job):
    fails = job.logical_date == "2026-01-02" and not os.path.exists("repaired")
    rows = pa.table({"day": [job.logical_date]})
    return {"daily.orders": job.ProcessingResponse(rows, job_end_status="FAILURE" if fails else "SUCCESS")}
"""
WAITS_AFTER_FIRST_DATE = """
import os, signal
import pyarrow as pa

def main(job):
    if job.logical_date != "2026-01-01" and not os.path.exists("repaired"):
        print(os.getpid(), flush=True)
        signal.pause()
    return {"daily.orders": job.ProcessingResponse(pa.table({"day": [job.logical_date]}))}
"""
PERIOD = ("--from-date", "2026-01-01", "--to-date", "2026-01-03")


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path, "backfill")
    project.define(PIPELINE)
    project.add_task("load", FAILS_ON_SECOND_DATE)
    return project


def states(project, *options):
    """Returns the exit code and the state of each date."""
    code, output, errors = project.run(*PERIOD, *options, "--json")
    assert output, errors
    return code, [date["state"] for date in json.loads(output)]


def days(project):
    return sorted(row["day"] for row in project.rows("orders"))


def test_the_same_command_resumes_failed_dates_and_skips_those_that_are_done(project):
    project.command = "run_pipeline"
    assert project.run("--logical-date", "2026-01-01")[0] == 0
    assert project.run("--logical-date", "2026-01-03", "--task", "load")[0] == 0
    project.command = "backfill"
    assert states(project, "--dry-run") == (0, ["done", "not run", "not run"])
    planned = json.loads(project.run(*PERIOD, "--dry-run", "--json")[1])
    assert [each["run_id"] is None for each in planned] == [False, True, True]
    assert days(project) == ["2026-01-01", "2026-01-03"]

    code, _, shown = project.run(*PERIOD)
    assert code == 1
    assert "2026-01-02: load: FailedTablesError: the task ended with job_end_status FAILURE" in shown
    assert "Error: failed: 1 of 3 dates: '2026-01-02'\nHint: Run the same command again" in shown
    written = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-03"]
    assert days(project) == written

    (project.folder / "load" / "repaired").touch()
    assert states(project, "--dry-run") == (0, ["done", "unfinished", "done"])
    assert states(project) == (0, ["done", "succeeded", "done"])
    assert days(project) == written
    assert states(project, "--force", "--to-date", "2026-01-02") == (0, ["succeeded", "succeeded"])
    assert days(project) == sorted([*written, "2026-01-01", "2026-01-02"])


def test_an_interrupted_backfill_continues(project):
    project.add_task("load", WAITS_AFTER_FIRST_DATE)
    process = project.start(*PERIOD, "--parallel", "2")
    for line in process.stderr:
        if line == "2026-01-03: running\n":
            break
    runs = project.lake / "runs/daily"
    pids = [int(wait_for_line(next(runs.glob(f"*-2026-01-0{day}")) / "load.log")) for day in (2, 3)]
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown.splitlines()[-2:] == ["To continue, run the same command again, without --force.", "Interrupted"]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert days(project) == ["2026-01-01"]

    (project.folder / "load" / "repaired").touch()
    assert states(project, "--parallel", "2") == (0, ["done", "succeeded", "succeeded"])
    assert days(project) == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_an_interrupted_backfill_with_force_continues_without_it(project):
    project.add_task("load", WAITS_AFTER_FIRST_DATE)
    (project.folder / "load" / "repaired").touch()
    period = ("--from-date", "2026-01-02")
    assert states(project, *period, "--parallel", "2") == (0, ["succeeded", "succeeded"])

    (project.folder / "load" / "repaired").unlink()
    process = project.start(*PERIOD, *period, "--force")
    assert "2026-01-02: running\n" in iter(process.stderr.readline, "")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    (project.folder / "load" / "repaired").touch()
    assert states(project, *period, "--parallel", "2") == (0, ["succeeded", "succeeded"])
    assert days(project) == ["2026-01-02"] * 2 + ["2026-01-03"] * 2


def test_two_backfills_of_a_pipeline_do_not_run_at_the_same_time(project, monkeypatch):
    runs = project.lake / "runs/daily"
    runs.mkdir(parents=True)
    monkeypatch.chdir(project.folder)
    with (runs / "backfill.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = CliRunner().invoke(cli, ["--local", "lake", "backfill", *PERIOD])
    assert result.exit_code == 1
    assert "another backfill of pipeline 'daily' is running in this lake" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Missing option '--from-date'"),
        ((*PERIOD, "--from-date", "2026-02-30"), "--from-date is '2026-02-30'; it must be a day such as 2026-01-31"),
        ((*PERIOD, "--from-date", "2026-02-01"), "--to-date is '2026-01-03'; it must be 2026-02-01 or later"),
        ((*PERIOD, "--every", "hour"), "--from-date is '2026-01-01'; it must be an hour in UTC such as 2026-01-31T05"),
        ((*PERIOD, "--every", "week"), "--every is 'week'; it must be one of 'day', 'hour', 'month'"),
        ((*PERIOD, "--to-date", "2031-12-31"), "span 2,191 days; a backfill has at most 2,000 dates"),
        ((*PERIOD, "--parallel", "0"), "0 is not in the range x>=1"),
        ((*PERIOD, "--parameters", "[]"), "--parameters is '[]'; it must be a JSON object"),
    ],
)
def test_an_invalid_call_runs_nothing(project, monkeypatch, options, message):
    monkeypatch.chdir(project.folder)
    result = CliRunner().invoke(cli, ["--local", "lake", "backfill", *options])
    assert result.exit_code == 2
    assert message in result.stderr
    assert not project.lake.exists()
