"""Files below a table's location that no snapshot refers to: of expired snapshots, of lost tries and killed writers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pyiceberg.catalog import Catalog
from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table

from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import UnlistedFilesError

_HADOOP_VERSION = "version-hint.text"
"""Where a table without catalog says which metadata is current."""


class StoredFile(Protocol):
    """A file of the table's storage."""

    @property
    def location(self) -> str:
        """With scheme, as the table's location."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def modified_ms(self) -> float:
        """Milliseconds since 1970."""


def find_orphan_files(
    catalog: Catalog, table: Table, list_files: Callable[[], Iterable[StoredFile]], before_ms: float
) -> list[StoredFile]:
    """Finds the files that may go.

    The table is read again after its files were listed, so that what a writer commits meanwhile is referred to.

    Args:
        catalog: Where the table is.
        table: As it is now.
        list_files: Lists the files below the table's location.
        before_ms: Files that were modified later stay, whoever refers to them.

    Raises:
        UnlistedFilesError: Files of the table are not in the listing, so that the listing cannot be relied on.
    """
    listed = {_key(file.location): file for file in list_files()}
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
    location = _key(table.location()).rstrip("/") + "/"
    missing = {key for key in used if key.startswith(location)}.difference(listed)
    missing.difference_update(_key(entry.metadata_file) for entry in table.metadata.metadata_log)
    if missing:
        raise UnlistedFilesError(".".join(table.name()), sorted(missing))


def _key(location: str) -> str:
    """One spelling for `file:/a` and `file:///a`, and for `s3://b/a` and `s3a://b/a`."""
    return re.sub(r"^s3[an]:", "s3:", re.sub(r"^file:(//)?", "", location))


class _References:
    """What table versions refer to; each manifest is read once."""

    def __init__(self, io: FileIO) -> None:
        self._io = io
        self._lists: dict[str, list[ManifestFile]] = {}
        self._files: dict[str, list[str]] = {}

    def of(self, table: Table) -> set[str]:
        """Keys of all files of metadata, data and deletes, of every snapshot."""
        return {_key(location) for location in self._locations(table)}

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
