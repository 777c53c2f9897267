"""Work in threads, in order and only a few steps ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = 2
"""Arrow and Parquet release the interpreter's lock, and the machines that run tasks have two cores and up."""

Result = TypeVar("Result")


def in_order(pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Runs tasks in the pool and gives their results in order, holding at most `THREADS` finished ones.

    Args:
        pool: Where the tasks run.
        tasks: Taken one by one, as results are asked for.
    """
    ahead: deque[Future[Result]] = deque()
    for task in tasks:
        ahead.append(pool.submit(task))
        if len(ahead) > THREADS:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
