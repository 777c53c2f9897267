"""What a task tells those who wait for it: that it lives, what it did, or why it failed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from datalake_sdk.errors import DatalakeError, ProcessingFailed, TaskExitError, TaskTokenError, TransientError
from datalake_sdk.platforms.base import TaskReporter
from datalake_sdk.platforms.select import open_task_reporter
from datalake_sdk.runtime.environment import REGION, TASK_TOKEN
from datalake_sdk.runtime.stopping import Stopping, TaskStopped, stoppable

logger = logging.getLogger(__name__)

TERMINAL_ERROR = "TerminalError"
TRANSIENT_ERROR = "TransientError"
"""Error names of failed states: a `Retry` names the second."""
HEARTBEAT_SECONDS = 30.0
CAUSE_LIMIT = 32_768
"""Characters: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html"""
OUTPUT_LIMIT = 262_144
"""Bytes: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html"""
_MESSAGE_LIMIT, _TRACEBACK_LIMIT = 10_000, 5_000
"""Characters; JSON writes a quote or a line's end as two, so both fit into the cause."""


@dataclass(frozen=True)
class Failure:
    """A failure as a state machine sees it.

    Args:
        error: `TerminalError`, or `TransientError` where the same task may succeed later.
        cause: JSON with the error's class, message, hint and the end of its traceback.
    """

    error: str
    cause: str


def task_report(variables: Mapping[str, str]) -> TaskReport:
    """The report to whoever waits, by the task's environment variables.

    Raises:
        MissingExtraError: Step Functions waits, and the packages of AWS are not installed.
    """
    token = variables.get(TASK_TOKEN)
    return TaskReport(open_task_reporter(variables.get(REGION)), token) if token else TaskReport(None)


def failure_of(error: BaseException) -> Failure:
    """Words an exception for Step Functions; the cause keeps to the service's limit.

    What the task's own code raised is told as it was, without the `ProcessingFailed` around it.
    """
    if isinstance(error, ProcessingFailed) and error.__cause__ is not None:
        error = error.__cause__
    is_transient = isinstance(error, TransientError | TaskStopped | ConnectionError | TimeoutError)
    message = error.message if isinstance(error, DatalakeError) else str(error)
    hint = error.hint if isinstance(error, DatalakeError) else ""
    fields = {
        "error": type(error).__name__,
        "message": message[:_MESSAGE_LIMIT],
        "hint": hint[:_MESSAGE_LIMIT],
        "traceback": "".join(traceback.format_exception(error))[-_TRACEBACK_LIMIT:],
    }
    cause = json.dumps(fields, ensure_ascii=False)[:CAUSE_LIMIT]
    return Failure(TRANSIENT_ERROR if is_transient else TERMINAL_ERROR, cause)


class TaskReport:
    """Sends a task's heartbeats and its end to whoever waits for the token.

    Args:
        reporter: The way to Step Functions; None when nobody waits: then everything is told in the log only.
        token: Names the waiting state.
        interval: Seconds between heartbeats.
    """

    def __init__(self, reporter: TaskReporter | None, token: str = "", interval: float = HEARTBEAT_SECONDS) -> None:
        self._reporter = reporter
        self._token = token
        self._interval = interval
        self._is_told = False

    def run(self, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Does the task's work with heartbeats, and reports how it ended, once.

        SIGTERM is reported when it comes, by the heartbeats' thread: the work may take longer to end than the container
        has. A write that is committed after that is not lost: a retry skips it by its ingestion id.

        Args:
            work: Gives the task's result, JSON-able.

        Raises:
            TaskStopped: The process got SIGTERM, or nobody waits for the task any more.
            TaskExitError: The work called `sys.exit`.
            Exception: Of the work.
        """
        with stoppable() as stopping:
            try:
                output = self._watched(work, stopping)
                self._succeeded(output)
            except BaseException as error:
                self._failed(error)
                raise
        return output

    def _watched(self, work: Callable[[], Mapping[str, Any]], stopping: Stopping) -> Mapping[str, Any]:
        try:
            with self._heartbeats(stopping), stopping.interrupting():
                output = _without_exit(work)
        except BaseException as error:
            stopping.check(error)
            raise
        stopping.check()
        return output

    @contextmanager
    def _heartbeats(self, stopping: Stopping) -> Iterator[None]:
        if self._reporter is None:
            yield
            return
        thread = Thread(target=self._beat, args=(self._reporter, stopping), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.release()
            thread.join()

    def _beat(self, reporter: TaskReporter, stopping: Stopping) -> None:
        while not stopping.wait(self._interval):
            try:
                reporter.send_heartbeat(self._token)
            except TaskTokenError as error:
                self._is_told = True
                stopping.stop(error)
                return
            except DatalakeError as error:
                logger.warning("a heartbeat could not be sent: %s", error)
        if stopping.asked:
            self._failed(TaskStopped(None))

    def _succeeded(self, output: Mapping[str, Any]) -> None:
        text = json.dumps(output)
        if len(text.encode()) > OUTPUT_LIMIT:
            logger.warning("the task's result has %d bytes; Step Functions takes %d", len(text), OUTPUT_LIMIT)
            text = json.dumps({"tables": sorted(output.get("tables", {}))})
        if self._reporter is not None:
            self._reporter.send_success(self._token, text)

    def _failed(self, error: BaseException) -> None:
        failure = failure_of(error)
        logger.error("%s: %s", failure.error, str(error) or type(error).__name__)
        if self._reporter is None or self._is_told:
            return
        try:
            self._reporter.send_failure(self._token, failure.error, failure.cause)
            self._is_told = True
        except DatalakeError as untold:
            logger.error("the failure could not be reported: %s", untold)


def _without_exit(work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return work()
    except SystemExit as exited:
        raise TaskExitError(exited.code) from exited
