"""Snapshots with operation `replace`: they change files and manifests, but no rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntry, ManifestFile
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation

from datalake_sdk.engine.row_delta import RowDelta

_MANIFEST_BYTES = 8 << 20
"""Iceberg's default target size: https://iceberg.apache.org/docs/latest/configuration/#table-behavior-properties"""
_MANIFEST_ENTRIES = 20_000
"""Approximate number of entries in a manifest of `_MANIFEST_BYTES`."""
_SMALL = 0.5
"""Manifests above this share of a full one are not merged again."""


def mergeable_manifests(manifests: Iterable[ManifestFile], min_count: int) -> list[list[ManifestFile]]:
    """Groups of small live manifests with the same content and spec that are worth merging.

    Args:
        manifests: Manifests of one snapshot.
        min_count: Minimum number of manifests in a group.
    """
    groups: dict[tuple[ManifestContent, int], list[ManifestFile]] = defaultdict(list)
    for manifest in manifests:
        is_live = manifest.has_added_files() or manifest.has_existing_files()
        if is_live and _is_small(manifest):
            groups[manifest.content, manifest.partition_spec_id].append(manifest)
    return [group for group in groups.values() if len(group) >= max(min_count, 2)]


def _is_small(manifest: ManifestFile) -> bool:
    entries = (manifest.added_files_count or 0) + (manifest.existing_files_count or 0)
    return manifest.manifest_length < _SMALL * _MANIFEST_BYTES and entries < _SMALL * _MANIFEST_ENTRIES


class Replace(RowDelta):
    """A replace snapshot; existing entries retain their sequence numbers and snapshot ids.

    Args:
        transaction: Transaction on the current table.
        added: Data files of the current spec.
        removed: Data and delete files of the parent snapshot.
        summary: Additional entries for the snapshot's summary.
        min_manifests: Minimum number of manifests of one content and spec to merge.
    """

    def __init__(
        self,
        transaction: Transaction,
        added: Iterable[DataFile],
        removed: Iterable[DataFile],
        summary: Mapping[str, str],
        min_manifests: int,
    ) -> None:
        super().__init__(transaction, added, removed, summary, Operation.REPLACE)
        self._min_manifests = min_manifests
        self.merged_manifests = 0

    def manifests(self) -> list[ManifestFile]:
        manifests = self.live_manifests()
        groups = mergeable_manifests(manifests, self._min_manifests)
        grouped = {manifest.manifest_path for group in groups for manifest in group}
        missing = set(self.removed)
        added = [self.written(*group, entries) for group, entries in self.added_entries().items()]
        kept = [self._without_removed(file, missing) for file in manifests if file.manifest_path not in grouped]
        merged = [file for group in groups for file in self._merged(group, missing)]
        self.merged_manifests = len(grouped)
        self.check_all_found(missing)
        return added + kept + merged

    def _without_removed(self, manifest: ManifestFile, missing: set[DataFile]) -> ManifestFile:
        entries = self.entries_with_removed(manifest, missing)
        return manifest if entries is None else self.rewritten(manifest, entries)

    def _merged(self, group: Sequence[ManifestFile], missing: set[DataFile]) -> Iterator[ManifestFile]:
        entries = self._entries(group, missing)
        for first in entries:
            yield self.rewritten(group[0], chain([first], islice(entries, _MANIFEST_ENTRIES - 1)))

    def _entries(self, group: Iterable[ManifestFile], missing: set[DataFile]) -> Iterator[ManifestEntry]:
        for manifest in group:
            for entry in manifest.fetch_manifest_entry(self.io, discard_deleted=True):
                missing.discard(entry.data_file)
                yield entry
