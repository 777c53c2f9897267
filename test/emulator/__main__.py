"""`python -m test.emulator --port N`: the emulator in the foreground."""

from __future__ import annotations

import argparse
import shlex
import socket
import sys

from test.emulator.process import HOST, client_environment
from test.emulator.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m test.emulator", description="A local AWS emulator for tests.")
    parser.add_argument("--port", type=int, default=5000, help="port to listen on, 0 for any free port (default 5000)")
    with socket.create_server((HOST, parser.parse_args().port)) as listener:
        environment = client_environment(f"http://{HOST}:{listener.getsockname()[1]}")
        for name, value in environment.items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        serve(listener)


if __name__ == "__main__":
    main()
