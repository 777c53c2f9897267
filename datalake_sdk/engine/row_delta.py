"""One snapshot that adds and removes data files and position-delete files, which pyiceberg cannot write by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation, SnapshotSummaryCollector, Summary, update_snapshot_summaries
from pyiceberg.table.update.snapshot import _SnapshotProducer
from pyiceberg.typedef import EMPTY_DICT


class RowDelta(_SnapshotProducer["RowDelta"]):
    """A snapshot that overwrites; files to remove must be live in the base snapshot.

    Args:
        transaction: Schema and spec are staged in it already.
        added: Data files of the current spec and position-delete files of any spec.
        removed: Data and delete files of the base snapshot.
        summary: Entries for the snapshot's summary.
        operation: What the snapshot says of itself.
    """

    def __init__(
        self,
        transaction: Transaction,
        added: Iterable[DataFile],
        removed: Iterable[DataFile],
        summary: Mapping[str, str],
        operation: Operation = Operation.OVERWRITE,
    ) -> None:
        super().__init__(operation, transaction, transaction._table.io, snapshot_properties=dict(summary))
        self._added_delete_files: list[DataFile] = []
        for file in added:
            is_data = file.content == DataFileContent.DATA
            (self._added_data_files if is_data else self._added_delete_files).append(file)
        self._deleted_data_files = set(removed)

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []

    def _existing_manifests(self) -> list[ManifestFile]:
        snapshot = self._transaction.table_metadata.snapshot_by_name(self._target_branch)
        live = self._live(snapshot.manifests(self._io) if snapshot else [])
        if not self._deleted_data_files:
            return live
        missing = set(self._deleted_data_files)
        kept = [self._without_removed(manifest, missing) for manifest in live]
        if missing:
            raise ValidationException(f"files to remove are gone: {sorted(file.file_path for file in missing)}")
        return kept

    @staticmethod
    def _live(manifests: Iterable[ManifestFile]) -> list[ManifestFile]:
        return [manifest for manifest in manifests if manifest.has_added_files() or manifest.has_existing_files()]

    def _without_removed(self, manifest: ManifestFile, missing: set[DataFile]) -> ManifestFile:
        entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        removed = [entry.data_file in self._deleted_data_files for entry in entries]
        if not any(removed):
            return manifest
        missing.difference_update(entry.data_file for entry in entries)
        with self._writer(manifest.content, manifest.partition_spec_id) as writer:
            for entry, is_removed in zip(entries, removed, strict=True):
                writer.add_entry(self._entry(entry, is_removed))
        return writer.to_manifest_file()

    def _entry(self, entry: ManifestEntry, is_removed: bool) -> ManifestEntry:
        return ManifestEntry.from_args(
            status=ManifestEntryStatus.DELETED if is_removed else ManifestEntryStatus.EXISTING,
            snapshot_id=self._snapshot_id if is_removed else entry.snapshot_id,
            sequence_number=entry.sequence_number,
            file_sequence_number=entry.file_sequence_number,
            data_file=entry.data_file,
        )

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        by_spec: dict[int, list[DataFile]] = defaultdict(list)
        for file in self._added_delete_files:
            by_spec[file.spec_id].append(file)
        return manifests + [self._delete_manifest(spec_id, files) for spec_id, files in by_spec.items()]

    def _delete_manifest(self, spec_id: int, files: Sequence[DataFile]) -> ManifestFile:
        with self._writer(ManifestContent.DELETES, spec_id) as writer:
            for file in files:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                )
        return writer.to_manifest_file()

    def _writer(self, content: ManifestContent, spec_id: int) -> ManifestWriterV2:
        kind = ManifestWriterV2 if content == ManifestContent.DATA else _DeleteManifestWriter
        output = self.new_manifest_output()
        return kind(self.spec(spec_id), self.schema(), output, self._snapshot_id, self._compression)

    def _summary(self, snapshot_properties: Mapping[str, str] = EMPTY_DICT) -> Summary:
        metadata = self._transaction.table_metadata
        collector = SnapshotSummaryCollector()
        specs, schema = metadata.specs(), metadata.schema()
        for file in (*self._added_data_files, *self._added_delete_files):
            collector.add_file(file, schema, specs[file.spec_id])
        for file in self._deleted_data_files:
            collector.remove_file(file, schema, specs[file.spec_id])
        parent = metadata.snapshot_by_id(self._parent_snapshot_id) if self._parent_snapshot_id is not None else None
        # update_snapshot_summaries adds up the totals, but refuses to do it for `replace`.
        # https://github.com/apache/iceberg-python/blob/main/pyiceberg/table/snapshots.py
        totals = update_snapshot_summaries(
            Summary(operation=Operation.OVERWRITE, **collector.build(), **snapshot_properties),
            parent.summary if parent else None,
        )
        return Summary(operation=self._operation, **totals.additional_properties)


class _DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}
