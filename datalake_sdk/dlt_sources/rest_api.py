"""dlt source of a REST API."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from typing import Any

from dlt.extract import DltSource
from dlt.sources.helpers.requests import Client
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.config_setup import PAGINATOR_MAP

from datalake_sdk.dlt_sources.connectors import Loading, RestApi
from datalake_sdk.errors import InvalidSettingError, listed

PAGINATORS = tuple(name for name in PAGINATOR_MAP if name != "json_response")
"""Without the deprecated name of `json_link`."""


def source_of(table: str, api: RestApi, loading: Loading, resources: ExitStack) -> DltSource:
    """Returns a source with one resource.

    Args:
        table: Name of the resource.
        api: The API.
        loading: How its rows are written.
        resources: Closes the connections.

    Raises:
        InvalidSettingError: The paginator does not exist or has no such option.
    """
    _check_paginator(api)
    session = Client(raise_for_status=False).session
    resources.callback(session.close)
    client: dict[str, Any] = {"base_url": api.url, "headers": dict(api.headers), "session": session}
    if api.token is not None:
        client["auth"] = {"type": "bearer", "token": api.token}
    if api.paginator != "auto":
        client["paginator"] = {"type": api.paginator, **api.paginator_options}
    resource: dict[str, Any] = {
        "name": table,
        "write_disposition": loading.disposition,
        "primary_key": list(loading.primary_key) or None,
        "endpoint": _endpoint(api, loading),
    }
    configuration: Any = {"client": client, "resources": [resource]}
    found = rest_api_source(configuration, name=table)
    if api.max_pages is not None:
        found.resources[table].add_limit(api.max_pages)
    return found


def _endpoint(api: RestApi, loading: Loading) -> dict[str, Any]:
    parameters = dict(api.parameters)
    endpoint: dict[str, Any] = {"path": api.path, "params": parameters}
    if api.data_selector is not None:
        endpoint["data_selector"] = api.data_selector
    if loading.cursor is not None:
        endpoint["incremental"] = {"cursor_path": loading.cursor, "initial_value": loading.initial_value}
        if api.cursor_parameter is not None:
            parameters[api.cursor_parameter] = "{incremental.start_value}"
    return endpoint


def _check_paginator(api: RestApi) -> None:
    if api.paginator not in PAGINATORS:
        raise InvalidSettingError("--paginator", api.paginator, f"one of {', '.join(PAGINATORS)}")
    kind = PAGINATOR_MAP[api.paginator]
    valid = [] if kind is None else [name for name in inspect.signature(kind).parameters if name != "page"]
    for name in api.paginator_options:
        if name not in valid:
            rule = f"one of {listed(valid)}" if valid else "left out: this paginator has no options"
            raise InvalidSettingError(f"--paginator-option of {api.paginator}", name, rule)
