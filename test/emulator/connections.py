"""Persistent HTTP connections, as on AWS; werkzeug closes each connection after one request."""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any, BinaryIO

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

Headers = list[tuple[str, str]]
_WITHOUT_BODY = (204, 304)
_MAX_LINE = 65536


def parse_headers(stream: BinaryIO, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage) -> Any:
    """Replaces `http.client.parse_headers`, which parses headers as those of an email, with all their syntax."""
    headers = _class()
    while (line := stream.readline(_MAX_LINE + 1)) not in (b"\r\n", b"\n", b""):
        if len(line) > _MAX_LINE:
            raise http.client.LineTooLong("header line")
        name, _, value = line.decode("iso-8859-1").partition(":")
        headers[name] = value.strip()
    return headers


def server(listener: socket.socket, application: Any) -> BaseWSGIServer:
    """Returns a server on a listening socket, with a thread for each connection."""
    host = listener.getsockname()[0]
    return make_server(host, 0, application, threaded=True, request_handler=_Connection, fd=listener.fileno())


class _Connection(MotoRequestHandler):
    """Serves the requests of a connection sequentially and sends each response in a single write."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        # Sends "100 Continue", for which the client may wait.
        self.wfile.flush()
        environ = self.make_environ()
        # Read the whole body: the next request follows it on the connection.
        body = self._body(environ)
        environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body))}
        started: list[tuple[str, Headers]] = []
        answer = self.server.app(environ, lambda status, headers, *_: started.append((status, headers)))
        self._send(*started[-1], b"".join(answer))

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            return bytes(environ["wsgi.input"].read())
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))

    def _send(self, status: str, headers: Headers, body: bytes) -> None:
        code, _, reason = status.partition(" ")
        if self.command == "HEAD" or int(code) in _WITHOUT_BODY:
            body = b""
        else:
            others = [(name, value) for name, value in headers if name.lower() != "content-length"]
            headers = [*others, ("Content-Length", str(len(body)))]
        self.send_response_only(int(code), reason)
        for name, value in [("Date", self.date_time_string()), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
