"""Signals in commands that run an event loop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

from datalake_sdk.cli.edge import Terminated, ending_signals


async def terminable_task(work: Awaitable[None]) -> None:
    """Awaits work that SIGTERM and SIGHUP cancel: an exception in the event loop would not wait for its cleanup.

    Args:
        work: Work of a command.
    """
    task, received = asyncio.current_task(), []

    def cancel(number: int) -> None:
        received.append(number)
        if task is not None:
            task.cancel()

    for number in ending_signals():
        asyncio.get_running_loop().add_signal_handler(number, cancel, number)
    try:
        await work
    except asyncio.CancelledError:
        if not received:
            raise
        raise Terminated(received[0]) from None


async def ended_by_signals(work: Awaitable[None], close: Callable[[], Awaitable[None]]) -> None:
    """Awaits work with a thread that nothing can interrupt, such as one that reads stdin; signals end the process.

    Args:
        work: Work of a command.
        close: Cleans up before the process ends.
    """
    loop = asyncio.get_running_loop()
    ending: set[asyncio.Task[None]] = set()

    async def end(number: int) -> None:
        await close()
        os._exit(128 + number)

    for number in (signal.SIGINT, *ending_signals()):
        loop.add_signal_handler(number, lambda received: ending.add(loop.create_task(end(received))), number)
    await work
