"""The operation that `datalake_sdk ingest` calls, with the modules that it imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datalake_sdk.cli.imports import import_arrow_alone

import_arrow_alone()

from datalake_sdk.inputs.options import FileInput  # noqa: E402
from datalake_sdk.operations.ingest import ingest  # noqa: E402
from datalake_sdk.platforms.local.platform import LocalPlatform  # noqa: E402
from datalake_sdk.platforms.select import resolve_environment  # noqa: E402
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName  # noqa: E402

TABLE = TableName("bench", "rows")


def append(folder: str, path: str, partition_keys: Sequence[str] = ()) -> None:
    """Files into a table, which it creates."""
    _ingest(folder, path, IngestionRequest(TABLE, partition_keys=tuple(partition_keys)))


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Files into a table that has rows."""
    _ingest(folder, path, IngestionRequest(TABLE, IngestionMode.UPSERT, tuple(keys)))


def platform(folder: str) -> LocalPlatform:
    """The lake of a folder."""
    return LocalPlatform(resolve_environment(None, None, None, local_root=folder), Path(folder))


def _ingest(folder: str, path: str, request: IngestionRequest) -> None:
    ingest(platform(folder), request, FileInput(path))
