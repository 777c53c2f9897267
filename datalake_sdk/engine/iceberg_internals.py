"""Private names of pyiceberg, except those of its Avro files, which are in `iceberg_avro.py`.

`test/unit/engine/test_iceberg_internals.py` fails when pyiceberg changes one of them, and when another module uses one.
Each class and function links to the change that would make it unnecessary, or to the code that lacks a public API.
"""

from __future__ import annotations

import sys
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from pyarrow.fs import FileSystem
from pyiceberg import catalog as pyiceberg_catalog
from pyiceberg.catalog import MetastoreCatalog, PropertiesUpdateSummary
from pyiceberg.io import FileIO
from pyiceberg.io import pyarrow as pyiceberg_arrow
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestContent, ManifestFile, ManifestWriter, ManifestWriterV2, write_manifest
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import StagedTable, Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import (
    RemoveSnapshotsUpdate,
    TableRequirement,
    TableUpdate,
    _apply_table_update,
    _TableMetadataUpdateContext,
    _update_table_metadata_log,
    update_table_metadata,
)
from pyiceberg.table.update.snapshot import _FastAppendFiles, _SnapshotProducer
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from datalake_sdk.engine.iceberg_avro import patch_avro_files

AnySnapshotProducer: TypeAlias = _SnapshotProducer[Any]


class CachedTransaction(Transaction):
    """A transaction on an existing table that computes the updated metadata once per update, not once per access.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/table/__init__.py
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._applied: tuple[TableUpdate, ...] = ()
        self._current = table.metadata

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with all staged updates; do not modify it in place."""
        if self._applied is not self._updates:
            self._current = updated_metadata(self._table.metadata, self._updates)
            self._applied = self._updates
        return self._current


