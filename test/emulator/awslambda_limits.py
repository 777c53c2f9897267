"""Lambda: limits of the memory, the results and the number of invocations."""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from moto.core.exceptions import ServiceException

_SECONDS_BETWEEN_CHECKS = 0.05
_MAX_RESULT_BYTES = 6 * 1024 * 1024
_MIB = 1024
_PAGE_KIB = resource.getpagesize() // 1024

_running: Counter[str] = Counter()
_lock = threading.Lock()


class TooManyRequests(ServiceException):
    code = "TooManyRequestsException"


@contextmanager
def reserved_concurrency(function: Any) -> Iterator[None]:
    """Rejects an invocation beyond the reserved concurrency of a function.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    arn, reserved = function.function_arn, function.reserved_concurrency
    with _lock:
        if reserved is not None and _running[arn] >= int(reserved):
            raise TooManyRequests("Rate Exceeded.")
        _running[arn] += 1
    try:
        yield
    finally:
        with _lock:
            _running[arn] -= 1


@contextmanager
def limited_memory(pid: int, megabytes: int) -> Iterator[None]:
    """Kills the largest process of a function when all of its processes together use more than its memory.

    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(pid, megabytes * _MIB, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def checked_answer(text: str) -> dict[str, Any]:
    """Parses the answer of a handler, or returns the error for one that is too large.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    answer: dict[str, Any] = json.loads(text)
    if len(json.dumps(answer.get("result")).encode()) <= _MAX_RESULT_BYTES:
        return answer
    message = f"Response payload size exceeded maximum allowed payload size ({_MAX_RESULT_BYTES + 100} bytes)."
    return {"error": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}}


def _watch(pid: int, limit: int, ended: threading.Event) -> None:
    while not ended.wait(_SECONDS_BETWEEN_CHECKS):
        processes = list(_tree(pid))
        if sum(map(_resident, processes)) <= limit:
            continue
        used = {process: _used(process) for process in processes}
        if sum(used.values()) > limit:
            with suppress(ProcessLookupError):
                os.kill(max(used, key=lambda process: used[process]), signal.SIGKILL)


def _tree(pid: int) -> Iterator[int]:
    """Yields a process and its descendants."""
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    """Returns the memory of a process in KiB, which includes all of what forks have in common.

    Other than `_used`, it does not make the kernel walk all pages of the process.
    https://docs.kernel.org/filesystems/proc.html
    """
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_KIB
    return 0


def _used(pid: int) -> int:
    """Returns the memory of a process in KiB, and its share of what forks have in common."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
