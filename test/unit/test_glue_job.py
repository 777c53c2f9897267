"""Entry point of tasks on Glue: arguments, retries, and the error of the job run."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.errors import InvalidJobArgumentsError, TerminalError, TransientError
from datalake_sdk.glue_job import JobArguments, job_arguments, run_task

VARIABLES = {"TASK_NAME": "load", "OUTPUT_TABLES": "{}"}
FAILS_TWICE = """
from pathlib import Path

def main(job):
    attempts = Path("attempts")
    attempts.touch()
    attempts.write_text(attempts.read_text() + "x")
    if attempts.read_text() != "xxx":
        raise ConnectionError("reset by peer")
    raise ValueError("no such city")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, value in {**VARIABLES, "DATALAKE_LOCAL_ROOT": str(tmp_path / "lake")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text(FAILS_TWICE, encoding="utf-8")
    return tmp_path


def test_variables_of_the_job_and_of_the_execution_are_separate_arguments():
    execution = {"step_function_execution_arn": "arn", "step_function_execution_input": {"time": "2026-01-01"}}
    given = ["--JOB_NAME", "load", "--task_code", "s3://bucket/load/", "--task_retries", "2"]
    given += ["--task_variables", json.dumps(VARIABLES), "--task_execution", json.dumps(execution)]
    variables = {**VARIABLES, **execution, "step_function_execution_input": '{"time": "2026-01-01"}'}
    assert job_arguments(given) == JobArguments("s3://bucket/load/", variables, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--task_code", "s3://b/load/"], "missing '--task_variables', '--task_retries'"),
        (["--task_code", "s3://b/", "--task_variables", "x", "--task_retries", "2"], "Expecting value"),
        (["--task_code", "s3://b/", "--task_variables", "{}", "--task_retries", "some"], "'some'"),
    ],
)
def test_a_job_that_is_started_by_hand_is_told_what_is_missing(given, words):
    with pytest.raises(InvalidJobArgumentsError, match=words) as caught:
        job_arguments(given)
    assert "run_task" in caught.value.hint


def test_a_transient_failure_is_retried_with_growing_delays_and_a_terminal_one_is_not(folder):
    delays = []
    with pytest.raises(TerminalError) as caught:
        run_task(folder, 5, delays.append)
    assert caught.value.message == "load: ValueError: no such city"
    assert [seconds <= limit for seconds, limit in zip(delays, (5, 10), strict=True)] == [True, True]


def test_the_last_transient_failure_fails_the_job_run(folder):
    with pytest.raises(TransientError, match="load: ConnectionError: reset by peer"):
        run_task(folder, 1, lambda _: None)
