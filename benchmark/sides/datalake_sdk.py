"""The operation that `datalake_sdk ingest` calls, with the modules that it imports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from datalake_sdk.cli.imports import import_arrow_without_pandas

import_arrow_without_pandas()

from datalake_sdk.inputs.options import FileInput  # noqa: E402
from datalake_sdk.operations.ingest import ingest  # noqa: E402
from datalake_sdk.parallel import THREADS_VARIABLE  # noqa: E402
from datalake_sdk.platforms.local.platform import LocalPlatform  # noqa: E402
from datalake_sdk.platforms.select import resolve_environment  # noqa: E402
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName  # noqa: E402

TABLE = TableName("bench", "rows")


def append(folder: str, path: str, partition_keys: Sequence[str] = ()) -> None:
    """Creates a table from files."""
    _ingest(folder, path, IngestionRequest(TABLE, partition_keys=tuple(partition_keys)))


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts files into a table."""
    _ingest(folder, path, IngestionRequest(TABLE, IngestionMode.UPSERT, tuple(keys)))


def with_threads(folder: str, threads: int, function: str, *arguments: object) -> None:
    """Calls a function of this module with a number of threads."""
    os.environ[THREADS_VARIABLE] = str(threads)
    {"append": append, "upsert": upsert}[function](folder, *arguments)  # type: ignore[operator]


def platform(folder: str) -> LocalPlatform:
    """The platform of an embedded lake."""
    return LocalPlatform(resolve_environment(None, None, None, local_root=folder), Path(folder))


def _ingest(folder: str, path: str, request: IngestionRequest) -> None:
    ingest(platform(folder), request, FileInput(path))
