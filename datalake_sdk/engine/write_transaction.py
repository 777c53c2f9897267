"""Transactions of writes: schema, partition spec, properties and one snapshot, committed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CreateTableTransaction, Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.update import AssertCreate, AssertRefSnapshotId, TableRequirement
from pyiceberg.transforms import TimeTransform
from pyiceberg.typedef import Identifier

from datalake_sdk.contracts.serialization import contract_json
from datalake_sdk.engine.contract_requirement import AssertSameContract
from datalake_sdk.engine.iceberg_internals import (
    AnySnapshotProducer,
    AppendProducer,
    CachedTransaction,
    remove_uncommitted_manifests,
    staged_requirements,
    staged_updates,
    transaction_table,
)
from datalake_sdk.engine.old_metadata import remove_old_metadata
from datalake_sdk.engine.partitions import PartitionKey, check_key, partition_spec, spec_keys
from datalake_sdk.engine.quarantine.rows import Replay
from datalake_sdk.engine.replace import Replace
from datalake_sdk.engine.row_delta import RowDelta
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.engine.schema_update import stage_schema
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.table_properties import INITIAL_PROPERTIES, check_properties
from datalake_sdk.errors import DatalakeError, InvalidPartitionKeyError, UnknownCommitStateError
from datalake_sdk.naming import DESCRIPTION_PROPERTY
from datalake_sdk.settings import IngestionRequest, join_keys, parse_keys
from datalake_sdk.table_contract import CONTRACT_PROPERTY

UPSERT_KEYS_PROPERTY = "datalake_sdk_upsert_keys"
"""Upsert keys of the last upsert, separated by commas."""


class ConflictError(Exception):
    """Another writer committed first; this attempt changed nothing."""


@dataclass(frozen=True)
class LoadedTable:
    """A table that was loaded before a write.

    Args:
        table: The table; None if it did not exist.
    """

    table: Table | None


@dataclass(frozen=True)
class Target:
    """A request, resolved against the catalog that holds its table.

    Args:
        identifier: Database and table as in the catalog.
        location: Location of the table if this write creates it.
        request: How to write the table.
        replay: Set if the rows come from the quarantine of the table.
        loaded: The table to plan the first attempt against; None loads it. If it has changed, that attempt conflicts.
    """

    identifier: tuple[str, str]
    location: str
    request: IngestionRequest
    replay: Replay | None = None
    loaded: LoadedTable | None = None

    @property
    def name(self) -> str:
        """Name as in queries."""
        return ".".join(self.identifier)


def table_before(catalog: Catalog, target: Target) -> Table | None:
    """The table to plan the first attempt of a write against, or None if it does not exist."""
    return target.loaded.table if target.loaded else load_if_exists(catalog, target.identifier)


def load_if_exists(catalog: Catalog, identifier: Identifier) -> Table | None:
    """The current table, or None if it does not exist."""
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        return None


@dataclass(frozen=True)
class WriteTransaction:
    """A write's changes to the metadata of a table, staged but not committed.

    Args:
        catalog: Catalog to commit to.
        base: The table to change; None creates it.
        iceberg_transaction: pyiceberg's transaction with staged schema, spec and properties.
        metadata: The table's metadata after the transaction.
        warnings: Messages about changes that may be unintended.
        rewritten_paths: Locations of data files of a staged snapshot that precedes that of the write.
    """

    catalog: Catalog
    base: Table | None
    iceberg_transaction: Transaction
    metadata: TableMetadata
    warnings: tuple[str, ...] = ()
    rewritten_paths: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name as in queries."""
        return ".".join(transaction_table(self.iceberg_transaction).name())

    @property
    def table(self) -> Table:
        """The table without the staged changes, or the planned table."""
        return transaction_table(self.iceberg_transaction)

    @property
    def io(self) -> FileIO:
        """The table's storage."""
        return self.table.io

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
        """Writes the manifests of the transaction's snapshot.

        Args:
            added: Data files of the current spec, and delete files of any spec.
            removed: Data and delete files of the base snapshot.
            summary: Additional entries for the snapshot's summary.

        Raises:
            StorageError: The manifests could not be written; incomplete output is removed.
        """
        return self._staged(self._producer(list(added), list(removed), summary))

    def stage_replace(
        self, added: Iterable[DataFile], removed: Iterable[DataFile], summary: Mapping[str, str], min_manifests: int
    ) -> StagedSnapshot:
        """Writes the manifests of a snapshot that changes no rows.

        Args:
            added: Data files of the current spec.
            removed: Data and delete files of the base snapshot.
            summary: Additional entries for the snapshot's summary.
            min_manifests: Minimum number of manifests of one content and spec to merge.

        Raises:
            StorageError: The manifests could not be written; incomplete output is removed.
        """
        return self._staged(Replace(self.iceberg_transaction, added, removed, summary, min_manifests))

    def commit_metadata(self) -> None:
        """Commits schema, spec and properties without a snapshot; does nothing if nothing is staged.

        Raises:
            ConflictError: The table has changed since the transaction was opened; nothing was committed.
            StorageError: The metadata file could not be written; nothing was committed.
            UnknownCommitStateError: It is unknown whether the commit succeeded.
            DatalakeError: The catalog rejected the commit; nothing was committed.
        """
        if self.base is not None and not staged_updates(self.iceberg_transaction):
            return
        try:
            with storage_errors(self.name):
                snapshot_id = self.table.metadata.current_snapshot_id
                same_rows = AssertRefSnapshotId(ref=MAIN_BRANCH, snapshot_id=snapshot_id)  # type: ignore[call-arg]
                committed = self.commit_once(same_rows)
        except (CommitFailedException, TableAlreadyExistsError) as error:
            raise ConflictError(str(error)) from error
        if self.base is not None:
            remove_old_metadata(self.base, committed)

    def commit_once(self, *required: TableRequirement) -> TableMetadata:
        """Passes the staged updates to the catalog, without handling errors.

        Args:
            required: Additional requirements for the commit to a table that exists.

        Returns:
            The table's new metadata.
        """
        requirements: tuple[TableRequirement, ...] = (AssertCreate(),)
        if not isinstance(self.iceberg_transaction, CreateTableTransaction):
            contract = self.table.properties.get(CONTRACT_PROPERTY)
            same_table = AssertSameContract(uuid=self.metadata.table_uuid, contract=contract)
            requirements = (*staged_requirements(self.iceberg_transaction), same_table, *required)
        table, updates = transaction_table(self.iceberg_transaction), staged_updates(self.iceberg_transaction)
        return self.catalog.commit_table(table, requirements, updates).metadata

    def _staged(self, producer: AnySnapshotProducer) -> StagedSnapshot:
        try:
            with storage_errors(self.name):
                producer.commit()
        except BaseException:
            remove_uncommitted_manifests(producer)
            raise
        return StagedSnapshot(self, producer)

    def _producer(
        self, added: Sequence[DataFile], removed: Sequence[DataFile], summary: Mapping[str, str]
    ) -> AnySnapshotProducer:
        if removed or any(file.content != DataFileContent.DATA for file in added):
            return RowDelta(self.iceberg_transaction, added, removed, summary)
        producer = AppendProducer(self.iceberg_transaction, summary)
        for file in added:
            producer.append_data_file(file)
        return producer


