"""dlt source of files, which the readers of `datalake_sdk.inputs` read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltSource

from datalake_sdk.dlt_sources.connectors import Files, Loading
from datalake_sdk.errors import NoInputFilesError
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.remote_files import SCHEME
from datalake_sdk.operations.read import read_files
from datalake_sdk.platforms.base import Platform

_EPOCH = datetime.fromtimestamp(0, UTC)


def source_of(
    platform: Platform, table: str, files: Files, loading: Loading, types: Mapping[str, pa.DataType]
) -> DltSource:
    """Returns a source with one resource, which yields the rows of the files.

    With `replace`, every load reads all files.

    Args:
        platform: Opens the storage of `s3://` paths.
        table: Name of the resource.
        files: The files.
        loading: How their rows are written.
        types: Types of the columns of the table; inference starts from them.

    Raises:
        NoInputFilesError: No file matches.
        InputNotFoundError: The path does not exist.
    """
    found = _found(platform, files)
    options = replace(files.options, types={**types, **files.options.types})
    is_incremental = loading.disposition != "replace"

    def read(item: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        yield from read_files(platform, str(item["name"]), options)

    listing = dlt.resource(found, name=f"{table}_files", selected=False, primary_key=("name", "modified_at"))
    if is_incremental:
        listing.apply_hints(incremental=dlt.sources.incremental("modified_at", initial_value=_EPOCH))
    rows = dlt.transformer(
        read,
        data_from=listing,
        name=table,
        write_disposition=loading.disposition,  # type: ignore[call-overload]
        primary_key=list(loading.primary_key) or None,
    )
    return dlt.source(lambda: [listing, rows], name=table)()


def _found(platform: Platform, files: Files) -> list[dict[str, Any]]:
    names = [file.name for file in input_files(files.path, platform.input_filesystem)]
    matching = [name for name in names if fnmatch(name.rpartition("/")[2], files.glob)]
    if not matching:
        raise NoInputFilesError(files.path, f"contains no file that matches '{files.glob}'")
    found = [{"name": name, "modified_at": _modified_at(platform, name)} for name in matching]
    return sorted(found, key=lambda file: (file["modified_at"], file["name"]))


def _modified_at(platform: Platform, name: str) -> datetime:
    if not name.startswith(SCHEME):
        return datetime.fromtimestamp(Path(name).stat().st_mtime, UTC)
    information = platform.input_filesystem(name).get_file_info(name.removeprefix(SCHEME))
    modified: datetime = information.mtime
    return modified
