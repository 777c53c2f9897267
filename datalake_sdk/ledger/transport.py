"""Sends events to the OpenLineage endpoint that the standard environment variables set.

https://openlineage.io/docs/client/python/configuration
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from datalake_sdk.errors import MissingExtraError

THREAD_NAME = "ledger"
"""Name of the threads that send events."""
_ENDPOINTS = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT")
_TRUE = "true"


def send_to_endpoint(event: Mapping[str, Any]) -> None:
    """Sends an event, if an endpoint is set.

    Raises:
        MissingExtraError: An endpoint is set, but openlineage-python is not installed.
        Exception: The transport cannot send the event.
    """
    if is_enabled(os.environ):
        _transport().emit(event)


def is_enabled(variables: Mapping[str, str]) -> bool:
    """Whether environment variables set an endpoint."""
    if variables.get("OPENLINEAGE_DISABLED", "").lower() == _TRUE:
        return False
    return any(name.startswith(_ENDPOINTS) and value for name, value in variables.items())


@cache
def _transport() -> Any:
    """Returns the transport, imported on first use, since the import takes a quarter of a second."""
    if find_spec("openlineage") is None:
        raise MissingExtraError("openlineage", "openlineage")
    from openlineage.client import OpenLineageClient

    # urllib3 logs a warning for each retry; a failure is reported once.
    logging.getLogger("urllib3.connectionpool").addFilter(_is_of_another_thread)
    return OpenLineageClient().transport


def _is_of_another_thread(record: logging.LogRecord) -> bool:
    return record.threadName != THREAD_NAME
