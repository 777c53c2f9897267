"""The destination that dlt normalizes for: its capabilities, and the state stored in the tables.

dlt only extracts and normalizes; the commits are made by `load`.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

# https://dlthub.com/docs/reference/telemetry
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
# Compression takes a fifth of the CPU time of a load, for files that are read once.
# https://dlthub.com/docs/reference/performance
os.environ.setdefault("DATA_WRITER__DISABLE_COMPRESSION", "true")

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import CredentialsConfiguration
from dlt.common.destination import Destination, DestinationCapabilitiesContext
from dlt.common.destination.client import (
    DestinationClientDwhConfiguration,
    JobClientBase,
    LoadJob,
    StateInfo,
    StorageSchemaInfo,
    WithStateSync,
)
from dlt.common.versioned_state import compress_state, generate_state_version_hash

from datalake_sdk.dlt_sources.bookmarks import Bookmark, restored_state


@configspec
class LakeConfiguration(DestinationClientDwhConfiguration):
    """Configuration of the destination, which needs no credentials."""

    destination_type: Final[str] = dataclasses.field(  # type: ignore[misc]
        default="lake", init=False, repr=False, compare=False
    )
    credentials: CredentialsConfiguration | None = None


class Lake(Destination[LakeConfiguration, "LakeClient"]):
    """Destination of a pipeline.

    Args:
        bookmarks: Bookmark of each table that the pipeline has written.
    """

    spec = LakeConfiguration

    def __init__(self, bookmarks: Mapping[str, Bookmark]) -> None:
        self._bookmarks = bookmarks
        super().__init__(destination_name="lake")

    @property
    def client_class(self) -> type[LakeClient]:
        return LakeClient

    def client(self, schema: Any, initial_config: Any = None) -> LakeClient:
        client: LakeClient = super().client(schema, initial_config)
        client.bookmarks = self._bookmarks
        return client

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        # `hints` rejects all but upsert, with the name of the table.
        strategies: Any = ["upsert", "delete-insert", "scd2", "insert-only"]
        capabilities = DestinationCapabilitiesContext.generic_capabilities(
            "jsonl", supported_merge_strategies=strategies
        )
        capabilities.supported_loader_file_formats = ["jsonl", "parquet"]
        capabilities.naming_convention = "snake_case"
        capabilities.has_case_sensitive_identifiers = False
        capabilities.supports_nested_types = True
        capabilities.max_table_nesting = 0
        capabilities.timestamp_precision = 6
        return capabilities


class LakeClient(JobClientBase, WithStateSync):
    """Restores state and schemas; dlt never loads with it."""

    bookmarks: Mapping[str, Bookmark]

    def get_stored_state(self, pipeline_name: str) -> StateInfo | None:
        state = restored_state(self.bookmarks)
        if state is None:
            return None
        state["_version_hash"] = generate_state_version_hash(state, ["_local"])  # type: ignore[arg-type]
        return StateInfo(
            version=state["_state_version"],
            engine_version=state["_state_engine_version"],
            pipeline_name=pipeline_name,
            state=compress_state(state),  # type: ignore[arg-type]
            created_at=datetime.now(UTC),
            version_hash=state["_version_hash"],
        )

    def get_stored_schema(self, schema_name: str | None = None) -> StorageSchemaInfo | None:
        stored = [mark for mark in self.bookmarks.values() if schema_name in (None, mark.schema["name"])]
        if not stored:
            return None
        schema = max(stored, key=lambda mark: float(mark.load_id)).schema
        return StorageSchemaInfo(
            schema["version_hash"],
            schema["name"],
            schema["version"],
            schema["engine_version"],
            datetime.now(UTC),
            json.dumps(schema),
        )

    def get_stored_schema_by_hash(self, version_hash: str) -> StorageSchemaInfo | None:  # type: ignore[override]
        stored = self.get_stored_schema()
        return stored if stored and stored.version_hash == version_hash else None

    def is_storage_initialized(self) -> bool:
        return True

    def initialize_storage(self, truncate_tables: Iterable[str] | None = None) -> None: ...

    def drop_storage(self) -> None: ...

    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> LoadJob:
        raise NotImplementedError

    def complete_load(self, load_id: str) -> None: ...

    def __enter__(self) -> LakeClient:
        return self

    def __exit__(self, *exception: object) -> None: ...