def updated_metadata(
    base: TableMetadata, updates: tuple[TableUpdate, ...], location: str | None = None
) -> TableMetadata:
    """A table's metadata after updates; do not modify it in place.

    It shares what the updates do not change with the given metadata. pyiceberg copies every snapshot instead.
    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/table/update/__init__.py

    Args:
        base: The metadata before the updates.
        updates: Applied in order.
        location: Metadata file of `base`, for the metadata log; None leaves the log unchanged.
    """
    context, updated = _TableMetadataUpdateContext(), base
    for update in updates:
        before, updated = updated, _apply_table_update(update, updated, context)
        if isinstance(update, RemoveSnapshotsUpdate):
            updated = _without_history_gap(updated, before)
    if context.has_changes():
        if location is not None:
            updated = _update_table_metadata_log(updated, location, base.last_updated_ms)
        if updated.last_updated_ms == base.last_updated_ms:
            updated = updated.model_copy(update={"last_updated_ms": time.time_ns() // 1_000_000})
    updated.spec().check_compatible(updated.schema())
    updated.sort_order().check_compatible(updated.schema())
    return updated


def _without_history_gap(updated: TableMetadata, before: TableMetadata) -> TableMetadata:
    """Removes the entries of the snapshot log before that of a removed snapshot, and its partition statistics.

    pyiceberg keeps them, so that a time at which the removed snapshot was current would refer to an earlier one.
    https://iceberg.apache.org/spec/#table-metadata-fields
    """
    known = {snapshot.snapshot_id for snapshot in updated.snapshots}
    removed = [index for index, entry in enumerate(before.snapshot_log) if entry.snapshot_id not in known]
    log = before.snapshot_log[removed[-1] + 1 :] if removed else before.snapshot_log
    statistics = [file for file in updated.partition_statistics if file.snapshot_id in known]
    return updated.model_copy(update={"snapshot_log": log, "partition_statistics": statistics})


def transaction_table(transaction: Transaction) -> Table:
    """The table that a transaction changes, without the staged updates.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/table/__init__.py
    """
    return transaction._table


def staged_updates(transaction: Transaction) -> tuple[TableUpdate, ...]:
    """Updates to pass to `Catalog.commit_table`.

    `Transaction.commit_transaction` retries by itself, which would bypass the check for a repeated ingestion id. It can
    replace this once it accepts a number of retries: https://github.com/apache/iceberg-python/pull/3320
    """
    return transaction._updates


def staged_requirements(transaction: Transaction) -> tuple[TableRequirement, ...]:
    """Requirements to pass to `Catalog.commit_table`; see `staged_updates`."""
    return transaction._requirements


def remove_uncommitted_manifests(producer: AnySnapshotProducer) -> None:
    """Removes the manifests and the manifest list of a snapshot that was not committed; see `staged_updates`."""
    producer._clean_all_uncommitted()


class SnapshotProducer(_SnapshotProducer["SnapshotProducer"]):
    """Base class for snapshots that pyiceberg cannot produce.

    Row deltas: https://github.com/apache/iceberg-python/issues/3618
    Replaced files: https://github.com/apache/iceberg-python/issues/3130

    Args:
        operation: Operation in the snapshot's summary.
        transaction: Transaction in which schema and spec are already staged.
        summary: Additional entries for the snapshot's summary.
    """

    def __init__(self, operation: Operation, transaction: Transaction, summary: Mapping[str, str]) -> None:
        super().__init__(operation, transaction, transaction._table.io, snapshot_properties=dict(summary))
        self.operation = operation
        self.transaction = transaction
        self.io: FileIO = transaction._table.io

    @abstractmethod
    def manifests(self) -> list[ManifestFile]:
        """All manifests of the new snapshot; writes those that the parent snapshot does not have."""

    @abstractmethod
    def summary(self, properties: Mapping[str, str]) -> Summary:
        """The snapshot's summary.

        Args:
            properties: Additional entries.
        """

    @property
    def parent(self) -> Snapshot | None:
        """The snapshot that the new one succeeds."""
        return self.transaction.table_metadata.current_snapshot()

    def manifest_writer(self, content: ManifestContent, spec_id: int) -> ManifestWriter:
        """A writer for a new manifest of the snapshot, in the format version of the table."""
        version = self.transaction.table_metadata.format_version
        compression = self.transaction.table_metadata.properties.get(
            TableProperties.WRITE_AVRO_COMPRESSION, TableProperties.WRITE_AVRO_COMPRESSION_DEFAULT
        )
        schema = schema_of_spec(self.transaction.table_metadata, spec_id)
        arguments: Any = (self.spec(spec_id), schema, self.new_manifest_output(), self.snapshot_id, compression)
        if content == ManifestContent.DATA:
            return write_manifest(version, *arguments)
        return _DeleteManifestWriter(*arguments)

    def _manifests(self) -> list[ManifestFile]:
        return self.manifests()

    def _deleted_entries(self) -> list[Any]:
        return []

    def _existing_manifests(self) -> list[ManifestFile]:
        return []

    def _summary(self, snapshot_properties: Mapping[str, str] = EMPTY_DICT) -> Summary:
        return self.summary(snapshot_properties)


class AppendProducer(_FastAppendFiles):
    """An append whose manifest has the types of all partition fields, also of those whose column was dropped.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/partitioning.py

    Args:
        transaction: Transaction in which schema and spec are already staged.
        summary: Additional entries for the snapshot's summary.
    """

    def __init__(self, transaction: Transaction, summary: Mapping[str, str]) -> None:
        super().__init__(Operation.APPEND, transaction, transaction._table.io, snapshot_properties=dict(summary))

    def schema(self) -> Schema:
        """Schema of the manifest."""
        metadata = self._transaction.table_metadata
        return schema_of_spec(metadata, metadata.default_spec_id)


def schema_of_spec(metadata: TableMetadata, spec_id: int) -> Schema:
    """The current schema or, if it lacks a column of a partition spec, the newest one with all of its columns.

    pyiceberg does not know the types of columns that were dropped, and cannot write their partition values.
    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/partitioning.py
    """
    sources = {field.source_id for field in metadata.specs()[spec_id].fields}
    newest_first = sorted(metadata.schemas, key=lambda schema: schema.schema_id, reverse=True)
    candidates = [metadata.schema(), *newest_first]
    return next((schema for schema in candidates if sources <= schema.field_ids), candidates[0])


class _DeleteManifestWriter(ManifestWriterV2):
    """pyiceberg writes manifests of data files only: https://github.com/apache/iceberg-python/issues/3618."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class StagingCatalog(MetastoreCatalog):
    """Base class for catalogs that store the location of each table's current metadata file.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/catalog/__init__.py
    """

    def staged_commit(
        self,
        current: Table | None,
        identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable:
        """The table after a commit; its metadata file is not written yet.

        Args:
            current: The table before the commit; None creates it.
            identifier: Database and table.
            requirements: Checked against the current table.
            updates: Applied to the current table.

        Raises:
            CommitFailedException: A requirement is not met.
        """
        return self._update_and_stage_table(current, identifier, requirements, updates)

    def updated_properties(
        self, current: Properties, removals: set[str] | None, updates: Properties
    ) -> tuple[PropertiesUpdateSummary, Properties]:
        """A namespace's properties after an update, and what changed."""
        return self._get_updated_props_and_update_summary(current, removals, updates)


class GlueHooks:
    """Mixin for `pyiceberg.catalog.glue.GlueCatalog`, which has no public hooks around its calls to Glue.

    Not a subclass: that module needs boto3, which only the AWS platform imports.
    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/catalog/glue.py
    """

    def glue_write(self, database: str, table: str, table_input: Any) -> AbstractContextManager[None]:
        """Context manager around each call that creates or updates a Glue table.

        Args:
            database: Name of the Glue database.
            table: Name of the table.
            table_input: Request parameter `TableInput`, which may be modified.
        """
        raise NotImplementedError

    @staticmethod
    def _write_metadata(metadata: TableMetadata, io: FileIO, metadata_path: str) -> None:
        # The file's name contains a random UUID, so checking whether it exists would waste a request.
        ToOutputFile.table_metadata(metadata, io.new_output(metadata_path), overwrite=True)

    def file_io(self, properties: Properties, location: str | None) -> FileIO:
        """Opens the storage of a table.

        Args:
            properties: Properties of the table.
            location: Location of a file of the table.
        """
        raise NotImplementedError

    def table_of_entry(self, entry: Any) -> Table:
        """Returns the table that an entry of the Glue catalog refers to.

        Args:
            entry: Result of GetTable, with `Parameters`.
        """
        table: Table = super()._convert_glue_to_iceberg(entry)  # type: ignore[misc]
        return table

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:
        return self.file_io(properties, location)

    def _convert_glue_to_iceberg(self, glue_table: Any) -> Table:
        # Glue omits `Parameters` for a table without parameters, which pyiceberg reports as an invalid response.
        return self.table_of_entry({"Parameters": {}, **glue_table})

    def _is_s3tables_database(self, database_name: str) -> bool:
        # Tables of an environment are in its data bucket, so the request that pyiceberg makes per commit is not needed.
        return False

    def _create_glue_table(self, database_name: str, table_name: str, table_input: Any) -> None:
        with self.glue_write(database_name, table_name, table_input):
            super()._create_glue_table(database_name, table_name, table_input)  # type: ignore[misc]

    def _update_glue_table(self, database_name: str, table_name: str, table_input: Any, version_id: str) -> None:
        with self.glue_write(database_name, table_name, table_input):
            super()._update_glue_table(database_name, table_name, table_input, version_id)  # type: ignore[misc]


class ArrowFileIO(PyArrowFileIO):
    """Base class for a `FileIO` with its own S3 file system.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/io/pyarrow.py
    """

    @abstractmethod
    def s3_filesystem(self) -> FileSystem:
        """The file system for S3 locations."""

    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        return self.s3_filesystem()


def _share_unchanged_metadata() -> None:
    """Makes catalogs of pyiceberg apply updates like `updated_metadata`."""
    pyiceberg_catalog.update_table_metadata = _update_table_metadata  # type: ignore[attr-defined]


def _update_table_metadata(
    base_metadata: TableMetadata,
    updates: tuple[TableUpdate, ...],
    enforce_validation: bool = False,
    metadata_location: str | None = None,
) -> TableMetadata:
    if enforce_validation:
        return update_table_metadata(base_metadata, updates, enforce_validation, metadata_location)
    return updated_metadata(base_metadata, updates, metadata_location)


_LAST_BEFORE_SURROGATES, _FIRST_AFTER_SURROGATES = 0xD7FF, 0xE000
"""Surrogates are not characters, so UTF-8 cannot represent them: https://www.unicode.org/glossary/#surrogate_code_point"""


def _upper_bound(value: str, trunc_length: int | None) -> str | None:
    """The least string with at most a number of characters that is not less than a value; None if there is none.

    pyiceberg increments the last character before the surrogates to the first one, which it cannot write.
    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/utils/truncate.py
    """
    if trunc_length is None or len(value) <= trunc_length:
        return value
    for end in reversed(range(trunc_length)):
        code = ord(value[end])
        if code != sys.maxunicode:
            following = _FIRST_AFTER_SURROGATES if code == _LAST_BEFORE_SURROGATES else code + 1
            return value[:end] + chr(following)
    return None


patch_avro_files()
_share_unchanged_metadata()
pyiceberg_arrow.truncate_upper_bound_text_string = _upper_bound  # type: ignore[attr-defined]
