"""The operation that `datalake_sdk ingest` calls, with the modules that it imports."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datalake_sdk.cli.imports import import_libraries

import_libraries()

from datalake_sdk.contracts.parsing import parse_table  # noqa: E402
from datalake_sdk.errors import ContractViolatedError  # noqa: E402
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


def append_with_contract(folder: str, path: str, contract: Mapping[str, Any]) -> None:
    """Creates a table with a contract from files."""
    _ingest(folder, path, IngestionRequest(TABLE, configuration=parse_table("benchmark", dict(contract))))


def rejected(folder: str, path: str, contract: Mapping[str, Any]) -> int:
    """Tries to create a table from files that violate a contract, and returns the number of published rows."""
    try:
        append_with_contract(folder, path, contract)
    except ContractViolatedError:
        return 0 if not platform(folder).catalog.table_exists(("dev_bench", "rows")) else 1
    raise SystemExit("rows that violate the contract were published")


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
