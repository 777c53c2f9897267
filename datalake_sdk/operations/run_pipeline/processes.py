"""Processes of local runs, which are stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event
from typing import Any, Protocol

from datalake_sdk.operations.run_pipeline.served_processes import ChildProcess, ProcessServer
from datalake_sdk.runtime.process_server import GRACE_SECONDS, is_supported


class RunStopped(Exception):
    """The run was stopped before the process was started."""


class _Process(Protocol):
    def wait(self, seconds: float | None) -> int | None: ...

    def send(self, number: signal.Signals) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class ProcessContext:
    """Log, working directory and environment of a process.

    Args:
        log: File to which its output is appended.
        folder: Working directory.
        variables: All of its environment variables.
    """

    log: Path
    folder: Path
    variables: Mapping[str, str]


class Processes:
    """Starts processes in threads; `stop`, in any thread, ends them all.

    When a process exits, its descendants are killed, as in a container. On Linux, that includes descendants in sessions
    of their own, and the processes are also stopped if this process is killed.

    Attributes:
        stopped: Set when the run is being stopped.
    """

    def __init__(self) -> None:
        self.stopped = Event()
        self._ended = Condition()
        """Notified when a process has ended; its lock guards the fields below."""
        self._running: set[_Process] = set()
        self._servers: dict[str, ProcessServer] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()

    def run(self, command: Sequence[str], context: ProcessContext) -> int:
        """Runs a program and waits for it.

        Returns:
            Its exit code, negative if it was killed by a signal.

        Raises:
            RunStopped: The run is being stopped.
        """
        code = self._wait(self._start(sys.executable, (), {"command": command}, context), None)
        assert code is not None
        return code

    def run_module(
        self, python: str, module: str, context: ProcessContext, timeout_seconds: float, imports: Sequence[str]
    ) -> int | None:
        """Runs a module like `python -m` and waits for it.

        Args:
            python: Python program.
            module: Name of the module.
            context: Log, working directory and environment variables.
            timeout_seconds: Time after which it is stopped.
            imports: Modules to import once for all processes, which are then forked; without any, the process is a
                new Python process.

        Returns:
            Its exit code, negative if it was killed by a signal; None after the timeout.

        Raises:
            RunStopped: The run is being stopped.
        """
        command = [python, "-m", module]
        if imports and is_supported():
            process = self._start(python, imports, {"module": module}, context)
        else:
            process = self._start(sys.executable, (), {"command": command}, context)
        return self._wait(process, timeout_seconds)

    def stop(self) -> None:
        """Sends SIGTERM to all processes, then SIGKILL to those that do not end; a second Ctrl-C sends SIGKILL."""
        with self._ended:
            self.stopped.set()
            self._send(signal.SIGTERM)
            try:
                self._ended.wait_for(lambda: not self._running, GRACE_SECONDS)
            finally:
                self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        for process in self._running:
            process.send(number)

    def _start(
        self, python: str, imports: Sequence[str], program: Mapping[str, Any], context: ProcessContext
    ) -> _Process:
        with self._ended:
            if self.stopped.is_set():
                raise RunStopped
            if is_supported():
                server = self._server(python, context.log)
                process: _Process = server.start(imports, program, context.log, context.folder, context.variables)
            else:
                process = _child(program["command"], context)
            self._running.add(process)
        return process

    def _server(self, python: str, log: Path) -> ProcessServer:
        server = self._servers.get(python)
        if server is not None and server.has_ended:
            server.close()
            server = None
        if server is None:
            server = self._servers[python] = ProcessServer(python, {**os.environ, "PYTHONUNBUFFERED": "1"}, log)
        return server

    def _wait(self, process: _Process, timeout_seconds: float | None) -> int | None:
        try:
            code = process.wait(timeout_seconds)
            if code is None:
                process.send(signal.SIGTERM)
                if process.wait(GRACE_SECONDS) is None:
                    process.send(signal.SIGKILL)
                    process.wait(None)
        finally:
            with self._ended:
                self._running.discard(process)
                process.close()
                self._ended.notify_all()
        return code


def _child(command: Sequence[str], context: ProcessContext) -> _Process:
    with context.log.open("ab") as output:
        # In a session of its own: Ctrl-C in the terminal only reaches this process, which stops the others in order.
        process = subprocess.Popen(
            command,
            cwd=context.folder,
            env=dict(context.variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return ChildProcess(process)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Sends SIGTERM to a process that leads its session and to its children, then SIGKILL if it does not end."""
    child = ChildProcess(process)
    child.send(signal.SIGTERM)
    if child.wait(GRACE_SECONDS) is None:
        child.send(signal.SIGKILL)
        child.wait(None)
