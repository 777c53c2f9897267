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
from pyiceberg.table.snapshots import Snapshot

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
    current = load_if_exists(catalog, table.name())
    if current is None or current.metadata.table_uuid != table.metadata.table_uuid:
        return []
    references = _References(current.io)
    snapshots = current.metadata.snapshots
    # Another maintenance may have removed the files of snapshots that have expired since the table was loaded.
    before = references.of(snapshot for snapshot in snapshots if table.snapshot_by_id(snapshot.snapshot_id))
    _check_listing(current, before | (_metadata_files(table) & _metadata_files(current)), listed)
    earlier = {location_key(entry.metadata_file) for entry in current.metadata.metadata_log}
    used = references.of(snapshots) | _metadata_files(current) | earlier
    return [file for key, file in old.items() if key not in used and not key.endswith(_HADOOP_VERSION)]


def _check_listing(table: Table, used: Iterable[str], listed: Iterable[str]) -> None:
    location = location_key(table.location()).rstrip("/") + "/"
    missing = {key for key in used if key.startswith(location)}.difference(listed)
    if missing:
        raise UnlistedFilesError(".".join(table.name()), sorted(missing))


def _metadata_files(table: Table) -> set[str]:
    """Normalized locations of the current metadata file and the statistics."""
    files = (*table.metadata.statistics, *table.metadata.partition_statistics)
    return {location_key(location) for location in (table.metadata_location, *(file.statistics_path for file in files))}


class _References:
    """Collects the files of snapshots; reads each manifest once."""

    def __init__(self, io: FileIO) -> None:
        self._io = io
        self._lists: dict[str, list[ManifestFile]] = {}
        self._files: dict[str, list[str]] = {}

    def of(self, snapshots: Iterable[Snapshot]) -> set[str]:
        """Normalized locations of the manifest lists, manifests, data files and delete files of snapshots."""
        return {location_key(location) for snapshot in snapshots for location in self._locations(snapshot)}

    def _locations(self, snapshot: Snapshot) -> Iterator[str]:
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
