"""The dlt source that all sides of `rest_api` load."""

from __future__ import annotations

from typing import Any

from dlt.extract import DltSource
from dlt.sources.rest_api import rest_api_source


def source(url: str, **hints: Any) -> DltSource:
    """Returns the source of the rows that `benchmark.rest_api` serves.

    Args:
        url: Address of the server.
        hints: Further hints of the resource.
    """
    resource = {"name": "rows", "endpoint": {"path": "rows", "data_selector": "rows"}, **hints}
    client = {"base_url": url, "paginator": {"type": "page_number", "base_page": 0, "total_path": "pages"}}
    configuration: Any = {"client": client, "resources": [resource]}
    return rest_api_source(configuration)
