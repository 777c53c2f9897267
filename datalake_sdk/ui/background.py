"""Runs slow reads in a thread, and repeats them on demand when their result is old."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread

FIRST_SECONDS = 0.15
"""How long a page waits for the first read, which is enough for a small lake."""


class BackgroundRead:
    """Runs a function in a thread, again on demand when its last run is old.

    Args:
        name: Name of the thread.
        read: The function; what it raises is raised by `refresh`, until a later run succeeds.
        seconds_valid: Age at which a run is old.
        clock: Returns a time in seconds.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], None],
        seconds_valid: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._read, self._seconds_valid, self._clock = name, read, seconds_valid, clock
        self._lock, self._finished = Lock(), Event()
        self._started_at: float | None = None
        self._error: Exception | None = None
        self._is_complete = False

    @property
    def is_complete(self) -> bool:
        """Whether the function has succeeded at least once."""
        return self._is_complete

    def refresh(self, seconds: float = FIRST_SECONDS) -> None:
        """Starts a run if the last one is old; waits a moment until one has succeeded.

        Args:
            seconds: How long to wait if none has succeeded yet.

        Raises:
            DatalakeError: The last run failed.
        """
        with self._lock:
            if self._started_at is None or self._is_old(self._started_at):
                self._started_at = self._clock()
                self._finished.clear()
                Thread(target=self._run, name=self._name, daemon=True).start()
        if not self._is_complete:
            self._finished.wait(seconds)
        if self._error is not None:
            raise self._error

    def _is_old(self, started_at: float) -> bool:
        return self._finished.is_set() and self._clock() - started_at > self._seconds_valid

    def _run(self) -> None:
        try:
            self._read()
            self._error, self._is_complete = None, True
        except Exception as error:
            self._error = error
        finally:
            self._finished.set()
