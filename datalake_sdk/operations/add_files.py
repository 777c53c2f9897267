"""Registers existing Parquet files in a table without copying them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from datalake_sdk import naming
from datalake_sdk.engine.locations import is_inside, location_key
from datalake_sdk.engine.registered_files import add_files as add_to_table
from datalake_sdk.engine.write_transaction import Target, load_if_exists
from datalake_sdk.errors import NoRegistrationError, UnregistrableFilesError
from datalake_sdk.inputs.paths import STANDARD_INPUT, input_files
from datalake_sdk.inputs.remote_files import SCHEME
from datalake_sdk.operations.ingest import IngestionResult, result_of
from datalake_sdk.operations.quarantine.finish import finish_quarantine
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionRequest


def add_files(platform: Platform, request: IngestionRequest, paths: Sequence[str]) -> IngestionResult:
    """Registers existing Parquet files in one commit, creating the table if it does not exist.

    The SDK never deletes files outside the table's own location. Their owner must keep them as long as a snapshot of
    the table refers to them.

    Args:
        platform: Platform that holds the table.
        request: Table, ingestion id and, for a new table, its partition keys; the mode is append.
        paths: Files, folders or glob patterns, local or `s3://`, in the data location of the environment.

    Raises:
        NoRegistrationError: The tables are in a table bucket.
        UnregistrableFilesError: Files cannot be registered; all of them are listed, and the table is unchanged.
        DatalakeError: An input does not exist, or the commit failed; the table is unchanged.
    """
    if platform.capabilities.managed_storage:
        raise NoRegistrationError(str(request.table))
    start = time.monotonic()
    naming.check_not_quarantine("table_name", request.table.table)
    locations = list(dict.fromkeys(location for path in paths for location in _locations(platform, path)))
    target = Target(request.table.identifier(platform.environment), platform.table_location(request.table), request)
    with platform.service_errors():
        _check_locations(platform, target, locations)
        added = add_to_table(platform.catalog, target, locations)
        if added.quarantine_is_pending:
            finish_quarantine(platform, request.table)
    return result_of(target, added, round(time.monotonic() - start, 3))


def _locations(platform: Platform, path: str) -> list[str]:
    if path == STANDARD_INPUT:
        raise UnregistrableFilesError("standard input", 1, ["-: is not a file"])
    return [_location(platform, file.name) for file in input_files(path, platform.input_filesystem)]


def _location(platform: Platform, name: str) -> str:
    """Location of a file as the table refers to it; objects in the data bucket of an embedded lake are local files."""
    bucket = f"{SCHEME}{platform.environment.data_bucket}/"
    if name.startswith(bucket):
        return f"{platform.data_location}/{name.removeprefix(bucket)}"
    return name if name.startswith(SCHEME) else f"file://{Path(name).resolve()}"


def _check_locations(platform: Platform, target: Target, locations: Sequence[str]) -> None:
    problems = [f"{location}: {reason}" for location in locations if (reason := _reason(platform, target, location))]
    if problems:
        raise UnregistrableFilesError(target.name, len(locations), problems)


def _reason(platform: Platform, target: Target, location: str) -> str:
    """Why readers of the table cannot rely on a file; empty if they can."""
    root = platform.data_location
    if not is_inside(location, root):
        return f"is not in '{root}', to which readers of the environment's tables have access"
    folders = location_key(location).removeprefix(location_key(root)).strip("/").split("/")
    if len(folders) <= 2 or is_inside(location, target.location):
        return ""
    identifier = (platform.environment.database_prefix + folders[0], folders[1])
    other = load_if_exists(platform.catalog, identifier)
    is_of_other = other is not None and is_inside(location, other.location())
    return f"belongs to {'.'.join(identifier)}, which deletes it when it is replaced" if is_of_other else ""
