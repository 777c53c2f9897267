"""Writes events in the background: bounded queues with one thread each.

A failure is reported once and affects no run.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from textwrap import shorten
from threading import Condition, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from datalake_sdk.ledger.model import Event
from datalake_sdk.ledger.openlineage import to_openlineage
from datalake_sdk.ledger.transport import THREAD_NAME, is_enabled, send_to_endpoint
from datalake_sdk.platforms.run_events import RunEventStore

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 3.0
_CAPACITY = 1000
_REASON_LENGTH = 300

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class PendingEvent:
    """An event and the ledger of its environment."""

    event: Event
    environment: str
    store: RunEventStore


def deliver(event: Event, environment: str, store: RunEventStore) -> None:
    """Queues an event; drops it if too many are waiting."""
    _process_deliveries().ledger.put(PendingEvent(event, environment, store))


def flush(seconds: float = FLUSH_SECONDS) -> bool:
    """Waits until all queued events are written.

    Args:
        seconds: Maximum time to wait.

    Returns:
        Whether they are.
    """
    return _deliveries is None or _deliveries.flush(seconds)


class Delivery(Generic[_Item]):
    """A queue and its thread.

    Args:
        write: Writes one item.
        target: Describes where items are written, for the warning.
        capacity: Maximum number of items that wait.
    """

    def __init__(self, write: Callable[[_Item], None], target: str, capacity: int = _CAPACITY) -> None:
        self._write = write
        self._target = target
        self._capacity = capacity
        self._waiting: deque[_Item] = deque()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._is_writing = False
        self._has_warned = False

    def put(self, item: _Item) -> None:
        """Queues an item; starts the thread with the first one."""
        with self._changed:
            if len(self._waiting) >= self._capacity:
                self._warn(f"{self._capacity:,} events are waiting")
                return
            self._waiting.append(item)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = Thread(target=self._run, name=THREAD_NAME, daemon=True)
                self._thread.start()

    def flush(self, seconds: float) -> bool:
        """Waits until the queue is empty, or warns; returns whether it is."""
        with self._changed:
            is_empty = self._changed.wait_for(lambda: not self._waiting and not self._is_writing, seconds)
            if not is_empty:
                self._warn(f"not written within {seconds:.1f} s")
            return is_empty

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                item = self._waiting.popleft()
                self._is_writing = True
            try:
                self._write(item)
            except Exception as error:
                self._warn(shorten(str(error), _REASON_LENGTH))
            finally:
                with self._changed:
                    self._is_writing = False
                    self._changed.notify_all()

    def _warn(self, reason: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning("events are missing in %s, runs are not affected: %s", self._target, reason)


class _Deliveries:
    """The deliveries of a process. A slow endpoint does not delay the ledger."""

    def __init__(self) -> None:
        self.ledger = Delivery(self._write_event, "the run ledger")
        self._endpoint = Delivery(send_to_endpoint, "the OpenLineage endpoint")
        atexit.register(self._flush_at_exit)

    def flush(self, seconds: float) -> bool:
        end = monotonic() + seconds
        return self.ledger.flush(seconds) and self._endpoint.flush(max(0.0, end - monotonic()))

    def _flush_at_exit(self) -> None:
        # Python prints a traceback for an exception of an exit handler.
        with suppress(KeyboardInterrupt):
            self.flush(FLUSH_SECONDS)

    def _write_event(self, pending: PendingEvent) -> None:
        content = to_openlineage(pending.event, pending.environment, pending.store.table_identity)
        if is_enabled(os.environ):
            self._endpoint.put(content)
        key = pending.event.key
        pending.store.write(key.day, str(key), encoded(content))
        if not pending.event.type.is_end:
            # On AWS, the names of tables contain the account, which the first call requests: not at the end of the run.
            pending.store.table_identity("")


def encoded(content: dict[str, Any]) -> bytes:
    """Returns an event as compact JSON."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


_deliveries: _Deliveries | None = None


def _process_deliveries() -> _Deliveries:
    global _deliveries
    if _deliveries is None:
        _deliveries = _Deliveries()
    return _deliveries


def _reset_in_child() -> None:
    """Forgets the deliveries in a forked process, which has no threads; the parent writes its own events."""
    global _deliveries
    _deliveries = None


os.register_at_fork(after_in_child=_reset_in_child)
