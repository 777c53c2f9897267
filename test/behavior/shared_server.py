"""A process server that outlives the runs of tests, each of which would otherwise import the SDK again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from datalake_sdk.operations.run_pipeline.served_processes import ProcessServer


class SharedServers:
    """Replaces `ProcessServer`: returns the same server for the same environment variables, until `close`."""

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._variables: Mapping[str, str] = {}

    def __call__(self, python: str, variables: Mapping[str, str], log: Path) -> ProcessServer:
        if python != sys.executable:
            return ProcessServer(python, variables, log)
        # pytest sets this one for each test.
        own = {name: value for name, value in variables.items() if name != "PYTEST_CURRENT_TEST"}
        if self._server is None or self._server.has_ended or self._variables != own:
            self.close()
            self._server, self._variables = _Server(python, variables, log), own
        return self._server

    def close(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None


class _Server(ProcessServer):
    def close(self) -> None:
        """Keeps the server for the next run."""

    def end(self) -> None:
        super().close()
