"""How a task ends when it is told to: at once, through every clean-up on the way."""

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
"""No signal has this number: https://man7.org/linux/man-pages/man2/kill.2.html"""


class TaskStopped(BaseException):
    """The task is to end now. Not an `Exception`, so that a task's own `except Exception` does not hold it up.

    Args:
        cause: What made the task stop itself; None when a signal came from outside.
    """

    def __init__(self, cause: Exception | None) -> None:
        super().__init__(str(cause or "the task was stopped from outside (SIGTERM)"))
        self.cause = cause


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Listens to SIGTERM, which a stopped container gets; outside the main thread, where Python takes no signals, not.

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
    """Whether a task is to end, and why.

    Attributes:
        asked: Whether the task is to end, also when its code has swallowed the `TaskStopped` since then.
        cause: What made the task stop itself; None when a signal came from outside.
    """

    def __init__(self) -> None:
        self.asked = False
        self.cause: Exception | None = None
        self._listens = False
        self._interrupts = False
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes SIGTERM from here to the end of the block.

        Python's handlers run in the main thread only, after a native call that it may be in. The wakeup socket gets the
        signal's number at once: https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
        """
        handler = signal.signal(signal.SIGTERM, self.on_signal)
        waker = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._listens = True
        try:
            yield
        finally:
            signal.set_wakeup_fd(waker)
            signal.signal(signal.SIGTERM, handler)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raises `TaskStopped` in the block when SIGTERM comes, or at its start when it has come before.

        Elsewhere the signal is only remembered.
        """
        self._interrupts = True
        try:
            self.check()
            yield
        finally:
            self._interrupts = False

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Remembers the signal, and interrupts the main thread once."""
        self.asked = True
        if self._interrupts:
            self._interrupts = False
            raise TaskStopped(self.cause)

    def stop(self, cause: Exception) -> None:
        """Ends the task from another thread; a task outside the main thread ends after its work."""
        self.cause = cause
        self.asked = True
        if self._listens:
            os.kill(os.getpid(), signal.SIGTERM)

    def check(self, error: BaseException | None = None) -> None:
        """Turns what became of a stopped task, also a swallowed stop, into `TaskStopped`.

        Args:
            error: How the work ended: native code such as DuckDB raises an error of its own when it is interrupted.
        """
        if self.asked and not isinstance(error, TaskStopped):
            raise TaskStopped(self.cause) from error

    def wait(self, seconds: float) -> bool:
        """Waits in another thread than the task's.

        Returns:
            True as soon as SIGTERM comes or the work ends, False when the seconds have passed.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._woken.settimeout(left)
            try:
                numbers = self._woken.recv(1024)
            except TimeoutError:
                return False
            if signal.SIGTERM in numbers:
                self.asked = True
            if self.asked or _RELEASE in numbers:
                return True
        return False

    def release(self) -> None:
        """Ends another thread's `wait`."""
        self._waker.send(bytes([_RELEASE]))

    def close(self) -> None:
        """Gives the sockets back."""
        self._woken.close()
        self._waker.close()


def _forget_in_child() -> None:
    """A forked process shares the socket: its SIGTERM, as of `multiprocessing.Pool.terminate`, is not the task's."""
    if isinstance(getattr(signal.getsignal(signal.SIGTERM), "__self__", None), Stopping):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


# Windows has no fork: https://docs.python.org/3/library/os.html#os.register_at_fork
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
