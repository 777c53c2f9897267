"""State of a dlt pipeline, stored as a table property by the commit that writes the rows it covers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any
from zlib import compress, decompress

from dlt.common.json import json

from datalake_sdk.errors import SourceStateSizeError

PROPERTY_PREFIX = "datalake_sdk_dlt_state_"
"""Incremental state of a [dlt source](dlt-sources.md), by the name of its pipeline."""
MAX_BYTES = 500_000
"""Glue accepts 512,000: https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html"""


@dataclass(frozen=True)
class Bookmark:
    """State after one load, as stored by each table of the load.

    Args:
        load_id: Id of the load: seconds since 1970, as text.
        resources: Name of the resource of each table with rows in the load.
        state: State of the pipeline after the extraction.
        schema: Schema of the source that the table belongs to.
    """

    load_id: str
    resources: Mapping[str, str]
    state: Mapping[str, Any]
    schema: Mapping[str, Any]

    def property_value(self, pipeline: str) -> str:
        """Encodes the bookmark.

        Raises:
            SourceStateSizeError: The catalog would reject the value.
        """
        # Cursors may be dates and decimals, which plain JSON does not have.
        text = b64encode(compress(json.typed_dumpb(asdict(self)))).decode()
        if len(text) > MAX_BYTES:
            raise SourceStateSizeError(pipeline, len(text), MAX_BYTES)
        return text


def stored_bookmark(pipeline: str, properties: Mapping[str, str]) -> Bookmark | None:
    """Decodes the bookmark in the properties of a table; None if the pipeline has not written the table."""
    text = properties.get(PROPERTY_PREFIX + pipeline)
    return None if text is None else Bookmark(**json.typed_loadb(decompress(b64decode(text))))


def restored_state(bookmarks: Mapping[str, Bookmark]) -> dict[str, Any] | None:
    """Combines the bookmarks of the tables to a state that covers only committed rows.

    A load that was killed may have committed some of its tables. The cursor of a resource is therefore taken from the
    newest load that committed all tables of the resource. All other state, and the cursor of a resource without a table
    such as the parent of a transformer, is taken from the newest load that committed all of its tables.

    Args:
        bookmarks: Bookmark of each table.

    Returns:
        State of the pipeline; None if there are no bookmarks.
    """
    newest_first = sorted(bookmarks.values(), key=lambda bookmark: float(bookmark.load_id), reverse=True)
    if not newest_first:
        return None
    complete = [bookmark for bookmark in newest_first if _is_committed(bookmark, bookmarks)]
    state = deepcopy(dict((complete or newest_first)[0].state))
    if not complete:
        state["sources"] = {}
    for source in state.get("sources", {}).values():
        source.pop("resources", None)
    for source, resource in _resources(newest_first):
        cursor = _newest_cursor(source, resource, newest_first, bookmarks)
        if cursor is not None:
            sources = state.setdefault("sources", {})
            sources.setdefault(source, {}).setdefault("resources", {})[resource] = deepcopy(cursor)
    return state


def _resources(bookmarks: list[Bookmark]) -> set[tuple[str, str]]:
    return {
        (source, resource)
        for bookmark in bookmarks
        for source, content in bookmark.state.get("sources", {}).items()
        for resource in content.get("resources", {})
    }


def _newest_cursor(
    source: str, resource: str, newest_first: list[Bookmark], bookmarks: Mapping[str, Bookmark]
) -> Mapping[str, Any] | None:
    for bookmark in newest_first:
        cursors = bookmark.state.get("sources", {}).get(source, {}).get("resources", {})
        if resource in cursors and _is_committed(bookmark, bookmarks, resource):
            cursor: Mapping[str, Any] = cursors[resource]
            return cursor
    return None


def _is_committed(bookmark: Bookmark, bookmarks: Mapping[str, Bookmark], resource: str | None = None) -> bool:
    """Whether all tables of the bookmark's load were committed, or those of one resource if it has any."""
    own = [table for table, name in bookmark.resources.items() if name == resource]
    tables = own or bookmark.resources
    return all(table in bookmarks and float(bookmarks[table].load_id) >= float(bookmark.load_id) for table in tables)
