"""Number of threads, memory per thread, and parallel execution with results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import chain, islice
from typing import TypeVar

from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.machine import available_cpus, available_memory

THREADS_VARIABLE = "DATALAKE_SDK_THREADS"
REQUEST_THREADS = 32
"""Threads that only wait for a service, and connections to it."""
_MAX_THREADS = 256
_MIN_THREADS = 2
"""Even with one CPU, a thread can decode while another waits for storage."""
_BYTES_PER_THREAD = 256 << 20
"""Available memory required per thread; see benchmark/README.md for measured peaks."""

Result = TypeVar("Result")


def thread_count() -> int:
    """Number of threads that read, decode and write: `DATALAKE_SDK_THREADS`, or else based on CPUs and memory.

    Raises:
        InvalidSettingError: `DATALAKE_SDK_THREADS` is not a valid number.
    """
    setting = os.environ.get(THREADS_VARIABLE, "").strip()
    return _parsed(setting) if setting else _default_threads()


def share(total: int, at_least: int = 1) -> int:
    """A thread's share of a budget.

    Args:
        total: Budget that all threads share.
        at_least: Minimum share.
    """
    return max(at_least, total // thread_count())


def in_order(
    pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], Result]], ahead_limit: int | None = None
) -> Iterator[Result]:
    """Runs tasks in a pool and yields their results in order.

    Args:
        pool: Executor of the tasks. A single task runs in the caller's thread instead.
        tasks: Taken from the iterable as results are consumed.
        ahead_limit: Maximum number of tasks that run ahead; `thread_count()` by default.
    """
    limit = thread_count() if ahead_limit is None else ahead_limit
    remaining = iter(tasks)
    first = list(islice(remaining, 2))
    if len(first) == 1:
        yield first[0]()
        return
    ahead: deque[Future[Result]] = deque()
    for task in chain(first, remaining):
        ahead.append(pool.submit(task))
        if len(ahead) > limit:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _parsed(setting: str) -> int:
    if setting.isascii() and setting.isdigit() and 1 <= int(setting) <= _MAX_THREADS:
        return int(setting)
    rule = f"a whole number from 1 to {_MAX_THREADS}, or unset to use the available CPUs and memory"
    raise InvalidSettingError(THREADS_VARIABLE, setting, rule)


@cache
def _default_threads() -> int:
    cpus, memory = max(available_cpus(), _MIN_THREADS), available_memory()
    by_memory = cpus if memory is None else memory // _BYTES_PER_THREAD
    return max(1, min(cpus, by_memory, _MAX_THREADS))
