"""Snapshots that add and remove data files and position-delete files in one commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
)
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation, SnapshotSummaryCollector, Summary, update_snapshot_summaries
from pyiceberg.typedef import Record

from datalake_sdk.engine.iceberg_internals import SnapshotProducer
from datalake_sdk.engine.partition_filter import PartitionFilter, filter_of

_JOINED_ENTRIES = 1_000
"""Up to this many entries are in one new manifest, which later commits read, instead of in several."""


class RowDelta(SnapshotProducer):
    """A snapshot that changes rows; the files to remove must be live in the parent snapshot.

    Args:
        transaction: Transaction in which schema and spec are already staged.
        added: Data files of the current spec and position-delete files of any spec.
        removed: Data and delete files of the parent snapshot.
        summary: Additional entries for the snapshot's summary.
        operation: Operation in the snapshot's summary; None is `delete` without data files to add, else `overwrite`.
    """

    def __init__(
        self,
        transaction: Transaction,
        added: Iterable[DataFile],
        removed: Iterable[DataFile],
        summary: Mapping[str, str],
        operation: Operation | None = None,
    ) -> None:
        self.added = list(added)
        super().__init__(operation or _operation(self.added), transaction, summary)
        self.removed = set(removed)

    def manifests(self) -> list[ManifestFile]:
        missing = set(self.removed)
        kept: list[ManifestFile] = []
        joined = self.added_entries()
        room = _JOINED_ENTRIES - len(self.added)
        for manifest in self.live_manifests():
            entries = self.entries_with_removed(manifest, missing)
            if entries is None:
                kept.append(manifest)
            elif len(entries) <= room:
                joined[manifest.content, manifest.partition_spec_id] += map(self._existing_or_deleted, entries)
                room -= len(entries)
            else:
                kept.append(self.rewritten(manifest, entries))
        self.check_all_found(missing)
        return [*(self.written(content, spec_id, entries) for (content, spec_id), entries in joined.items()), *kept]

    def added_entries(self) -> dict[tuple[ManifestContent, int], list[ManifestEntry]]:
        """Entries of the added files by content and spec."""
        entries: dict[tuple[ManifestContent, int], list[ManifestEntry]] = defaultdict(list)
        for file in self.added:
            entries[_content(file), file.spec_id].append(self._added(file))
        return entries

    def live_manifests(self) -> list[ManifestFile]:
        """Manifests of the parent snapshot with at least one live file."""
        manifests = self.parent.manifests(self.io) if self.parent else []
        return [manifest for manifest in manifests if manifest.has_added_files() or manifest.has_existing_files()]

    def entries_with_removed(self, manifest: ManifestFile, missing: set[DataFile]) -> list[ManifestEntry] | None:
        """The live entries of a manifest that contains removed files; None if it contains none of them.

        Args:
            manifest: Manifest of the parent snapshot.
            missing: Removed files not found so far; those in the manifest are removed from the set.
        """
        if not missing or not self._may_list_removed(manifest):
            return None
        entries = manifest.fetch_manifest_entry(self.io, discard_deleted=True)
        if not any(entry.data_file in self.removed for entry in entries):
            return None
        missing.difference_update(entry.data_file for entry in entries)
        return entries

    def _may_list_removed(self, manifest: ManifestFile) -> bool:
        partitions = self._removed_partitions.get((manifest.content, manifest.partition_spec_id))
        return partitions is not None and partitions.may_contain(manifest)

    @cached_property
    def _removed_partitions(self) -> dict[tuple[ManifestContent, int], PartitionFilter]:
        """Partitions of the removed files, for each kind of manifest that lists some of them."""
        records: dict[tuple[ManifestContent, int], set[Record]] = defaultdict(set)
        for file in self.removed:
            records[_content(file), file.spec_id].add(file.partition)
        specs, schema = self.transaction.table_metadata.specs(), self.schema()
        return {
            (content, spec_id): filter_of(specs[spec_id], schema, range(len(specs[spec_id].fields)), partitions)
            for (content, spec_id), partitions in records.items()
        }

    def rewritten(self, like: ManifestFile, entries: Iterable[ManifestEntry]) -> ManifestFile:
        """Writes a manifest of entries of the parent snapshot, with removed files marked as deleted.

        Args:
            like: Manifest with the content and the spec of the new one.
            entries: Entries, which retain their sequence numbers.
        """
        return self.written(like.content, like.partition_spec_id, map(self._existing_or_deleted, entries))

    def written(self, content: ManifestContent, spec_id: int, entries: Iterable[ManifestEntry]) -> ManifestFile:
        """Writes a manifest with the given entries."""
        with self.manifest_writer(content, spec_id) as writer:
            for entry in entries:
                writer.add_entry(entry)
        return writer.to_manifest_file()

    def check_all_found(self, missing: Iterable[DataFile]) -> None:
        """Checks that every file to remove was found.

        Raises:
            ValidationException: A file is no longer live, because another writer removed it.
        """
        paths = sorted(file.file_path for file in missing)
        if paths:
            raise ValidationException(f"files to remove are no longer live: {paths}")

    def summary(self, properties: Mapping[str, str]) -> Summary:
        metadata = self.transaction.table_metadata
        collector = SnapshotSummaryCollector()
        specs, schema = metadata.specs(), metadata.schema()
        for file in self.added:
            collector.add_file(file, schema, specs[file.spec_id])
        for file in self.removed:
            collector.remove_file(file, schema, specs[file.spec_id])
        # update_snapshot_summaries computes the totals, but rejects `replace`.
        # https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/table/snapshots.py
        totals = update_snapshot_summaries(
            Summary(operation=Operation.OVERWRITE, **collector.build(), **properties),
            self.parent.summary if self.parent else None,
        )
        return Summary(operation=self.operation, **totals.additional_properties)

    def _existing_or_deleted(self, entry: ManifestEntry) -> ManifestEntry:
        is_removed = entry.data_file in self.removed
        return ManifestEntry.from_args(
            status=ManifestEntryStatus.DELETED if is_removed else ManifestEntryStatus.EXISTING,
            snapshot_id=self.snapshot_id if is_removed else entry.snapshot_id,
            sequence_number=entry.sequence_number,
            file_sequence_number=entry.file_sequence_number,
            data_file=entry.data_file,
        )

    def _added(self, file: DataFile) -> ManifestEntry:
        return ManifestEntry.from_args(
            status=ManifestEntryStatus.ADDED,
            snapshot_id=self.snapshot_id,
            sequence_number=None,
            file_sequence_number=None,
            data_file=file,
        )


def _operation(added: Iterable[DataFile]) -> Operation:
    """The operation of a snapshot: https://iceberg.apache.org/spec/#snapshots."""
    has_rows = any(file.content == DataFileContent.DATA for file in added)
    return Operation.OVERWRITE if has_rows else Operation.DELETE


def _content(file: DataFile) -> ManifestContent:
    return ManifestContent.DATA if file.content == DataFileContent.DATA else ManifestContent.DELETES
