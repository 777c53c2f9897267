"""Python processes that are forks of one process, which has imported the libraries of tasks.

Importing the libraries takes longer than most tasks. The SDK is not among them: its version depends on the image.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import runpy
import selectors
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

LIBRARIES = ("boto3", "duckdb", "pandas", "pyarrow.dataset", "pyiceberg.catalog.glue", "pyiceberg.io.pyarrow")
_lock = threading.Lock()


def runs_python(command: Sequence[str]) -> bool:
    """Whether a command is `python -m MODULE [ARGUMENT…]` or `python -c CODE [ARGUMENT…]`."""
    return len(command) > 2 and Path(command[0]).name in ("python", "python3") and command[1] in ("-m", "-c")


class WarmProcess:
    """The subset of `subprocess.Popen` that the emulator uses, for the commands of `runs_python`.

    Args:
        command: The command.
        environment: Its environment variables.
        folder: Its working directory.

    Raises:
        OSError: The folder does not exist.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        folder.stat()
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        ours, theirs = socket.socketpair()
        request = {"arguments": command[1:], "environment": dict(environment), "folder": str(folder)}
        with theirs:
            with _lock:
                socket.send_fds(_parent()[0], [b"\0"], [theirs.fileno(), out_end, err_end])
            os.close(out_end)
            os.close(err_end)
        self._answers = ours.makefile("rw")
        ours.close()
        self._answers.write(json.dumps(request) + "\n")
        self._answers.flush()
        self.pid = int(self._answers.readline())
        self.stdout, self.stderr = os.fdopen(out, "rb"), os.fdopen(err, "rb")
        self._code = 0
        self._ended = threading.Event()
        threading.Thread(target=self._await_end, daemon=True).start()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end of the process and returns its exit code, negative for a signal."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("python", timeout or 0)
        return self._code

    def send_signal(self, number: int) -> None:
        if not self._ended.is_set():
            os.kill(self.pid, number)

    def _await_end(self) -> None:
        with self._answers:
            self._code = int(self._answers.readline() or -9)
        self._ended.set()


@cache
def _parent() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Starts the process that is forked; it exits when this process does."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    return ours, process


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Forks for each request; returns the request in the forked process, and None when the emulator has exited."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                _report_end(selector, key)
                continue
            received, descriptors, *_ = socket.recv_fds(control, 1, 3)
            if not received:
                return None
            if not (pid := os.fork()):
                control.close()
                selector.close()
                return _request(*descriptors)
            _follow(selector, pid, *descriptors)


def _follow(selector: selectors.BaseSelector, pid: int, answers: int, *outputs: int) -> None:
    for output in outputs:
        os.close(output)
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, answers))


def _report_end(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pid, answers = key.data
    selector.unregister(key.fd)
    os.close(key.fd)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(answers, f"{code}\n".encode())
    os.close(answers)


def _request(answers: int, out: int, err: int) -> dict[str, Any]:
    os.setsid()
    os.write(answers, f"{os.getpid()}\n".encode())
    os.dup2(out, 1)
    os.dup2(err, 2)
    with os.fdopen(answers) as requests:
        request: dict[str, Any] = json.loads(requests.readline())
    os.close(out)
    os.close(err)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    return request


def _run_and_exit(*arguments: str) -> None:
    """Runs a command, and ends the process without freeing the objects of the libraries, which takes 0.4 s.

    Threads and functions registered with `atexit` end as usual; `multiprocessing` ends its processes in the same way.
    https://github.com/python/cpython/blob/main/Lib/multiprocessing/popen_fork.py
    """
    code: Any = 0
    try:
        _run(*arguments)
    except SystemExit as stop:
        code = stop.code or 0
        if not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
            code = 1
    except Exception:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run(option: str, program: str, *arguments: str) -> None:
    """Runs `python -m` or `python -c`."""
    sys.stdout.reconfigure(line_buffering="PYTHONUNBUFFERED" in os.environ)  # type: ignore[union-attr]
    added = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:1] = [str(Path.cwd()), *added]
    sys.argv = [option, *arguments]
    if option == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(program, "<string>", "exec"), vars(sys.modules["__main__"]))


if __name__ == "__main__":
    # Libraries start threads that are not needed in a fork.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for library in LIBRARIES:
        __import__(library)
    # In the forks, the collector neither visits the objects of the libraries nor copies their memory pages.
    gc.collect()
    gc.freeze()
    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked:
        _run_and_exit(*asked["arguments"])
