"""Reports a task to Step Functions: heartbeats, then success or failure."""

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
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.recording import abort_process_run
from datalake_sdk.masked_values import with_masked_strings, without_masked_values
from datalake_sdk.platforms.base import TaskReporter
from datalake_sdk.platforms.select import open_task_reporter
from datalake_sdk.runtime.environment import LOCAL_ROOT, MAP_ITEM, REGION, TASK_NAME, TASK_TOKEN
from datalake_sdk.runtime.stopping import Stopping, TaskStopped, stoppable
from datalake_sdk.runtime.tracebacks import without_traceback

logger = logging.getLogger(__name__)

TERMINAL_ERROR = "TerminalError"
TRANSIENT_ERROR = "TransientError"
"""Error names of failed states; generated state machines retry the second."""
HEARTBEAT_SECONDS = 30.0
CAUSE_LIMIT = 32_768
"""Maximum number of characters: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html"""
OUTPUT_LIMIT = 262_144
"""Maximum number of bytes: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html"""
_MESSAGE_LIMIT, _HINT_LIMIT = 20_000, 5_000
"""In characters; the end of the traceback fills the rest of the cause."""


@dataclass(frozen=True)
class ReportLimits:
    """Sizes that a service accepts; the defaults are those of callbacks.

    Args:
        cause: Maximum number of characters of a cause.
        output: Maximum number of bytes of a result.
    """

    cause: int = CAUSE_LIMIT
    output: int = OUTPUT_LIMIT


CALLBACK_LIMITS = ReportLimits()


@dataclass(frozen=True)
class Failure:
    """A failure as reported to a state machine.

    Args:
        error: `TransientError` if a retry may succeed, else `TerminalError`.
        cause: Name of the task, class and message of the error; then the hint and the end of the traceback.
    """

    error: str
    cause: str


def task_report(variables: Mapping[str, str]) -> TaskReport:
    """Opens the report of a task, configured by its environment variables.

    Raises:
        MissingExtraError: The task has a token, but the packages for AWS are not installed.
    """
    token = variables.get(TASK_TOKEN)
    if not token:
        return TaskReport(None)
    reporter = open_task_reporter(variables.get(REGION), variables.get(LOCAL_ROOT))
    return TaskReport(reporter, token, task_label(variables))


def task_label(variables: Mapping[str, str]) -> str:
    """Returns the name of a task, with the item of its iteration, which starts the cause of its failure."""
    name, item = variables.get(TASK_NAME, ""), variables.get(MAP_ITEM)
    return f"{name} ({item})" if item else name


def failure_of(error: BaseException, task: str = "", limit: int = CAUSE_LIMIT) -> Failure:
    """Converts an exception to a failure for Step Functions.

    An exception raised by the task's code is reported without the `ProcessingFailed` that wraps it.

    Args:
        error: Exception that ended the task.
        task: Name of the task, with the item of its iteration, which starts the cause.
        limit: Maximum number of characters of the cause.
    """
    if isinstance(error, ProcessingFailed) and error.__cause__ is not None:
        error = error.__cause__
    is_transient = isinstance(error, TransientError | TaskStopped | ConnectionError | TimeoutError)
    return Failure(TRANSIENT_ERROR if is_transient else TERMINAL_ERROR, _cause(error, task, limit))


def _cause(error: BaseException, task: str, limit: int) -> str:
    """Returns text instead of JSON, since notifications contain it unchanged."""
    message = without_masked_values(error.message if isinstance(error, DatalakeError) else str(error))
    hint = error.hint if isinstance(error, DatalakeError) else ""
    summary = ": ".join(filter(None, [task, type(error).__name__, message]))[: min(_MESSAGE_LIMIT, limit // 2)]
    hint = hint[: min(_HINT_LIMIT, limit // 4)]
    lines = "\n".join([summary, *([f"Hint: {hint}"] if hint else []), "", ""])
    return lines + without_masked_values("".join(traceback.format_exception(error)))[len(lines) - limit :]


def reported_reason(cause: str) -> tuple[str, str]:
    """Returns the message and the hint in the cause of a failure, without the traceback."""
    message, _, hint = without_traceback(cause).partition("\nHint: ")
    return message, hint.partition("\n\n")[0]


class TaskReport:
    """Sends the heartbeats and the result of a task to the state that waits for its token.

    Args:
        reporter: Client for Step Functions; None outside of an execution, where results are only logged.
        token: Task token.
        task: Name of the task, with the item of its iteration.
        interval: Seconds between heartbeats.
        limits: Maximum sizes of the report.
    """

    def __init__(
        self,
        reporter: TaskReporter | None,
        token: str = "",
        task: str = "",
        interval: float = HEARTBEAT_SECONDS,
        limits: ReportLimits = CALLBACK_LIMITS,
    ) -> None:
        self._reporter = reporter
        self._token = token
        self._task = task
        self._interval = interval
        self._limits = limits
        self._is_reported = False

    def run(self, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Runs the task with heartbeats and reports its result once.

        The heartbeat thread reports SIGTERM immediately, since the task may take longer to stop than the container
        allows. A write committed after that is not lost: a retry skips it by its ingestion id.

        Args:
            work: Runs the task and returns its JSON-serializable result.

        Raises:
            TaskStopped: The process received SIGTERM, or the state no longer waits for the task.
            TaskExitError: The task called `sys.exit`.
            Exception: Any exception of the task.
        """
        with stoppable() as stopping:
            try:
                output = self._with_heartbeats(work, stopping)
                self._succeeded(output)
            except BaseException as error:
                self._failed(error)
                raise
        return output

    def _with_heartbeats(self, work: Callable[[], Mapping[str, Any]], stopping: Stopping) -> Mapping[str, Any]:
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
                self._is_reported = True
                stopping.stop(error)
                return
            except DatalakeError as error:
                logger.warning("cannot send a heartbeat: %s", error)
        if stopping.is_requested:
            self._failed(TaskStopped(None))
            abort_process_run(TaskStopped(None))
            flush()

    def _succeeded(self, output: Mapping[str, Any]) -> None:
        text = json.dumps(with_masked_strings(output))
        if len(text.encode()) > self._limits.output:
            logger.warning(
                "the result has %d bytes, but Step Functions accepts %d; only the names of the tables are sent",
                len(text),
                self._limits.output,
            )
            text = json.dumps({"tables": sorted(output.get("tables", {}))})
        if self._reporter is not None:
            self._reporter.send_success(self._token, text)

    def _failed(self, error: BaseException) -> None:
        failure = failure_of(error, self._task, self._limits.cause)
        logger.error("%s: %s", failure.error, str(error) or type(error).__name__)
        if self._reporter is None or self._is_reported:
            return
        try:
            self._reporter.send_failure(self._token, failure.error, failure.cause)
            self._is_reported = True
        except DatalakeError as report_error:
            logger.error("cannot report the failure: %s", report_error)


def _without_exit(work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return work()
    except SystemExit as exited:
        raise TaskExitError(exited.code) from exited
