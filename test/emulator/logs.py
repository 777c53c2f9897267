"""CloudWatch Logs: each line that a container prints becomes a log event."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from moto.logs.models import LogGroup

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("logs")

_lock = threading.Lock()


@PATCHES.replace(LogGroup, "create_log_stream", "f6ef230bfbb5")
@PATCHES.replace(LogGroup, "describe_log_streams", "0d10eebd0586")
@PATCHES.replace(LogGroup, "filter_log_events", "8248a53b63f0")
def _one_at_a_time(stock: Callable[..., Any], self: LogGroup, *arguments: Any, **named: Any) -> Any:
    """Holds the lock: moto's loops over the streams fail if another task creates one at the same time."""
    with _lock:
        return stock(self, *arguments, **named)


class LogStream:
    """A log stream that a container writes to.

    Attributes:
        group: Name of the log group.
        stream: Name of the stream.
        is_writable: Whether lines are added; they are dropped otherwise.
    """

    def __init__(self, account: str, region: str, group: str, stream: str, create_group: bool = False) -> None:
        """Creates the stream.

        Raises:
            KeyError: The group does not exist, and `create_group` is false.
        """
        from moto.logs.models import logs_backends

        self._logs = logs_backends[account][region]
        self.is_writable = True
        self.group, self.stream = group, stream
        self._lock = threading.Lock()
        if create_group:
            self._logs.ensure_log_group(group)
        if group not in self._logs.groups:
            raise KeyError(group)
        self._logs.ensure_log_stream(group, stream)

    def write(self, line: str) -> None:
        """Adds a line; empty lines are dropped, as by the awslogs driver."""
        if not line or not self.is_writable:
            return
        event = {"timestamp": int(time.time() * 1000), "message": line}
        with self._lock:
            self._logs.put_log_events(self.group, self.stream, [event])
