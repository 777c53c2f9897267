"""Snapshots that add and remove data files and position-delete files in one commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


class RowDelta(SnapshotProducer):
    """An overwrite snapshot; the files to remove must be live in the parent snapshot.

    Args:
        transaction: Transaction in which schema and spec are already staged.
        added: Data files of the current spec and position-delete files of any spec.
        removed: Data and delete files of the parent snapshot.
        summary: Additional entries for the snapshot's summary.
        operation: Operation in the snapshot's summary.
    """

    def __init__(
        self,
        transaction: Transaction,
        added: Iterable[DataFile],
        removed: Iterable[DataFile],
        summary: Mapping[str, str],
        operation: Operation = Operation.OVERWRITE,
    ) -> None:
        super().__init__(operation, transaction, summary)
        self.added = list(added)
        self.removed = set(removed)
        for file in self.added:
            if file.content == DataFileContent.DATA:
                self.append_data_file(file)

    def existing_manifests(self) -> list[ManifestFile]:
        missing = set(self.removed)
        kept = [self.without_removed(manifest, missing) for manifest in self.live_manifests()]
        self.check_all_found(missing)
        return kept

    def live_manifests(self) -> list[ManifestFile]:
        """Manifests of the parent snapshot with at least one live file."""
        manifests = self.parent.manifests(self.io) if self.parent else []
        return [manifest for manifest in manifests if manifest.has_added_files() or manifest.has_existing_files()]

    def without_removed(self, manifest: ManifestFile, missing: set[DataFile]) -> ManifestFile:
        """A manifest that marks the removed files as deleted, or the given manifest if it contains none of them.

        Args:
            manifest: Manifest of the parent snapshot.
            missing: Removed files not found so far; those in the manifest are removed from the set.
        """
        if not missing or not self._may_list_removed(manifest):
            return manifest
        entries = manifest.fetch_manifest_entry(self.io, discard_deleted=True)
        if not any(entry.data_file in self.removed for entry in entries):
            return manifest
        missing.difference_update(entry.data_file for entry in entries)
        return self.rewritten(manifest, entries)

    def _may_list_removed(self, manifest: ManifestFile) -> bool:
        partitions = self._removed_partitions.get((manifest.content, manifest.partition_spec_id))
        return partitions is not None and partitions.may_contain(manifest)

    @cached_property
    def _removed_partitions(self) -> dict[tuple[ManifestContent, int], PartitionFilter]:
        """Partitions of the removed files, for each kind of manifest that lists some of them."""
        records: dict[tuple[ManifestContent, int], set[Record]] = defaultdict(set)
        for file in self.removed:
            is_data = file.content == DataFileContent.DATA
            records[ManifestContent.DATA if is_data else ManifestContent.DELETES, file.spec_id].add(file.partition)
        specs, schema = self.transaction.table_metadata.specs(), self.schema()
        return {
            (content, spec_id): filter_of(specs[spec_id], schema, range(len(specs[spec_id].fields)), partitions)
            for (content, spec_id), partitions in records.items()
        }

    def rewritten(self, like: ManifestFile, entries: Iterable[ManifestEntry]) -> ManifestFile:
        """Writes a manifest of existing entries, with removed files marked as deleted.

        Args:
            like: Manifest with the content and the spec of the new one.
            entries: Entries, which retain their sequence numbers.
        """
        with self.manifest_writer(like.content, like.partition_spec_id) as writer:
            for entry in entries:
                writer.add_entry(self._existing_or_deleted(entry))
        return writer.to_manifest_file()

    def check_all_found(self, missing: Iterable[DataFile]) -> None:
        """Checks that every file to remove was found.

        Raises:
            ValidationException: A file is no longer live, because another writer removed it.
        """
        paths = sorted(file.file_path for file in missing)
        if paths:
            raise ValidationException(f"files to remove are no longer live: {paths}")

    def delete_manifests(self) -> list[ManifestFile]:
        by_spec: dict[int, list[DataFile]] = defaultdict(list)
        for file in self.added:
            if file.content != DataFileContent.DATA:
                by_spec[file.spec_id].append(file)
        return [self._delete_manifest(spec_id, files) for spec_id, files in by_spec.items()]

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

    def _delete_manifest(self, spec_id: int, files: Sequence[DataFile]) -> ManifestFile:
        with self.manifest_writer(ManifestContent.DELETES, spec_id) as writer:
            for file in files:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self.snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                )
        return writer.to_manifest_file()