@dataclass(frozen=True)
class StagedSnapshot:
    """A snapshot that is not committed yet, with its manifests written."""

    transaction: WriteTransaction
    producer: AnySnapshotProducer

    @property
    def snapshot_id(self) -> int:
        """Id of the snapshot."""
        return self.producer.snapshot_id

    def commit(self) -> TableMetadata:
        """Commits schema, spec, properties and snapshot atomically.

        Returns:
            The table's metadata with the snapshot.

        Raises:
            ConflictError: The table has changed since the transaction was opened; nothing was committed.
            StorageError: The metadata file could not be written; nothing was committed.
            UnknownCommitStateError: It is unknown whether the commit succeeded.
            DatalakeError: The catalog rejected the commit; nothing was committed.
        """
        try:
            committed = self.transaction.commit_once()
        except (CommitFailedException, ValidationException, TableAlreadyExistsError) as error:
            remove_uncommitted_manifests(self.producer)
            raise ConflictError(str(error)) from error
        except UnknownCommitStateError:
            raise
        except DatalakeError:
            remove_uncommitted_manifests(self.producer)
            raise
        except OSError:
            if self._is_committed():
                raise
            remove_uncommitted_manifests(self.producer)
            with storage_errors(self.transaction.name):
                raise
        if self.transaction.base is not None:
            remove_old_metadata(self.transaction.base, committed)
        return committed

    def _is_committed(self) -> bool:
        table = load_if_exists(self.transaction.catalog, transaction_table(self.transaction.iceberg_transaction).name())
        return table is not None and table.snapshot_by_id(self.producer.snapshot_id) is not None


