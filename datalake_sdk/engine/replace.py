"""One snapshot that changes files but no row: operation `replace`, with few manifests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntry, ManifestFile
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation

from datalake_sdk.engine.row_delta import RowDelta

_MANIFEST_BYTES = 8 << 20
_MANIFEST_ENTRIES = 20_000
"""About as many as fill a manifest of Iceberg's target size, `_MANIFEST_BYTES`."""


def mergeable_manifests(manifests: Iterable[ManifestFile], min_count: int) -> list[list[ManifestFile]]:
    """Groups of small live manifests of one kind and spec that are worth being one."""
    groups: dict[tuple[ManifestContent, int], list[ManifestFile]] = defaultdict(list)
    for manifest in manifests:
        is_live = manifest.has_added_files() or manifest.has_existing_files()
        if is_live and manifest.manifest_length < _MANIFEST_BYTES:
            groups[manifest.content, manifest.partition_spec_id].append(manifest)
    return [group for group in groups.values() if len(group) >= max(min_count, 2)]


class Replace(RowDelta):
    """A replace snapshot; entries that stay keep their sequence numbers and snapshots.

    Args:
        transaction: Of the table as it is.
        added: Data files of the current spec.
        removed: Data and delete files of the base snapshot.
        summary: Entries for the snapshot's summary.
        min_manifests: Manifests of a kind from which on they are merged.
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

    def _existing_manifests(self) -> list[ManifestFile]:
        snapshot = self._transaction.table_metadata.snapshot_by_name(self._target_branch)
        manifests = self._live(snapshot.manifests(self._io) if snapshot else [])
        groups = mergeable_manifests(manifests, self._min_manifests)
        grouped = {manifest.manifest_path for group in groups for manifest in group}
        missing = set(self._deleted_data_files)
        kept = [self._without_removed(file, missing) for file in manifests if file.manifest_path not in grouped]
        merged = [file for group in groups for file in self._merged(group, missing)]
        self.merged_manifests = len(grouped)
        if missing:
            raise ValidationException(f"files to remove are gone: {sorted(file.file_path for file in missing)}")
        return kept + merged

    def _merged(self, group: Sequence[ManifestFile], missing: set[DataFile]) -> Iterator[ManifestFile]:
        entries = (entry for file in group for entry in file.fetch_manifest_entry(self._io, discard_deleted=True))
        while chunk := list(islice(entries, _MANIFEST_ENTRIES)):
            missing.difference_update(entry.data_file for entry in chunk)
            yield self._rewritten(group[0], chunk)

    def _rewritten(self, like: ManifestFile, entries: Sequence[ManifestEntry]) -> ManifestFile:
        with self._writer(like.content, like.partition_spec_id) as writer:
            for entry in entries:
                writer.add_entry(self._entry(entry, entry.data_file in self._deleted_data_files))
        return writer.to_manifest_file()
