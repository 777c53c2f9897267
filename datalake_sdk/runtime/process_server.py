"""Starts the processes of a local run as forks of a process that has imported the SDK once.

Each process has a supervisor, which ends it together with all of its descendants: when the process exits, like the
container of a task, or when the run has ended. Linux only.

Protocol: the run sends the names of modules to import, or a space, and a connected socket. On that socket it sends the
request, JSON after its length in four bytes, then a byte for each signal. It receives the exit code in decimal.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

GRACE_SECONDS = 30
"""Time between SIGTERM and SIGKILL, as on Fargate.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""
_MAX_NAMES_BYTES = 1024
LENGTH_BYTES = 4
"""Size of the number before a request."""
_PR_SET_CHILD_SUBREAPER = 36
"""https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html"""


def serve(control: socket.socket) -> None:
    """Forks a supervisor for each request until the run closes the socket; returns only in the processes."""
    os.set_inheritable(control.fileno(), False)
    while True:
        names, descriptors, _, _ = socket.recv_fds(control, _MAX_NAMES_BYTES, 1)
        _reap(os.WNOHANG if descriptors else 0)
        if not descriptors:
            os._exit(0)
        _preload(names.decode().split())
        with socket.socket(fileno=descriptors[0]) as connection:
            os.set_inheritable(connection.fileno(), False)
            if _fork() == 0:
                control.close()
                _supervise(connection)
                return


def _preload(names: Sequence[str]) -> None:
    """Imports modules, and keeps their objects from being collected, and so copied, at the end of each fork."""
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        # The process imports it again, and reports an error in its log.
        with suppress(Exception):
            import_module(name)
    if missing:
        gc.collect()
        gc.freeze()


def _reap(options: int) -> None:
    """Reaps supervisors, so that the CPU time of their processes counts as that of the run."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _supervise(connection: socket.socket) -> None:
    """Starts the process and waits for it; returns only in the process, after its work."""
    # Descendants that have left the process group become children of the supervisor when their parent exits.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    length = int.from_bytes(connection.recv(LENGTH_BYTES, socket.MSG_WAITALL))
    request = json.loads(connection.recv(length, socket.MSG_WAITALL))
    process = _fork()
    if process == 0:
        os.setpgid(0, 0)
        connection.close()
        _become(request)
        return
    # Before the process has called setpgid itself. https://man7.org/linux/man-pages/man2/setpgid.2.html#ERRORS
    with suppress(PermissionError, ProcessLookupError):
        os.setpgid(process, process)
    _wait(process, connection)
    _kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    _kill_descendants()
    with suppress(BrokenPipeError):
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _wait(process: int, connection: socket.socket) -> None:
    """Waits until the process has exited, without reaping it; passes on signals."""
    exited = os.pidfd_open(process)
    watched: list[Any] = [exited, connection]
    while exited not in select.select(watched, [], [])[0]:
        number = connection.recv(1)
        if number:
            _kill(process, number[0])
            continue
        # The run has ended.
        _kill(process, signal.SIGTERM)
        if not select.select([exited], [], [], GRACE_SECONDS)[0]:
            _kill(process, signal.SIGKILL)
        select.select([exited], [], [])
        return


def _kill(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, number)


def _kill_descendants() -> None:
    """Kills the processes that this one has adopted, which may leave others to adopt."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while pids := children.read_text().split() if children.exists() else []:
        for pid in map(int, pids):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _become(request: Mapping[str, Any]) -> None:
    """Runs the program or the module of a request with its variables, working directory and log."""
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(request["folder"])
    if command := request["command"]:
        os.execvpe(command[0], command, request["variables"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.argv = [""]
    if not sys.flags.safe_path:
        sys.path[0] = request["folder"]
    if "numpy.random" in sys.modules:
        # Unlike that of `random`, the global generator is not seeded again after a fork.
        sys.modules["numpy.random"].seed()
    # nanobind, with which DuckDB is bound, reports frozen objects as leaks after all other output.
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
    # Otherwise, runpy warns that it was imported before.
    sys.modules.pop(request["module"], None)
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _fork() -> int:
    with warnings.catch_warnings():
        # The libraries with threads of their own, jemalloc in Arrow and OpenBLAS in NumPy, support forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def is_supported() -> bool:
    """Whether the system has what servers need."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        # https://man7.org/linux/man-pages/man2/pidfd_open.2.html
        return False
    return True


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
