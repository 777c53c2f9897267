from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from datalake_sdk.errors import (
    DuplicateKeysError,
    StorageError,
    TaskExitError,
    TaskTokenError,
    ThrottledError,
)
from datalake_sdk.platforms.local.task_reports import read_report
from datalake_sdk.runtime.reporting import CAUSE_LIMIT, OUTPUT_LIMIT, TaskReport, failure_of, task_report
from datalake_sdk.runtime.stopping import TaskStopped, stoppable


class Waiting:
    """A state that waits for a task."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.heartbeat_sent = Event()
        self.timed_out = False

    def send_heartbeat(self, token: str) -> None:
        self.calls.append(("heartbeat", token))
        self.heartbeat_sent.set()
        if self.timed_out:
            raise TaskTokenError("Task Timed Out")

    def send_success(self, token: str, output: str) -> None:
        self.calls.append(("success", token, output))

    def send_failure(self, token: str, error: str, cause: str) -> None:
        self.calls.append(("failure", token, error, cause))


@pytest.fixture
def waiting():
    return Waiting()


def test_success_is_reported_with_the_result(waiting):
    TaskReport(waiting, "t").run(lambda: {"tables": {"sales.orders": {"rows_read": 3}}})
    assert waiting.calls == [("success", "t", '{"tables": {"sales.orders": {"rows_read": 3}}}')]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (DuplicateKeysError("sales.orders", ["id"], 1, ["id=1"]), "TerminalError"),
        (ValueError("raised by the task"), "TerminalError"),
        (StorageError("sales.orders", "disk"), "TransientError"),
        (ThrottledError("GetTable", "Rate exceeded"), "TransientError"),
        (ConnectionResetError("by peer"), "TransientError"),
    ],
)
def test_a_failure_is_reported_as_terminal_or_transient(waiting, error, name):
    def work():
        raise error

    with pytest.raises(type(error)):
        TaskReport(waiting, "t", "load").run(work)
    ((kind, token, reported, cause),) = waiting.calls
    assert (kind, token, reported) == ("failure", "t", name)
    assert cause.startswith(f"load: {type(error).__name__}: ")
    assert "in work" in cause


def test_the_cause_of_a_failed_iteration_names_its_item(tmp_path):
    variables = {
        "TASK_NAME": "load",
        "DATALAKE_LOCAL_ROOT": str(tmp_path),
        "step_function_task_token": str(tmp_path / "report.json"),
        "step_function_map_item": "region=eu",
    }

    def work():
        raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        task_report(variables).run(work)
    assert read_report(tmp_path / "report.json").cause.startswith("load (region=eu): ValueError: no rows")


def test_the_hint_of_an_error_follows_its_message():
    error = DuplicateKeysError("sales.orders", ["id"], 1, ["id=1"])
    cause = failure_of(error, "load").cause
    assert cause.startswith(f"load: DuplicateKeysError: {error.message}\nHint: {error.hint}\n\n")


@pytest.mark.parametrize("text", ["x", "é", '"', "\n", "\0"])
def test_a_long_cause_is_truncated_to_the_services_limit(text):
    cause = failure_of(ValueError(text * 100_000), "load").cause
    assert len(cause) == CAUSE_LIMIT
    assert cause.startswith(f"load: ValueError: {text}")


def test_a_result_above_the_services_limit_is_reduced_to_the_names_of_the_tables(waiting):
    output = {"tables": {"sales.orders": {"job_end_message": "x" * OUTPUT_LIMIT}}}
    TaskReport(waiting, "t").run(lambda: output)
    assert waiting.calls == [("success", "t", '{"tables": ["sales.orders"]}')]


def test_heartbeats_are_sent_while_the_task_works(waiting):
    def work():
        assert waiting.heartbeat_sent.wait(10)
        return {}

    TaskReport(waiting, "t", interval=0.01).run(work)
    assert waiting.calls[0] == ("heartbeat", "t")
    assert waiting.calls[-1][0] == "success"


def test_a_task_stops_if_no_state_waits_for_it_any_more(waiting):
    waiting.timed_out = True
    never = Event()
    with pytest.raises(TaskStopped) as caught:
        TaskReport(waiting, "t", interval=0.01).run(lambda: never.wait(60))
    assert isinstance(caught.value.cause, TaskTokenError)


def test_the_outcome_is_not_reported_if_no_state_waits_any_more(waiting):
    waiting.timed_out = True
    with pytest.raises(TaskStopped):
        TaskReport(waiting, "t", interval=0.01).run(lambda: Event().wait(60))
    assert waiting.calls == [("heartbeat", "t")]


def test_sigterm_before_the_work_begins_is_not_lost():
    started = []
    with stoppable() as stopping:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(TaskStopped), stopping.interrupting():
            started.append(True)
    assert not started


@pytest.mark.parametrize("code", [0, 3, None, "bye"])
def test_a_task_that_calls_exit_fails_with_a_terminal_error(waiting, code):
    with pytest.raises(TaskExitError, match=r"called sys.exit\(") as caught:
        TaskReport(waiting, "t").run(lambda: sys.exit(code))
    assert "from main(job)" in caught.value.hint
    assert [call[2] for call in waiting.calls] == ["TerminalError"]


def test_sigterm_ends_the_task_and_is_reported_as_transient(waiting):
    cleaned = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            Event().wait(60)
        except Exception:
            raise AssertionError("a handler in the task's code must not catch TaskStopped") from None
        finally:
            cleaned.append(True)

    with pytest.raises(TaskStopped) as caught:
        TaskReport(waiting, "t").run(work)
    assert caught.value.cause is None
    assert (cleaned, waiting.calls[-1][2]) == ([True], "TransientError")


@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), SystemExit(0), None])
def test_sigterm_is_reported_even_if_native_code_or_the_task_swallows_the_exception(waiting, error):
    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            Event().wait(60)
        except TaskStopped:
            if error:
                raise error from None
        return {}

    with pytest.raises(TaskStopped):
        TaskReport(waiting, "t").run(work)
    assert [call[2] for call in waiting.calls] == ["TransientError"]


def test_sigterm_is_reported_immediately_and_once_while_native_code_keeps_running():
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)

    class ClosesPipe(Waiting):
        def send_failure(self, token: str, error: str, cause: str) -> None:
            super().send_failure(token, error, cause)
            os.close(writing)

    waiting = ClosesPipe()

    def work():
        try:
            os.system(f"kill -TERM $PPID; timeout 20 cat /dev/fd/{reading}")
        finally:
            waiting.calls.append(("cleaned",))

    with pytest.raises(TaskStopped):
        TaskReport(waiting, "t").run(work)
    os.close(reading)
    assert [(call[0], *call[2:3]) for call in waiting.calls] == [("failure", "TransientError"), ("cleaned",)]


def test_sigterm_after_the_work_does_not_hide_its_success():
    class Stopped(Waiting):
        def send_success(self, token: str, output: str) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            super().send_success(token, output)

    waiting = Stopped()
    TaskReport(waiting, "t").run(lambda: {})
    assert [call[0] for call in waiting.calls] == ["success"]


def test_terminating_a_forked_process_does_not_stop_the_task(waiting):
    processes = multiprocessing.get_context("fork")
    started = processes.Event()

    def idle():
        started.set()
        Event().wait(60)

    def work():
        # Forking a process with threads, here the heartbeat thread, raises a warning: https://docs.python.org/3/library/os.html#os.fork
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            process = processes.Process(target=idle)
            process.start()
        assert started.wait(60)
        process.terminate()
        process.join()
        return {"exit": process.exitcode}

    assert TaskReport(waiting, "t").run(work) == {"exit": -signal.SIGTERM}
    assert [call[0] for call in waiting.calls] == ["success"]


def test_signal_handlers_are_restored_after_the_task(waiting):
    handler = signal.getsignal(signal.SIGTERM)
    TaskReport(waiting, "t").run(lambda: {})
    assert (signal.getsignal(signal.SIGTERM), signal.set_wakeup_fd(-1)) == (handler, -1)


def test_a_task_outside_the_main_thread_is_reported_too(waiting):
    with ThreadPoolExecutor() as threads:
        assert threads.submit(TaskReport(waiting, "t").run, lambda: {}).result() == {}
    assert [call[0] for call in waiting.calls] == ["success"]


def test_a_timed_out_task_outside_the_main_thread_stops_without_ending_the_process(waiting):
    waiting.timed_out = True

    def work():
        assert waiting.heartbeat_sent.wait(60)
        return {}

    with ThreadPoolExecutor() as threads, pytest.raises(TaskStopped) as caught:
        threads.submit(TaskReport(waiting, "t", interval=0.01).run, work).result()
    assert isinstance(caught.value.cause, TaskTokenError)


def test_a_failure_is_logged_if_no_state_waits(caplog):
    def work():
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        TaskReport(None).run(work)
    assert "TerminalError: no such column" in caplog.text


def test_a_failure_that_cannot_be_reported_does_not_hide_the_error(caplog):
    class Unreachable(Waiting):
        def send_failure(self, token: str, error: str, cause: str) -> None:
            raise TaskTokenError("Task does not exist anymore")

    def work():
        raise ValueError("the real reason")

    with pytest.raises(ValueError, match="the real reason"):
        TaskReport(Unreachable(), "t").run(work)
    assert "cannot report the failure" in caplog.text
