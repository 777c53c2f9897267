"""One attempt at a write: a transaction with the table's next schema, spec and properties, not committed yet."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CreateTableTransaction, Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import AssertCreate, AssertTableUUID, TableRequirement
from pyiceberg.table.update.snapshot import _SnapshotProducer
from pyiceberg.typedef import Identifier

from datalake_sdk.engine.cached_transaction import CachedTransaction
from datalake_sdk.engine.partitions import PartitionKey, check_key, partition_spec, spec_keys
from datalake_sdk.engine.replace import Replace
from datalake_sdk.engine.row_delta import RowDelta
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.errors import DatalakeError, UnknownCommitStateError
from datalake_sdk.settings import IngestionRequest, join_keys, parse_keys

logger = logging.getLogger(__name__)

UPSERT_KEYS_PROPERTY = "datalake_sdk_upsert_keys"
DESCRIPTION_PROPERTY = "comment"
"""Where Glue, Athena and Spark show a table's description."""
CREATION_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
}


class ConflictError(Exception):
    """Another writer committed first; nothing of this attempt is visible."""


@dataclass(frozen=True)
class Target:
    """A request, resolved against the catalog that holds its table.

    Args:
        identifier: Database and table as in the catalog.
        location: Location of the table if this write creates it.
        request: How to write the table.
    """

    identifier: tuple[str, str]
    location: str
    request: IngestionRequest

    @property
    def name(self) -> str:
        """Name as queries use it."""
        return ".".join(self.identifier)


def load_if_exists(catalog: Catalog, identifier: Identifier) -> Table | None:
    """The table as it is now; None when it does not exist."""
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        return None


@dataclass(frozen=True)
class WriteTransaction:
    """A transaction that holds everything of a write but its files.

    Args:
        catalog: Where it will be committed.
        base: The table it builds on; None creates the table.
        iceberg_transaction: Schema, spec and properties are staged in it.
        metadata: The table as the transaction leaves it.
        warnings: Changes that users may not have meant, in words.
    """

    catalog: Catalog
    base: Table | None
    iceberg_transaction: Transaction
    metadata: TableMetadata
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name as queries use it."""
        return ".".join(self.iceberg_transaction._table.name())

    @property
    def io(self) -> FileIO:
        """The table's storage."""
        return self.iceberg_transaction._table.io

    @property
    def spec(self) -> PartitionSpec:
        """Partition spec after the write."""
        return self.metadata.spec()

    @property
    def schema(self) -> Schema:
        """Schema after the write."""
        return self.metadata.schema()

    def stage_snapshot(
        self, added: Iterable[DataFile], removed: Iterable[DataFile], summary: Mapping[str, str]
    ) -> StagedSnapshot:
        """Writes the manifests of the one snapshot that this write makes.

        Args:
            added: Data files of the current spec, and delete files of any spec.
            removed: Data and delete files of the base snapshot.
            summary: Entries for the snapshot's summary.

        Raises:
            StorageError: The manifests could not be written; those that were are removed.
        """
        return self._staged(self._producer(list(added), list(removed), summary))

    def stage_replace(
        self, added: Iterable[DataFile], removed: Iterable[DataFile], summary: Mapping[str, str], min_manifests: int
    ) -> StagedSnapshot:
        """Writes the manifests of a snapshot that changes no row.

        Args:
            added: Data files of the current spec.
            removed: Data and delete files of the base snapshot.
            summary: Entries for the snapshot's summary.
            min_manifests: Manifests of a kind from which on they are merged.

        Raises:
            StorageError: The manifests could not be written; those that were are removed.
        """
        return self._staged(Replace(self.iceberg_transaction, added, removed, summary, min_manifests))

    def _staged(self, producer: _SnapshotProducer[Any]) -> StagedSnapshot:
        try:
            with storage_errors(self.name):
                producer.commit()
        except BaseException:
            producer._clean_all_uncommitted()
            raise
        return StagedSnapshot(self, producer)

    def _producer(
        self, added: Sequence[DataFile], removed: Sequence[DataFile], summary: Mapping[str, str]
    ) -> _SnapshotProducer[Any]:
        if removed or any(file.content != DataFileContent.DATA for file in added):
            return RowDelta(self.iceberg_transaction, added, removed, summary)
        producer = self.iceberg_transaction.update_snapshot(snapshot_properties=dict(summary)).fast_append()
        for file in added:
            producer.append_data_file(file)
        return producer


@dataclass(frozen=True)
class StagedSnapshot:
    """A snapshot that only the catalog does not know of yet."""

    transaction: WriteTransaction
    producer: _SnapshotProducer[Any]

    def commit(self) -> int:
        """Commits schema, spec, properties and snapshot at once.

        Returns:
            The new snapshot's id.

        Raises:
            ConflictError: The table has changed since the draft was made; nothing of this attempt is visible.
            StorageError: The table's metadata could not be written; nothing of this attempt is visible.
            UnknownCommitStateError: Nobody can say whether the commit arrived.
            DatalakeError: The catalog refused; nothing of this attempt is visible.
        """
        try:
            committed = self._commit_once()
        except (CommitFailedException, ValidationException, TableAlreadyExistsError) as error:
            self.producer._clean_all_uncommitted()
            raise ConflictError(str(error)) from error
        except UnknownCommitStateError:
            raise
        except DatalakeError:
            self.producer._clean_all_uncommitted()
            raise
        except OSError:
            if self._arrived():
                raise
            self.producer._clean_all_uncommitted()
            with storage_errors(self.transaction.name):
                raise
        if self.transaction.base is not None:
            remove_old_metadata(self.transaction.catalog, self.transaction.base, committed)
        return self.producer.snapshot_id

    def _commit_once(self) -> TableMetadata:
        # Transaction.commit_transaction retries appends by itself, which would let the same ingestion id in twice.
        # https://github.com/apache/iceberg-python/blob/main/pyiceberg/table/__init__.py
        iceberg_transaction = self.transaction.iceberg_transaction
        requirements: tuple[TableRequirement, ...] = (AssertCreate(),)
        if not isinstance(iceberg_transaction, CreateTableTransaction):
            requirements = (
                *iceberg_transaction._requirements,
                AssertTableUUID(uuid=self.transaction.metadata.table_uuid),
            )
        return self.transaction.catalog.commit_table(
            iceberg_transaction._table, requirements, iceberg_transaction._updates
        ).metadata

    def _arrived(self) -> bool:
        table = load_if_exists(self.transaction.catalog, self.transaction.iceberg_transaction._table.name())
        return table is not None and table.snapshot_by_id(self.producer.snapshot_id) is not None


