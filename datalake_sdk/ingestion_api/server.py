"""Serves the API on this machine: an HTTP server on loopback, and a thread that writes what it accepts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from datalake_sdk.errors import (
    DatalakeError,
    MissingLengthError,
    PortInUseError,
    RejectedRequestError,
    RequestTooLargeError,
    UnauthorizedRequestError,
)
from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.ingestion_api.requests import MAX_BODY_BYTES
from datalake_sdk.ingestion_api.service import HttpRequest, HttpResponse, IngestionService, rejection
from datalake_sdk.listening import LOOPBACK
from datalake_sdk.platforms.ingestion_buffer import RowsQueue

logger = logging.getLogger(__name__)

_IDLE_SECONDS = 60
_MAX_BATCH_BYTES = 64_000_000
_MAX_DISCARDED_BYTES = 16_000_000


class PeriodicWriter:
    """Writes the accepted rows of a queue to the table every few seconds.

    Args:
        queue: Accepted rows.
        writer: Writes them.
        seconds: Time between two commits.
    """

    def __init__(self, queue: RowsQueue, writer: BatchWriter, seconds: float) -> None:
        self._queue = queue
        self._writer = writer
        self._seconds = seconds
        self._stopped = threading.Event()
        self._failed: set[str] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Writes until the block ends, and then what is left."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def write_accepted(self) -> None:
        """Writes all accepted rows; those that cannot be written are left in the queue until the next start."""
        while delivered := self._queue.receive(_MAX_BATCH_BYTES, self._failed):
            result = self._writer.write(delivered)
            self._queue.remove(result.written)
            if result.written or result.rejected:
                self._failed |= result.rejected
            else:
                self._failed |= {rows.request for rows in delivered}

    def _run(self) -> None:
        while True:
            is_last = self._stopped.wait(self._seconds)
            try:
                self.write_accepted()
            except DatalakeError as error:
                logger.warning("the accepted rows were not written, and will be written later: %s", error)
            except Exception:
                logger.exception("the accepted rows were not written, and will be written later")
            if is_last:
                return


def create_server(service: IngestionService, port: int, token: str) -> ThreadingHTTPServer:
    """Opens a port on loopback for clients that send a token.

    Args:
        service: Answers the requests.
        port: Port; 0 chooses a free one.
        token: Bearer token of the clients.

    Raises:
        PortInUseError: The port cannot be opened.
    """
    attributes = {"service": service, "token": token}
    try:
        return _Server((LOOPBACK, port), type("Handler", (_Handler,), attributes))
    except OSError as error:
        raise PortInUseError(port, error.strerror or str(error)) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    service: IngestionService
    token: str

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        self._send(HttpResponse(code, {"error": message or HTTPStatus(code).phrase}))

    def log_message(self, format: str, *arguments: object) -> None:
        logger.info(format, *arguments)

    def _answer(self) -> None:
        try:
            self._check_token()
            response = self.service.respond(self._request())
        except RejectedRequestError as error:
            # The body was not read, so the connection cannot be used again.
            self.close_connection = True
            response = rejection(error)
        self._send(response)

    def _check_token(self) -> None:
        given = self.headers.get_all("Authorization", [])
        if len(given) != 1 or not compare_digest(given[0].encode(), f"Bearer {self.token}".encode()):
            raise UnauthorizedRequestError

    def _request(self) -> HttpRequest:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return HttpRequest(self.command, self.path, headers, self._body())

    def _body(self) -> bytes:
        if self.command != "POST":
            return b""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise MissingLengthError
        if int(length) > MAX_BODY_BYTES:
            self._discard(int(length))
            raise RequestTooLargeError(int(length), MAX_BODY_BYTES)
        return self.rfile.read(int(length))

    def _discard(self, length: int) -> None:
        """Reads a body that is somewhat too large: many clients read no response before they have sent it."""
        for start in range(0, min(length, _MAX_DISCARDED_BYTES), MAX_BODY_BYTES):
            self.rfile.read(min(length - start, MAX_BODY_BYTES))

    def _send(self, response: HttpResponse) -> None:
        content = response.text.encode()
        self.send_response(response.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **response.headers}
        if response.status == UnauthorizedRequestError.status:
            headers["WWW-Authenticate"] = "Bearer"
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
