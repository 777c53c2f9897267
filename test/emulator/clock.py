"""The emulator's clock, which tests advance: schedules, batching windows and the visibility of messages follow it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("clock")

_offset = datetime.timedelta()
_lock = threading.Lock()
_followers: list[Callable[[], None]] = []


def now() -> datetime.datetime:
    """Returns the time in UTC, including the seconds by which tests have advanced it."""
    return datetime.datetime.now(datetime.UTC) + _offset


def on_advance(function: Callable[[], None]) -> Callable[[], None]:
    """Decorates a function that runs before and after a test advances the time, and before the test continues."""
    _followers.append(function)
    return function


@PATCHES.command
def advance_time(seconds: float) -> None:
    """Advances the clock, after everything that is due already, and does everything that becomes due, in order."""
    global _offset
    _notify()
    with _lock:
        _offset += datetime.timedelta(seconds=seconds)
    _notify()


def _notify() -> None:
    for follower in _followers:
        follower()


@PATCHES.on_reset
def _reset() -> None:
    global _offset
    _offset = datetime.timedelta()
