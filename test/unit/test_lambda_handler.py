from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from datalake_sdk.errors import TerminalError, TransientError
from datalake_sdk.lambda_handler import RESERVED_SECONDS, handle
from datalake_sdk.ledger.reading import iterate_runs
from datalake_sdk.platforms.select import open_platform, resolve_environment

OUTPUT = {"sales.orders": {"ingestion_mode": "append"}}
WRITES = """
import pyarrow as pa

def main(job):
    amount = int(job.task_additional_parameters["amount"])
    return {"sales.orders": job.ProcessingResponse(dataframe=pa.table({"amount": [amount]}))}
"""

EXECUTION = {
    "step_function_execution_arn": "arn:aws:states:eu-west-1:123456789012:execution:daily:morning",
    "step_function_execution_start_time": "2026-11-30T04:00:00.000Z",
}


class Context:
    """Context of an invocation.

    Args:
        seconds: Time until the task is stopped.
    """

    def __init__(self, seconds: float) -> None:
        self._milliseconds = int((seconds + RESERVED_SECONDS) * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def function(tmp_path, monkeypatch):
    """`function(code, seconds=…, **variables)`: invokes a function whose image has this code."""
    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "DATALAKE_LOCAL_ROOT": str(tmp_path / "lake"),
        "OUTPUT_TABLES": json.dumps(OUTPUT),
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
    }.items():
        monkeypatch.setenv(name, value)

    def invoke(code: str, seconds: float = 600, **variables: object) -> object:
        Path("code/main.py").write_text(code)
        return handle({"variables": variables}, Context(seconds))

    return invoke


def main(*lines: str) -> str:
    return "\n    ".join(["def main(job):", *lines])


def test_the_result_of_a_task_is_that_of_the_function(function):
    result = function(WRITES, TASK_ADDITIONAL_PARAMETERS_amount=5)
    assert result["tables"]["sales.orders"]["rows_read"] == 1


def test_an_invocation_leaves_nothing_for_the_next(function, tmp_path):
    """An instance of a function serves several invocations."""
    file = tmp_path / "folders"
    keeps = main("import os, tempfile", f"open({str(file)!r}, 'a').write(tempfile.mkdtemp() + os.pathsep)")
    function(keeps, TASK_ADDITIONAL_PARAMETERS_first="1", step_function_map_item="region=eu")
    with pytest.raises(TerminalError, match=r"^load: ValueError: \{\}"):
        function(main("raise ValueError(dict(job.task_additional_parameters))"))
    assert not Path(file.read_text().rstrip(os.pathsep)).exists()


@pytest.mark.parametrize(
    ("raised", "error"), [("ValueError('5 rows')", TerminalError), ("ConnectionResetError('5 rows')", TransientError)]
)
def test_a_failure_has_the_error_and_the_cause_of_a_callback(function, raised, error):
    with pytest.raises(error) as failed:
        function(main(f"raise {raised}"), step_function_map_item="region=eu")
    assert type(failed.value) is error
    assert str(failed.value).startswith(f"load (region=eu): {raised.partition('(')[0]}: 5 rows\n\nTraceback")


def test_the_largest_cause_fits_into_that_of_a_state(function):
    with pytest.raises(TerminalError) as failed:
        function(main("raise ValueError('\"' * 40_000)"))
    assert len(json.dumps(str(failed.value))) < 32_000


@pytest.mark.parametrize(
    ("memory", "advice"),
    [("1769", "Set memory = 3538"), ("8192", "Set memory = 10240"), ("10240", "10240 MB are the maximum of Lambda")],
)
def test_a_killed_task_says_which_memory_to_choose(function, monkeypatch, memory, advice):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
    with pytest.raises(TerminalError) as failed:
        function(main("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"))
    assert f"more memory than the {memory} MB of the function" in str(failed.value)
    assert f"\nHint: {advice}" in str(failed.value)


@pytest.mark.parametrize(
    ("raised", "advice"),
    [
        ("MemoryError()", "Set memory = 3538"),
        ("pa.ArrowMemoryError('malloc of 5 failed')", "Set memory = 3538"),
        ("OSError(28, 'No space left on device')", "Raise ephemeral_storage"),
    ],
)
def test_an_error_of_memory_or_storage_says_which_size_to_choose(function, raised, advice):
    with pytest.raises(TerminalError) as failed:
        function(main("import pyarrow as pa", f"raise {raised}"))
    assert f"\nHint: {advice}" in str(failed.value)
    assert "Traceback" in str(failed.value)


def test_a_task_that_takes_too_long_is_stopped_and_says_what_to_raise(function):
    with pytest.raises(TerminalError) as failed:
        function(main("import threading", "threading.Event().wait()"), seconds=0.2)
    assert "TaskTimeoutError: the task did not end within its timeout_minutes" in str(failed.value)
    assert "Raise timeout_minutes, up to 14 or memory" in str(failed.value)


def test_a_process_that_exits_by_itself_is_a_failure(function):
    with pytest.raises(TerminalError, match="ended without reporting a result, with exit code 3"):
        function(main("import os", "os._exit(3)"))


@pytest.mark.parametrize("event", [{}, [], {"variables": None}, None])
def test_an_event_without_variables_is_refused(function, event):
    with pytest.raises(TerminalError, match="with the environment variables of a run"):
        handle(event, Context(600))


def test_a_killed_task_is_recorded_in_the_run_ledger(function, tmp_path):
    with pytest.raises(TerminalError):
        function(main("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"), **EXECUTION)
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    (run,) = iterate_runs(platform.run_events)
    assert run.error is not None
    assert (run.run.job.name, run.state.value, run.error.name) == ("daily.load", "failed", "TaskOutOfMemoryError")


def test_a_task_records_its_run_before_its_process_ends(function, tmp_path):
    function(main("return {}"), **EXECUTION)
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    (run,) = iterate_runs(platform.run_events)
    assert (run.state.value, run.run.log[:7]) == ("succeeded", "lambda:")