def open_transaction(catalog: Catalog, base: Table | None, target: Target, plan: SchemaPlan) -> WriteTransaction:
    """Stages the schema, spec and properties of a write.

    Args:
        catalog: The environment's catalog.
        base: The current table, or None if it does not exist.
        target: The table to write to.
        plan: Columns after the write.

    Raises:
        MissingColumnError: A partition key names a column that the table does not have.
        InvalidPartitionKeyError: A partition transform does not support its column's type.
        UnrewritableColumnError: A column with a new type cannot be rewritten.
    """
    keys = None if target.request.partition_keys is None else _parsed(target.request.partition_keys)
    if base is None:
        return _new_table(catalog, target, plan, keys or ())
    iceberg_transaction = CachedTransaction(base)
    stage_schema(iceberg_transaction, plan)
    metadata = iceberg_transaction.table_metadata
    warnings = [*_evolve_spec(iceberg_transaction, metadata, keys), *_changed_keys(target, base.properties)]
    properties = _changed_properties(target, base.properties)
    if properties:
        iceberg_transaction.set_properties(properties)
    return WriteTransaction(catalog, base, iceberg_transaction, iceberg_transaction.table_metadata, tuple(warnings))


def _changed_properties(target: Target, stored: Mapping[str, str]) -> dict[str, str]:
    check_properties(target.name, target.request.properties)
    wanted = dict(target.request.properties)
    if target.request.upsert_keys:
        wanted[UPSERT_KEYS_PROPERTY] = join_keys(target.request.upsert_keys)
    if target.request.configuration.is_contract:
        wanted[CONTRACT_PROPERTY] = contract_json(target.request.configuration)
    if target.request.configuration.description:
        wanted[DESCRIPTION_PROPERTY] = target.request.configuration.description
    return {name: value for name, value in wanted.items() if stored.get(name) != value}


def _changed_keys(target: Target, stored: Mapping[str, str]) -> Iterator[str]:
    before = join_keys(parse_keys(stored.get(UPSERT_KEYS_PROPERTY)))
    after = join_keys(target.request.upsert_keys)
    if before and after and before != after:
        yield f"upsert keys change from '{before}' to '{after}'"


def _parsed(keys: Sequence[str]) -> tuple[PartitionKey, ...]:
    parsed = tuple(PartitionKey.parse(key) for key in keys)
    for position, key in enumerate(parsed):
        if key in parsed[:position]:
            raise InvalidPartitionKeyError(str(key), "it occurs twice")
    return parsed


def _new_table(catalog: Catalog, target: Target, plan: SchemaPlan, keys: Sequence[PartitionKey]) -> WriteTransaction:
    schema = _numbered(plan)
    iceberg_transaction = catalog.create_table_transaction(
        target.identifier,
        schema,
        location=target.location,
        partition_spec=partition_spec(target.name, keys, schema),
        properties={**INITIAL_PROPERTIES, **_changed_properties(target, {})},
    )
    return WriteTransaction(catalog, None, iceberg_transaction, iceberg_transaction.table_metadata)


def _numbered(plan: SchemaPlan) -> Schema:
    """Assigns provisional field ids for the partition spec to refer to; creating the table assigns the final ids."""
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
        check_key(".".join(transaction_table(iceberg_transaction).name()), key, schema)
    _check_times([key for key in keys if key not in current])
    with iceberg_transaction.update_spec() as update:
        for before in (key for key in current if key not in keys):
            update.remove_field(_field_name(metadata.spec(), schema, before))
        for key in (key for key in keys if key not in current):
            update.add_field(key.column, key.transform, key.field_name)
    yield f"partition keys change from {_listed(current)} to {_listed(keys)}; existing files keep their partition spec"


def _check_times(added: Sequence[PartitionKey]) -> None:
    """Iceberg adds at most one of `year`, `month`, `day` and `hour` of a column at a time."""
    # https://github.com/apache/iceberg/blob/apache-iceberg-1.10.1/core/src/main/java/org/apache/iceberg/BaseUpdatePartitionSpec.java
    times: dict[str, PartitionKey] = {}
    for key in added:
        if isinstance(key.transform, TimeTransform) and times.setdefault(key.column, key) is not key:
            raise InvalidPartitionKeyError(str(key), f"{times[key.column]} already partitions by '{key.column}'")


def _field_name(spec: PartitionSpec, schema: Schema, key: PartitionKey) -> str:
    return spec.fields[spec_keys(spec, schema).index(key)].name


def _listed(keys: Sequence[PartitionKey]) -> str:
    return "'" + "/".join(str(key) for key in keys) + "'" if keys else "none"
