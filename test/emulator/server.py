"""The emulator's process: serves moto with all patches installed on a listening socket."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import string
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from test.emulator.patches import all_patches
from test.emulator.process import CONTROL, HOST, REGION, ROOT_ACCESS_KEY
from test.emulator.request_trace import traced

if TYPE_CHECKING:
    from test.emulator.patching import ServicePatches

Start = Callable[[str, list[tuple[str, str]]], Any]


def serve(listener: socket.socket) -> None:
    """Serves requests until SIGTERM or SIGINT."""
    _set_environment(listener.getsockname()[1])
    signal.signal(signal.SIGTERM, _stop)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    from test.emulator import connections

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    _cache_lookups()
    patches = list(all_patches())
    for patched in patches:
        patched.install()
    application = _Application(DomainDispatcherApplication(_create_backend), patches)
    server = connections.server(listener, application)
    for hook in [hook for patched in patches for hook in patched.at_start]:
        hook()
    # Excludes the many objects loaded so far from garbage collection, which would scan them in vain.
    gc.freeze()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        application.stop_work()
        # Threads of pending requests and state machines must not keep a stopped emulator alive.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class _Application:
    """moto's WSGI application, extended with the commands of `Emulator.control`."""

    def __init__(self, moto: Any, patches: list[ServicePatches]) -> None:
        self._moto = moto
        self._patches = patches
        self._commands: dict[str, Callable[..., Any]] = {
            "ready": lambda: None,
            "reset": self.reset,
            "changed_by_moto": self.changed_by_moto,
        }
        self._applications: dict[str, Callable[..., Iterable[bytes]]] = {}
        for patched in patches:
            self._commands |= patched.commands
            self._applications |= patched.applications

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        try:
            if path.startswith(CONTROL):
                return self._control(path.removeprefix(CONTROL), environ, start)
            serving = (serve for below, serve in self._applications.items() if path.startswith(below))
            with traced(environ):
                answer: Iterable[bytes] = next(serving, self._moto)(environ, start)
            return answer
        except NotImplementedError as error:
            # Not 500, which clients would retry.
            return _answer(start, "501 Not Implemented", {"__type": "NotImplemented", "message": str(error)})
        except Exception as error:
            traceback.print_exc()
            return _answer(start, "500 Internal Server Error", {"__type": "InternalFailure", "message": repr(error)})

    def reset(self) -> None:
        from moto.moto_api._internal.models import moto_api_backend

        self.stop_work()
        moto_api_backend.reset()

    def changed_by_moto(self) -> dict[str, str]:
        """Returns the patched functions whose source differs from the one that the patch was written for."""
        patches = [(patched.service, patch) for patched in self._patches for patch in patched.patches]
        found = [(service, patch, patch.stock_fingerprint()) for service, patch in patches]
        return {
            f"{service}: {patch.label}": f"expected {patch.fingerprint}, moto has {given}"
            for service, patch, given in found
            if given != patch.fingerprint
        }

    def stop_work(self) -> None:
        for hook in [hook for patched in self._patches for hook in patched.at_reset]:
            hook()

    def _control(self, name: str, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if name not in self._commands:
            return _answer(start, "404 Not Found", f"unknown command; valid commands are {sorted(self._commands)}")
        arguments = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or "{}")
        return _answer(start, "200 OK", self._commands[name](**arguments))


def _answer(start: Start, status: str, body: Any) -> list[bytes]:
    encoded = json.dumps(body).encode()
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(encoded)))])
    return [encoded]


def _set_environment(port: int) -> None:
    os.environ |= {
        # moto reads its settings when it is imported: https://docs.getmoto.org/en/latest/docs/configuration/
        "MOTO_PORT": str(port),
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _create_backend(service: str) -> Any:
    """Creates a service's application without the checks of Flask's debug mode, which reads every form again."""
    from moto.moto_server.werkzeug_app import create_backend_app

    application = create_backend_app(service)
    application.debug = False
    application.config["PROPAGATE_EXCEPTIONS"] = True
    return application


def _cache_lookups() -> None:
    """Replaces what is slow and happens for every request; caches service modules, host patterns and partitions."""
    import http.client

    from moto import backends
    from moto.core import request, responses, utils
    from moto.iam import models
    from moto.moto_api._internal.moto_random import MotoRandom
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication as Dispatcher

    from test.emulator.connections import parse_headers

    http.client.parse_headers = parse_headers
    MotoRandom.get_random_string = _random_string  # type: ignore[method-assign]
    modules = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    Dispatcher.get_backend_for_host = cache(Dispatcher.get_backend_for_host)  # type: ignore[method-assign]
    # Each loader lists the folders of all services again.
    utils.create_loader = cache(utils.create_loader)
    request.environ_key_for_header = cache(request.environ_key_for_header)
    responses.method_names_from_class = cache(responses.method_names_from_class)
    models.PARTITION_NAMES = ["aws"]


def _random_string(self: Any, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
    characters = string.ascii_letters + (string.digits if include_digits else "")
    chosen = "".join(self.choices(characters, k=length))
    return chosen.lower() if lower_case else chosen


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(socket.socket(fileno=int(sys.argv[1])))
