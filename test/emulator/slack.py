"""A server that answers like Slack's incoming webhooks and `chat.postMessage`, and keeps the messages."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs

TOKEN = "xoxb-1-valid"
_WEBHOOK = "/services/T0/B0/valid"


class SlackServer:
    """Runs until `stop`.

    Attributes:
        messages: Accepted messages, oldest first.
        outage: Status of every response while Slack is down; None if it works.
        next_statuses: Statuses of the next responses, if they are errors.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.outage: int | None = None
        self.next_statuses: list[int] = []
        self._new_message = Condition()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = server._answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if answer.startswith("{") else "text/plain")
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.webhook = f"{self.url}{_WEBHOOK}"
        self.api = f"{self.url}/api/"

    def wait_for(self, count: int, seconds: float = 120) -> None:
        """Waits until a number of messages was accepted.

        Raises:
            TimeoutError: There are fewer.
        """
        with self._new_message:
            if not self._new_message.wait_for(lambda: len(self.messages) >= count, seconds):
                raise TimeoutError(f"{len(self.messages)} of {count} messages within {seconds} seconds")

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _answer(self, path: str, headers: Any, body: str) -> tuple[int, str]:
        if self.outage is not None:
            return self.outage, "service unavailable"
        if self.next_statuses:
            return self.next_statuses.pop(0), "service unavailable"
        if path == "/api/chat.postMessage":
            return self._chat(headers, body)
        if path != _WEBHOOK:
            # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling-errors
            return 404, "no_service"
        return self._store(json.loads(body))

    def _chat(self, headers: Any, body: str) -> tuple[int, str]:
        """https://docs.slack.dev/reference/methods/chat.postMessage."""
        if headers.get("Content-Type", "").startswith("application/json"):
            message = json.loads(body)
        else:
            message = {name: values[0] for name, values in parse_qs(body).items()}
            message["blocks"] = json.loads(message["blocks"])
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 200, '{"ok": false, "error": "invalid_auth"}'
        if message["channel"] != "#operations":
            return 200, '{"ok": false, "error": "channel_not_found"}'
        status, answer = self._store(message)
        # https://docs.slack.dev/reference/methods/chat.postMessage#errors
        return 200, '{"ok": true, "ts": "1.0"}' if status == 200 else json.dumps({"ok": False, "error": answer})

    def _store(self, message: dict[str, Any]) -> tuple[int, str]:
        if len(message["blocks"]) > 50 or any(len(block["text"]["text"]) > 3000 for block in message["blocks"]):
            return 400, "invalid_blocks"
        with self._new_message:
            self.messages.append(message)
            self._new_message.notify_all()
        return 200, "ok"
