"""Processes that a process server starts: see `datalake_sdk.runtime.process_server`."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from datalake_sdk.runtime.process_server import LENGTH_BYTES

_MAX_EXIT_CODE_BYTES = 8
_FAILED = 1


class ProcessServer:
    """A process that starts others with one Python program.

    Args:
        python: Python program.
        variables: Environment variables of the server.
        log: File for its errors.
    """

    def __init__(self, python: str, variables: Mapping[str, str], log: Path) -> None:
        self._lock = Lock()
        # Messages have boundaries: https://man7.org/linux/man-pages/man7/unix.7.html
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [python, "-m", "datalake_sdk.runtime.process_server", str(theirs.fileno())]
        with theirs, log.open("ab") as output:
            self._server = subprocess.Popen(
                command,
                # Keeps the caller's working directory out of sys.path.
                cwd="/",
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def start(
        self,
        imports: Sequence[str],
        program: Mapping[str, object],
        log: Path,
        folder: Path,
        variables: Mapping[str, str],
    ) -> ServedProcess:
        """Starts a process.

        Args:
            imports: Modules that the server imports before it forks.
            program: `command`, a program and its arguments, or `module`, the name of a module to run.
            log: File to which its output is appended.
            folder: Working directory.
            variables: All of its environment variables.
        """
        ours, theirs = socket.socketpair()
        request = {"command": None, **program, "log": str(log), "folder": str(folder), "variables": dict(variables)}
        # If the server has ended, its sockets are closed, and the process counts as failed.
        with theirs, self._lock, suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [" ".join(imports).encode() or b" "], [theirs.fileno()])
        with suppress(BrokenPipeError, ConnectionResetError):
            text = json.dumps(request).encode()
            ours.sendall(len(text).to_bytes(LENGTH_BYTES) + text)
        return ServedProcess(ours)

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, for example because the system ran out of memory."""
        # The server sends nothing on this socket, so it is readable only after the server has closed its end.
        return bool(select.select([self._control], [], [], 0)[0])

    def close(self) -> None:
        """Ends the server, but not the processes."""
        self._control.close()
        self._server.wait()


class ServedProcess:
    """A process that a server has started.

    Args:
        connection: Socket of its supervisor.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def wait(self, seconds: float | None) -> int | None:
        """Waits for the process.

        Returns:
            Its exit code, negative if it was killed by a signal; None after the timeout.
        """
        if not select.select([self._connection], [], [], seconds)[0]:
            return None
        try:
            code = self._connection.recv(_MAX_EXIT_CODE_BYTES)
        except ConnectionResetError:
            code = b""
        return int(code) if code else _FAILED

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the process and its children."""
        with suppress(OSError):
            self._connection.send(bytes([number]))

    def close(self) -> None:
        """Stops the process if it has not ended."""
        self._connection.close()


class ChildProcess:
    """A child of this process, on systems that do not support process servers.

    Args:
        process: Leader of its process group.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float | None) -> int | None:
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.send(signal.SIGKILL)
        return code

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def close(self) -> None:
        pass
