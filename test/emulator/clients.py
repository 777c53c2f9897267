"""AWS clients with which emulated services call each other, with a role's session so that IAM sees the caller."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from test.emulator.patching import ServicePatches
from test.emulator.processes import assume_role

PATCHES = ServicePatches("clients")

_clients: dict[tuple[str, str, str | None], Any] = {}
_lock = threading.Lock()


def client(service: str, region: str, role_arn: str | None = None) -> Any:
    """Returns a client of the emulator.

    Args:
        service: boto3's name of the service.
        region: Region of the resource.
        role_arn: Role that calls; None uses the account's root user, which may do anything.
    """
    key = (service, region, role_arn)
    with _lock:
        if key not in _clients:
            _clients[key] = _new(*key)
        return _clients[key]


@PATCHES.on_reset
def _clear() -> None:
    with _lock:
        _clients.clear()


@cache
def _session() -> Any:
    """Returns a session shared by all clients: it caches the service models, which are slow to load."""
    import boto3

    return boto3.Session()


def _new(service: str, region: str, role_arn: str | None) -> Any:
    from botocore.config import Config

    return _session().client(
        service,
        region_name=region,
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        config=Config(
            # Step Functions passes on the parameters of a definition; the service validates them.
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            read_timeout=900,
            max_pool_connections=50,
            s3={"addressing_style": "path"},
        ),
        **(assume_role(role_arn, "aws-service").client_arguments if role_arn else {}),
    )