def remove_old_metadata(catalog: Catalog, base: Table, committed: TableMetadata) -> None:
    """Removes metadata files that a commit has dropped from the log; maintenance takes those that stay.

    Args:
        catalog: Where the table is.
        base: The table before the commit.
        committed: The table after it.
    """
    try:
        catalog._delete_old_metadata(base.io, base.metadata, committed)
    except (DatalakeError, OSError) as error:
        logger.info("%s: old metadata could not be removed: %s", ".".join(base.name()), error)


def open_transaction(catalog: Catalog, base: Table | None, target: Target, plan: SchemaPlan) -> WriteTransaction:
    """Stages what a write changes beside rows.

    Args:
        catalog: The environment's catalog.
        base: The table as it is; None when it does not exist.
        target: What to write.
        plan: Columns after the write.

    Raises:
        MissingColumnError: A partition key names no column of the table.
        InvalidPartitionKeyError: A partition transform does not fit its column.
    """
    keys = None if target.request.partition_keys is None else _parsed(target.request.partition_keys)
    if base is None:
        return _new_table(catalog, target, plan, keys or ())
    iceberg_transaction = CachedTransaction(base)
    if plan.changes:
        with iceberg_transaction.update_schema() as update:
            update.union_by_name(Schema(*plan.fields))
    metadata = iceberg_transaction.table_metadata
    warnings = [*_evolve_spec(iceberg_transaction, metadata, keys), *_changed_keys(target, base.properties)]
    properties = _changed_properties(target, base.properties)
    if properties:
        iceberg_transaction.set_properties(properties)
    return WriteTransaction(catalog, base, iceberg_transaction, iceberg_transaction.table_metadata, tuple(warnings))


def _changed_properties(target: Target, stored: Mapping[str, str]) -> dict[str, str]:
    wanted = dict(target.request.properties)
    if target.request.upsert_keys:
        wanted[UPSERT_KEYS_PROPERTY] = join_keys(target.request.upsert_keys)
    if target.request.configuration.description:
        wanted[DESCRIPTION_PROPERTY] = target.request.configuration.description
    return {name: value for name, value in wanted.items() if stored.get(name) != value}


def _changed_keys(target: Target, stored: Mapping[str, str]) -> Iterator[str]:
    before = join_keys(parse_keys(stored.get(UPSERT_KEYS_PROPERTY)))
    after = join_keys(target.request.upsert_keys)
    if before and after and before != after:
        yield f"upsert keys change from '{before}' to '{after}'"


def _parsed(keys: Sequence[str]) -> tuple[PartitionKey, ...]:
    return tuple(PartitionKey.parse(key) for key in keys)


def _new_table(catalog: Catalog, target: Target, plan: SchemaPlan, keys: Sequence[PartitionKey]) -> WriteTransaction:
    schema = _numbered(plan)
    iceberg_transaction = catalog.create_table_transaction(
        target.identifier,
        schema,
        location=target.location,
        partition_spec=partition_spec(target.name, keys, schema),
        properties={**CREATION_PROPERTIES, **_changed_properties(target, {})},
    )
    return WriteTransaction(catalog, None, iceberg_transaction, iceberg_transaction.table_metadata)


def _numbered(plan: SchemaPlan) -> Schema:
    """Gives columns provisional ids, so that a partition spec can name them; creation assigns the real ones."""
    fields = [field.model_copy(update={"field_id": number}) for number, field in enumerate(plan.fields, start=1)]
    return Schema(*fields)


def _evolve_spec(
    iceberg_transaction: Transaction, metadata: TableMetadata, keys: Sequence[PartitionKey] | None
) -> Iterator[str]:
    schema = metadata.schema()
    current = spec_keys(metadata.spec(), schema)
    if keys is None or tuple(keys) == current:
        return
    for key in keys:
        check_key(".".join(iceberg_transaction._table.name()), key, schema)
    with iceberg_transaction.update_spec() as update:
        for before in (key for key in current if key not in keys):
            update.remove_field(_field_name(metadata.spec(), schema, before))
        for key in (key for key in keys if key not in current):
            update.add_field(key.column, key.transform, key.field_name)
    yield f"partition keys change from {_listed(current)} to {_listed(keys)}; rows written before keep theirs"


def _field_name(spec: PartitionSpec, schema: Schema, key: PartitionKey) -> str:
    return spec.fields[spec_keys(spec, schema).index(key)].name


def _listed(keys: Sequence[PartitionKey]) -> str:
    return "'" + "/".join(str(key) for key in keys) + "'" if keys else "none"
