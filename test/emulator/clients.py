"""AWS clients with which emulated services call each other, with a role's session so that IAM sees the caller."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from test.emulator.access import RoleCredentials, ServiceRole, assume_as_role, assume_as_service, check_trust
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("clients")

_Key = tuple[str, str, ServiceRole | None, str | None]
_clients: dict[_Key, Any] = {}
_lock = threading.Lock()


def client(service: str, region: str, role: ServiceRole | None = None, next_role_arn: str | None = None) -> Any:
    """Returns a client of the emulator.

    Args:
        service: boto3's name of the service.
        region: Region of the resource.
        role: Role that calls, and the service that assumes it; None uses the account's root user, which may do
            anything.
        next_role_arn: Another role, which the first one assumes for the calls.

    Raises:
        RoleNotAssumableError: The role does not exist or does not trust the service.
        AccessDeniedError: The first role may not assume the other.
    """
    if role:
        check_trust(role)
    key = (service, region, role, next_role_arn)
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


def _new(service: str, region: str, role: ServiceRole | None, next_role_arn: str | None) -> Any:
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
        **(_credentials(role, next_role_arn).client_arguments if role else {}),
    )


def _credentials(role: ServiceRole, next_role_arn: str | None) -> RoleCredentials:
    return assume_as_role(role.arn, next_role_arn) if next_role_arn else assume_as_service(role)
