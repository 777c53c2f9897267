"""A loopback server for Bedrock's Converse and ConverseStream, which plays scripted replies and records requests."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import unquote
from zlib import crc32

_STRING_TYPE = 7
USAGE = {"inputTokens": 1_000, "outputTokens": 50, "totalTokens": 1_050}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    # Unreachable; the SDK calls it to identify a caller that was denied access.
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
}


@dataclass(frozen=True)
class Call:
    """A call of a tool.

    Args:
        name: Name of the tool.
        arguments: Its arguments; a string is sent as it is.
        identifier: Id of the call; by default, its position in the reply.
    """

    name: str
    arguments: dict[str, Any] | str
    identifier: str = ""


@dataclass(frozen=True)
class Reply:
    """One reply of the model.

    Args:
        blocks: Texts and calls of tools.
        fault: Name of an exception, which ends the stream after the blocks.
        status: HTTP status of the fault; 200 sends it inside the stream.
        reason: Message of the fault.
        is_held: Whether the stream pauses after the blocks until `BedrockRuntime.released` is set.
    """

    blocks: tuple[str | Call, ...] = ()
    fault: str = ""
    status: int = 200
    reason: str = "scripted"
    is_held: bool = False


Script = Callable[[dict[str, Any]], Reply]
"""Returns the reply to a request."""


def replies(*given: Reply) -> Script:
    """Plays replies in order, regardless of the requests."""
    remaining = iter(given)
    return lambda _request: next(remaining)


def message(payload: dict[str, Any], headers: dict[str, str]) -> bytes:
    """Encodes a message of an event stream.

    https://smithy.io/2.0/aws/amazon-eventstream.html
    """
    encoded = b"".join(_header(f":{name}", value) for name, value in headers.items())
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(encoded) + len(body) + 16, len(encoded))
    checked = prelude + struct.pack("!I", crc32(prelude)) + encoded + body
    return checked + struct.pack("!I", crc32(checked))


def _header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + struct.pack("!BH", _STRING_TYPE, len(value)) + value.encode()


def events(reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html."""
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(reply.blocks):
        if isinstance(block, str):
            deltas: Iterable[dict[str, Any]] = ({"text": part} for part in block.splitlines(keepends=True))
        else:
            start = {"toolUse": {"name": block.name, "toolUseId": block.identifier or f"call-{index}"}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
            given = block.arguments
            deltas = [{"toolUse": {"input": given if isinstance(given, str) else json.dumps(given)}}]
        for delta in deltas:
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    if reply.fault:
        return
    calls = any(isinstance(block, Call) for block in reply.blocks)
    yield "messageStop", {"stopReason": "tool_use" if calls else "end_turn"}
    yield "metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}


def rejection(messages: list[dict[str, Any]]) -> str | None:
    """Returns why Bedrock would reject the messages of a request; None if it would accept them."""
    roles = [given["role"] for given in messages]
    if roles[:1] != ["user"] or any(role == following for role, following in pairwise(roles)):
        return f"roles must alternate between user and assistant, starting with user: {roles}"
    for given, following in zip(messages, [*messages[1:], {"content": []}], strict=True):
        calls = [block["toolUse"]["toolUseId"] for block in given["content"] if "toolUse" in block]
        results = [block["toolResult"]["toolUseId"] for block in following["content"] if "toolResult" in block]
        if calls != results:
            return f"toolUse blocks {calls} are followed by toolResult blocks {results}"
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise each event waits for the acknowledgement of the previous one.
    disable_nagle_algorithm = True
    server: BedrockRuntime

    def log_message(self, *_arguments: Any) -> None:
        """Logs nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, _, model, operation = self.path.split("/")
        assert operation in ("converse", "converse-stream"), f"{operation} is not implemented"
        self.server.requests.append({**body, "modelId": unquote(model)})
        reason = rejection(body["messages"])
        invalid = Reply(fault="ValidationException", status=400, reason=reason or "")
        reply = invalid if reason else self.server.script(body)
        if reply.status != 200:
            self._respond(reply.status, json.dumps({"message": reply.reason}).encode(), reply.fault)
            return
        if operation == "converse":
            if reply.is_held:
                self.server.released.wait()
            self._respond(200, json.dumps(_whole(reply)).encode())
            return
        self._stream(reply)

    def _stream(self, reply: Reply) -> None:
        stream = [message(payload, _event_headers(kind)) for kind, payload in events(reply)]
        if reply.fault:
            stream.append(message({"message": reply.reason}, _exception_headers(reply.fault)))
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        # Clients read chunks as they arrive, but wait for the content of a known length.
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(ConnectionError):
            for index, part in enumerate([*stream, b""]):
                if reply.is_held and index == len(stream) - 2:
                    self.server.released.wait()
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def _respond(self, status: int, body: bytes, fault: str = "") -> None:
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "x-amzn-ErrorType": fault}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _whole(reply: Reply) -> dict[str, Any]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html."""
    content = [{"text": block} for block in reply.blocks]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 1},
    }


def _event_headers(kind: str) -> dict[str, str]:
    return {"message-type": "event", "event-type": kind, "content-type": "application/json"}


def _exception_headers(fault: str) -> dict[str, str]:
    # In a stream, the name is that of the member of the output shape.
    return {"message-type": "exception", "exception-type": fault[0].lower() + fault[1:]}


@dataclass
class _State:
    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class BedrockRuntime(_State, ThreadingHTTPServer):
    """Runs while its context lasts.

    Attributes:
        requests: Bodies of the requests, with `modelId`.
        released: Ends the pauses of held replies.
    """

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        _State.__init__(self, script)
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", 0), _Handler)

    def __enter__(self) -> BedrockRuntime:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a client."""
        return {**ENVIRONMENT, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{self.server_port}"}
