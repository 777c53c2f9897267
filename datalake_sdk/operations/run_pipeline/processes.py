"""Processes of a local run, which are stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock

GRACE_SECONDS = 30
"""Time between SIGTERM and SIGKILL, as on Fargate.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""


class RunStopped(Exception):
    """The run was stopped before the process was started."""


class Processes:
    """Starts processes in threads; `stop`, in any thread, ends them all.

    Attributes:
        stopped: Set when the run is being stopped.
    """

    def __init__(self) -> None:
        self.stopped = Event()
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(
        self,
        command: Sequence[str],
        log: Path,
        folder: Path,
        variables: Mapping[str, str],
        timeout_seconds: float | None = None,
    ) -> int | None:
        """Runs a program and waits for it.

        Args:
            command: Program and arguments.
            log: File to which its output is appended.
            folder: Working directory.
            variables: All of its environment variables.
            timeout_seconds: Time after which it is stopped.

        Returns:
            Its exit code, negative if it was killed by a signal; None after the timeout.

        Raises:
            RunStopped: The run is being stopped.
        """
        process = self._start(command, log, folder, variables)
        try:
            return process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            end_process(process)
            return None
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """Sends SIGTERM to all processes, then SIGKILL to those that do not end; a second Ctrl-C sends SIGKILL."""
        with self._lock:
            self.stopped.set()
            running = list(self._running)
        for process in running:
            _send(process, signal.SIGTERM)
        try:
            for process in running:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(GRACE_SECONDS)
        finally:
            for process in running:
                _send(process, signal.SIGKILL)

    def _start(
        self, command: Sequence[str], log: Path, folder: Path, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._lock, log.open("ab") as output:
            if self.stopped.is_set():
                raise RunStopped
            # An own session, so that Ctrl-C in the terminal reaches only this process, which stops the others in order.
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        return process


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Sends SIGTERM to a process that leads its session and to its children, then SIGKILL if it does not end."""
    _send(process, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _send(process, signal.SIGKILL)
        process.wait()


def _send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends a signal to a process and its children, such as the Java process of Spark."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
