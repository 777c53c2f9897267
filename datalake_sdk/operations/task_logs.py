"""Logs of deployed tasks, read while the tasks run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from datalake_sdk.errors import DatalakeError, TransientError
from datalake_sdk.platforms.deployments import DeployedPipelines, ExecutionState, LogStreams, TaskLog

logger = logging.getLogger(__name__)

_MAX_LINES = 100
"""Maximum number of lines per attempt and poll."""
_POLLS_AFTER_END = 2
"""CloudWatch returns the last lines with a short delay."""


class LogReader:
    """Reads a log until a permanent error occurs.

    Args:
        log: Log to read.
    """

    def __init__(self, log: TaskLog) -> None:
        self._log = log
        self._is_readable = True

    def emit(self, on_line: Callable[[str], None], limit: int | None = None) -> bool:
        """Passes each new line to a function.

        Args:
            on_line: Called with each line.
            limit: Maximum number of lines; of more, the last ones are passed, after a line with the number of omitted
                ones. None passes all lines.

        Returns:
            Whether there were new lines.
        """
        lines = self._new_lines() if self._is_readable else []
        omitted = 0 if limit is None else max(0, len(lines) - limit)
        if omitted:
            on_line(f"… {omitted:,} lines are not shown; see {self._log}")
        for line in lines[omitted:]:
            on_line(line)
        return bool(lines)

    def _new_lines(self) -> list[str]:
        try:
            return self._log.new_lines()
        except DatalakeError as error:
            self._is_readable = isinstance(error, TransientError)
            logger.warning("cannot read the log of the task: %s", error)
            return []


class ExecutionLogs:
    """Reads the logs of the tasks of an execution.

    Args:
        pipelines: Deployed pipelines of the environment.
        on_line: Called with the name of a state and a line of its log.
    """

    def __init__(self, pipelines: DeployedPipelines, on_line: Callable[[str, str], None]) -> None:
        self._pipelines = pipelines
        self._on_line = on_line
        self._readers: dict[LogStreams, LogReader] = {}
        self._polls_left: dict[LogStreams, int] = {}

    @property
    def is_complete(self) -> bool:
        """Whether the logs of all ended attempts have been read."""
        return not any(self._polls_left.values())

    def emit(self, states: Iterable[ExecutionState]) -> None:
        """Emits the new lines of states that are running or have just ended."""
        for state in states:
            for position, streams in enumerate(state.logs, 1):
                has_ended = state.ended is not None or position < len(state.logs)
                self._emit(state.name, streams, has_ended=has_ended)

    def _emit(self, name: str, streams: LogStreams, *, has_ended: bool) -> None:
        polls_left = self._polls_left.setdefault(streams, _POLLS_AFTER_END)
        if polls_left == 0:
            return
        if has_ended:
            self._polls_left[streams] = polls_left - 1
        if streams not in self._readers:
            self._readers[streams] = LogReader(self._pipelines.log(streams))
        self._readers[streams].emit(lambda line: self._on_line(name, line), _MAX_LINES)
