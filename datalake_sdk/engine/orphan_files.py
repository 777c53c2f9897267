"""Finds orphan files: files below a table's location that its metadata does not refer to.

Expired snapshots, conflicting commit attempts and killed writers leave them behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pyiceberg.catalog import Catalog
from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table

from datalake_sdk.engine.locations import location_key
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import UnlistedFilesError

_HADOOP_VERSION = "version-hint.text"
"""File with the current metadata version of a table without a catalog."""


class StoredFile(Protocol):
    """A file of the table's storage."""

    @property
    def location(self) -> str:
        """Location with a scheme, like the table's."""

    @property
    def size(self) -> int:
        """Size in bytes."""

    @property
    def modified_ms(self) -> float:
        """Time of the last modification, in milliseconds since 1970."""


def find_orphan_files(
    catalog: Catalog, table: Table, list_files: Callable[[], Iterable[StoredFile]], before_ms: float
) -> list[StoredFile]:
    """Finds orphan files.

    The table is loaded again after the listing, to include the files of concurrent commits.

    Args:
        catalog: Catalog of the table.
        table: The current table.
        list_files: Lists the files below the table's location.
        before_ms: Time in milliseconds since 1970; files modified later are never orphans.

    Raises:
        UnlistedFilesError: The listing lacks files of the table and cannot be trusted.
    """
    listed = {location_key(file.location): file for file in list_files()}
    old = {key: file for key, file in listed.items() if file.modified_ms < before_ms}
    if not old:
        return []
    references = _References(table.io)
    used_before = references.of(table)
    current = load_if_exists(catalog, table.name())
    if current is None or current.metadata.table_uuid != table.metadata.table_uuid:
        return []
    used = references.of(current)
    _check_listing(current, used & used_before, listed)
    return [file for key, file in old.items() if key not in used and not key.endswith(_HADOOP_VERSION)]


def _check_listing(table: Table, used: Iterable[str], listed: Iterable[str]) -> None:
    location = location_key(table.location()).rstrip("/") + "/"
    missing = {key for key in used if key.startswith(location)}.difference(listed)
    missing.difference_update(location_key(entry.metadata_file) for entry in table.metadata.metadata_log)
    if missing:
        raise UnlistedFilesError(".".join(table.name()), sorted(missing))


class _References:
    """Collects the files that table versions refer to; reads each manifest once."""

    def __init__(self, io: FileIO) -> None:
        self._io = io
        self._lists: dict[str, list[ManifestFile]] = {}
        self._files: dict[str, list[str]] = {}

    def of(self, table: Table) -> set[str]:
        """Normalized locations of all metadata, data and delete files of all snapshots."""
        return {location_key(location) for location in self._locations(table)}

    def _locations(self, table: Table) -> Iterator[str]:
        metadata = table.metadata
        yield table.metadata_location
        yield from (entry.metadata_file for entry in metadata.metadata_log)
        yield from (file.statistics_path for file in (*metadata.statistics, *metadata.partition_statistics))
        for snapshot in metadata.snapshots:
            yield snapshot.manifest_list
            if snapshot.manifest_list not in self._lists:
                self._lists[snapshot.manifest_list] = snapshot.manifests(self._io)
            for manifest in self._lists[snapshot.manifest_list]:
                yield manifest.manifest_path
                yield from self._listed(manifest)

    def _listed(self, manifest: ManifestFile) -> list[str]:
        if manifest.manifest_path not in self._files:
            entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
            self._files[manifest.manifest_path] = [entry.data_file.file_path for entry in entries]
        return self._files[manifest.manifest_path]
