"""Records the requests of one client application, and delays each of them like a network would."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("request_trace")

_current = threading.local()
_recording = threading.Lock()


@dataclass
class TracedRequest:
    """A request that was answered; its times are seconds of a monotonic clock.

    Attributes:
        connection: Port of the client, which identifies the connection.
        start: When the request was received.
        path: Path of the URL.
        byte_range: Header `Range`; empty without one.
        end: When it was answered.
        service: Service in botocore; empty if the emulator did not dispatch the request.
        operation: Operation of the service's API.
    """

    connection: str
    start: float
    path: str
    byte_range: str
    end: float = 0.0
    service: str = ""
    operation: str = ""


@dataclass
class _Trace:
    application: str
    delay: float
    requests: list[TracedRequest]


_trace = _Trace("", 0.0, [])


@PATCHES.command
def trace_requests(application: str, delay: float = 0.0) -> None:
    """Starts a new trace; see `Emulator.trace_requests`."""
    global _trace
    _trace = _Trace(f"app/{application}", delay, [])


@PATCHES.command
def traced_requests() -> list[dict[str, Any]]:
    """Returns the requests of the trace that were answered, by the time they were received."""
    with _recording:
        return [asdict(request) for request in sorted(_trace.requests, key=lambda request: request.start)]


@PATCHES.on_reset
def _stop() -> None:
    global _trace
    _trace = _Trace("", 0.0, [])


@contextmanager
def traced(environ: dict[str, Any]) -> Iterator[None]:
    """Traces a request if the application in its header `User-Agent` is traced.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html
    """
    trace = _trace
    if not trace.application or trace.application not in environ.get("HTTP_USER_AGENT", "").split():
        yield
        return
    request = TracedRequest(
        environ.get("REMOTE_PORT", ""), time.monotonic(), environ["PATH_INFO"], environ.get("HTTP_RANGE", "")
    )
    _current.request = request
    # Only this connection waits: each has a thread of its own.
    time.sleep(trace.delay)
    try:
        yield
    finally:
        _current.request = None
        request.end = time.monotonic()
        with _recording:
            trace.requests.append(request)


def name_request(service: str, operation: str) -> None:
    """Sets the operation of the request that the current thread serves."""
    request = getattr(_current, "request", None)
    if request is not None:
        request.service, request.operation = service, operation
