"""Serves the pages over HTTP."""

from __future__ import annotations

import asyncio
from threading import Thread

import uvicorn

from datalake_sdk.errors import ExposedPagesError
from datalake_sdk.listening import LOOPBACK, listening_socket
from datalake_sdk.ui.app import create_app
from datalake_sdk.ui.rendering import compile_templates
from datalake_sdk.ui.security import LOOPBACK_HOSTS, Access
from datalake_sdk.ui.site import Site


class PageServer:
    """Serves a site until the process is interrupted.

    Args:
        site: The pages.
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one.
        token: Token of the readers; None needs none, on loopback only.

    Attributes:
        url: Address of the server.

    Raises:
        ExposedPagesError: The address is not on loopback, and there is no token.
        UnusableHostError: The address is none of this machine.
        PortInUseError: The port cannot be opened.
    """

    def __init__(self, site: Site, host: str, port: int, token: str | None) -> None:
        is_loopback = host in (LOOPBACK, "localhost", "::1")
        if token is None and not is_loopback:
            raise ExposedPagesError(host)
        self._reader = site.reader
        access = Access(LOOPBACK_HOSTS if is_loopback else None, token)
        configuration = uvicorn.Config(
            create_app(site, access), log_level="warning", server_header=False, proxy_headers=False, ws="none"
        )
        compile_templates()
        self._server = uvicorn.Server(configuration)
        self._socket = listening_socket(port, host)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        """Answers requests until an exception such as KeyboardInterrupt; starts with reading ahead."""
        Thread(target=self._reader.read_everything, name="read ahead", daemon=True).start()
        with self._socket:
            asyncio.run(self._server.serve([self._socket]))
