"""Stops a task on SIGTERM immediately, but runs its cleanup code."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import current_thread, main_thread
from types import FrameType

EXIT_CODE = 128 + signal.SIGTERM
"""143: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"""
_RELEASE = 0
"""Byte that ends a wait; not the number of a signal: https://man7.org/linux/man-pages/man2/kill.2.html"""


class TaskStopped(BaseException):
    """The task has to stop. Not an `Exception`, so that an `except Exception` in task code does not catch it.

    Args:
        cause: Error that made the task stop itself; None if the process received a signal.
    """

    def __init__(self, cause: Exception | None) -> None:
        super().__init__(str(cause or "the task was stopped by SIGTERM"))
        self.cause = cause


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Handles SIGTERM, which a stopped container receives; only in the main thread, where Python delivers signals.

    Fargate sends SIGKILL 30 seconds later:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    with closing(Stopping()) as stopping:
        if current_thread() is not main_thread():
            yield stopping
            return
        with stopping.listening():
            yield stopping


class Stopping:
    """Whether a task has to stop, and why.

    Attributes:
        is_requested: Whether the task has to stop, even if its code swallowed the `TaskStopped`.
        cause: Error that made the task stop itself; None if the process received a signal.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self.cause: Exception | None = None
        self._listens = False
        self._interrupts = False
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handles SIGTERM until the end of the block.

        Python runs handlers in the main thread, after any native call in progress. The wakeup socket receives the
        signal number immediately: https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
        """
        handler = signal.signal(signal.SIGTERM, self.on_signal)
        previous = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._listens = True
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)
            signal.signal(signal.SIGTERM, handler)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raises `TaskStopped` in the block on SIGTERM, or at its start if the signal was received before.

        Outside of the block the signal is only recorded.
        """
        self._interrupts = True
        try:
            self.check()
            yield
        finally:
            self._interrupts = False

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Records the signal and interrupts the main thread once."""
        self.is_requested = True
        if self._interrupts:
            self._interrupts = False
            raise TaskStopped(self.cause)

    def stop(self, cause: Exception) -> None:
        """Stops the task from another thread; a task outside of the main thread stops after its work."""
        self.cause = cause
        self.is_requested = True
        if self._listens:
            os.kill(os.getpid(), signal.SIGTERM)

    def check(self, error: BaseException | None = None) -> None:
        """Raises `TaskStopped` if the task was stopped, even if its code swallowed the exception.

        Args:
            error: Exception of the work: native code such as DuckDB raises its own error when it is interrupted.
        """
        if self.is_requested and not isinstance(error, TaskStopped):
            raise TaskStopped(self.cause) from error

    def wait(self, seconds: float) -> bool:
        """Waits; called from a thread other than the task's.

        Returns:
            True as soon as SIGTERM is received or the work ends, False after the timeout.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._receiver.settimeout(left)
            try:
                numbers = self._receiver.recv(1024)
            except TimeoutError:
                return False
            if signal.SIGTERM in numbers:
                self.is_requested = True
            if self.is_requested or _RELEASE in numbers:
                return True
        return False

    def release(self) -> None:
        """Ends another thread's `wait`."""
        self._sender.send(bytes([_RELEASE]))

    def close(self) -> None:
        """Closes the sockets."""
        self._receiver.close()
        self._sender.close()


def _reset_in_child() -> None:
    """Resets the handler in a forked process, which shares the socket: `multiprocessing.Pool` sends it SIGTERM."""
    if isinstance(getattr(signal.getsignal(signal.SIGTERM), "__self__", None), Stopping):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


os.register_at_fork(after_in_child=_reset_in_child)
