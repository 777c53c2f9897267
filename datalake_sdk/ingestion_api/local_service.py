"""The API for a table of an embedded lake: server, buffer and writer in one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datalake_sdk.errors import NoEmbeddedLakeError
from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.ingestion_api.commits import TableCommits, current_contract
from datalake_sdk.ingestion_api.server import PeriodicWriter, create_server
from datalake_sdk.ingestion_api.service import IngestionService
from datalake_sdk.listening import LOOPBACK
from datalake_sdk.platforms.select import open_local_buffer, open_platform

if TYPE_CHECKING:
    from datalake_sdk.settings import Environment, IngestionRequest


class LocalIngestion:
    """Serves one table until the process is interrupted.

    Args:
        environment: Environment of an embedded lake.
        request: Table to write, and how.
        port: Port on loopback; 0 chooses a free one.
        token: Bearer token of the clients.

    Attributes:
        url: Address of the server.
        token: Bearer token of the clients.

    Raises:
        NoEmbeddedLakeError: The environment is not an embedded lake.
        BufferInUseError: Another process serves the table.
        DatalakeError: The table has no contract, or the port cannot be opened.
    """

    def __init__(self, environment: Environment, request: IngestionRequest, port: int, token: str) -> None:
        if environment.local_root is None:
            raise NoEmbeddedLakeError
        platform = open_platform(environment)
        contract = current_contract(platform, request)
        self.token = token
        self._buffer = open_local_buffer(Path(environment.local_root), ".".join(request.table.identifier(environment)))
        try:
            self._server = create_server(IngestionService(contract, self._buffer), port, token)
        except BaseException:
            self._buffer.close()
            raise
        commits = TableCommits(platform, contract, request)
        self._writer = BatchWriter(self._buffer, commits, in_order=bool(contract.keys))
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"

    def run(self, commit_seconds: float) -> None:
        """Accepts and writes rows until an exception such as KeyboardInterrupt, and then writes what is left.

        Args:
            commit_seconds: Time between two commits.
        """
        with PeriodicWriter(self._buffer, self._writer, commit_seconds).running():
            try:
                self._server.serve_forever()
            finally:
                self._server.server_close()

    def close(self) -> None:
        """Closes port and buffer."""
        self._server.server_close()
        self._buffer.close()
