"""Cache keys for pyiceberg's schemas, which are immutable but have no hash."""

from __future__ import annotations

from typing import Any


class ByIdentity:
    """Makes a schema part of a cache's key.

    Args:
        schema: The schema; the cache keeps it in memory, so that its id is not reused.
    """

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.schema is other.schema
