"""Finds the current metadata file of a table whose catalog entry is lost."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pyiceberg.exceptions import ValidationError
from pyiceberg.table import StaticTable, Table

from datalake_sdk.engine.locations import location_key
from datalake_sdk.errors import (
    AmbiguousMetadataError,
    MissingSnapshotError,
    NoMetadataError,
    UnreadableMetadataError,
)

METADATA_FOLDER = "metadata"
_FILE_NAME = re.compile(r".*/v?(\d+)([-.][^/]*)?\.metadata\.json")
"""Names that engines give to metadata files: https://iceberg.apache.org/spec/#metastore-tables."""


class MetadataFile(Protocol):
    """A file of the table's storage."""

    @property
    def location(self) -> str:
        """Location with a scheme."""

    @property
    def modified_ms(self) -> float:
        """Time of the last modification, in milliseconds since 1970."""


def read_metadata(location: str, properties: Mapping[str, str]) -> Table:
    """Reads a table from a metadata file.

    Args:
        location: Location of the file.
        properties: Properties of the catalog, for access to storage.

    Raises:
        UnreadableMetadataError: The file does not exist or is not a metadata file.
    """
    if not _FILE_NAME.fullmatch(location):
        raise UnreadableMetadataError(location, "its name is not that of a metadata file, NNNNN-UUID.metadata.json")
    try:
        return StaticTable.from_metadata(location, dict(properties))
    except FileNotFoundError as error:
        raise UnreadableMetadataError(location, "the file does not exist") from error
    except (ValidationError, ValueError, EOFError, OSError, zlib.error) as error:
        raise UnreadableMetadataError(location, _reason(error)) from error


def find_current_metadata(location: str, files: Iterable[MetadataFile], properties: Mapping[str, str]) -> Table:
    """Reads a table from the newest metadata file in its location.

    A commit writes a metadata file with the next version, then changes the catalog. The newest file is therefore the
    current one, unless it was left by an attempt that failed. Failed attempts remove their manifests, so files without
    a readable current snapshot are skipped.

    Args:
        location: Location of the table.
        files: Files in its metadata folder.
        properties: Properties of the catalog, for access to storage.

    Raises:
        NoMetadataError: There is no metadata file.
        UnreadableMetadataError: The newest file is not a metadata file.
        AmbiguousMetadataError: Several files may be the newest.
        MissingSnapshotError: No file has a readable current snapshot.
    """
    found = [file for file in files if _FILE_NAME.fullmatch(file.location)]
    if not found:
        raise NoMetadataError(location)
    remaining = found
    while remaining:
        newest = _newest(remaining)
        tables = [read_metadata(file.location, properties) for file in newest]
        current = _without_predecessors([table for table in tables if _has_current_snapshot(table)])
        if len(current) > 1:
            raise AmbiguousMetadataError(location, sorted(table.metadata_location for table in current))
        if current:
            return current[0]
        remaining = [file for file in remaining if file not in newest]
    raise MissingSnapshotError(location, sorted(file.location for file in found))


def _reason(error: Exception) -> str:
    """Returns the message of an error; that of an invalid document has its first problem on the following lines."""
    first, *problem = str(error).splitlines() or [type(error).__name__]
    if "validation error" not in first:
        return first
    details = [line.strip() for line in problem if not line.strip().startswith("For further information")][:2]
    return ": ".join(details).partition(" [type=")[0] or first


def _newest(files: Sequence[MetadataFile]) -> list[MetadataFile]:
    """Files with the highest version, and those modified last: they differ if a table was created again."""
    version = max(map(_version, files))
    modified = max(file.modified_ms for file in files)
    return [file for file in files if _version(file) == version or file.modified_ms == modified]


def _version(file: MetadataFile) -> int:
    match = _FILE_NAME.fullmatch(file.location)
    return int(match[1]) if match else -1


def _without_predecessors(tables: Sequence[Table]) -> list[Table]:
    logged = {location_key(entry.metadata_file) for table in tables for entry in table.metadata.metadata_log}
    return [table for table in tables if location_key(table.metadata_location) not in logged]


def _has_current_snapshot(table: Table) -> bool:
    snapshot = table.current_snapshot()
    return snapshot is None or table.io.new_input(snapshot.manifest_list).exists()
