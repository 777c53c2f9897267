"""Signals in commands that run an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

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
