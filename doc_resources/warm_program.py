"""The program `datalake_sdk` as forks of one process, which has imported the libraries that its commands need.

Importing them takes longer than most commands of a page.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAM = "datalake_sdk"
LIBRARIES = ("pandas", "duckdb", "pyarrow.dataset", "pyiceberg.io.pyarrow", "sqlglot", "datalake_sdk.operations.ingest")
_CLIENT = """\
#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    signal.signal(signal.SIGTERM, lambda *_: server.shutdown(socket.SHUT_WR))
    socket.send_fds(server, [b"\\0"], [0, 1, 2])
    server.sendall(json.dumps([os.getcwd(), dict(os.environ), sys.argv[1:]]).encode() + b"\\n")
    sys.exit(int(server.recv(8) or 1))
"""


@contextmanager
def warm_program() -> Iterator[str]:
    """Yields a folder for PATH, which contains the program."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        address = str(Path(folder, "socket"))
        server.bind(address)
        server.listen()
        client = Path(folder, PROGRAM)
        client.write_text(_CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        client.chmod(0o755)
        process = subprocess.Popen([sys.executable, "-m", __name__, str(server.fileno())], pass_fds=[server.fileno()])
        try:
            yield folder
        finally:
            process.terminate()
            process.wait()


def _serve(server: socket.socket) -> None:
    """Forks for each request; returns in the fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = server.accept()
        if not os.fork():
            break
        connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, *_ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as requests:
        folder, environment, sys.argv[1:] = json.loads(requests.readline())
    if pid := os.fork():
        threading.Thread(target=_terminate_with_client, args=(connection, pid), daemon=True).start()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        connection.sendall(str(code % 256).encode())
        os._exit(0)
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


def _terminate_with_client(connection: socket.socket, pid: int) -> None:
    """Terminates a process once its client ends the connection, which it does when it is terminated itself."""
    connection.recv(1)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    # Libraries start threads that are not needed in a fork.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for library in LIBRARIES:
        importlib.import_module(library)
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        _serve(listening)
    from datalake_sdk.cli.main import main

    main()
