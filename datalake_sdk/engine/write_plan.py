"""Plans of writes: the checks that need no rows, and the metadata of the table after the write."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.batches import BatchStream
from datalake_sdk.contracts.checks import RowCheck
from datalake_sdk.engine.checks.contract import NO_CONTRACT, AppliedContract, applied_contract
from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.declared_partitions import DeclaredPartitions, declared_partitions
from datalake_sdk.engine.format_version import check_writable
from datalake_sdk.engine.partitions import Partitioner, PartitionKey
from datalake_sdk.engine.schema import SchemaPlan, plan_schema
from datalake_sdk.engine.upsert_columns import NO_UPSERT, UpsertColumns, flag_position, upsert_columns
from datalake_sdk.engine.write_transaction import Target, WriteTransaction, open_transaction, table_before
from datalake_sdk.errors import MissingColumnError, UnpartitionedTableError
from datalake_sdk.settings import IngestionMode, join_keys


@dataclass(frozen=True)
class WritePlan:
    """Planned changes to a table's metadata, for a dry run and as the first step of a write."""

    base: Table | None
    schema: SchemaPlan
    transaction: WriteTransaction
    upsert: UpsertColumns = NO_UPSERT
    partitions: DeclaredPartitions | None = None
    contract: AppliedContract = NO_CONTRACT

    def with_transaction(self, transaction: WriteTransaction) -> WritePlan:
        """The same plan with another transaction, and its base."""
        return (
            self if transaction is self.transaction else replace(self, base=transaction.base, transaction=transaction)
        )

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Upsert keys; empty in the other modes."""
        return self.upsert.keys

    @property
    def deferred_checks(self) -> list[RowCheck]:
        """Row checks of an upsert that depend on stored values, or on which of the rows of a key is the last one."""
        checks, missing = self.contract.checks.rows, set(self.missing)
        return [check for check in checks if self.upsert.order_by or (self.key_columns and missing & {*check.columns})]

    @property
    def missing(self) -> list[str]:
        """Columns of the table that the batch lacks."""
        return [field.name for field in self.schema.fields if field.name not in self.schema.sources]


def plan_write(catalog: Catalog, target: Target, stream: BatchStream) -> WritePlan:
    """Performs all checks that do not read rows, without changing anything.

    Raises:
        DatalakeError: A column, upsert key or partition key is invalid.
    """
    return plan_of(catalog, table_before(catalog, target), target, stream)


def plan_of(catalog: Catalog, base: Table | None, target: Target, stream: BatchStream) -> WritePlan:
    """Plans a write against a version of the table.

    Args:
        catalog: The environment's catalog.
        base: The table; None if it does not exist.
        target: Table to write to, and the request.
        stream: Stream of the batch; only its schema is used.

    Raises:
        UnsupportedFormatVersionError: The table's format version is too new.
        DatalakeError: A column, upsert key or partition key is invalid.
    """
    if base is not None:
        check_writable(base)
    stored = base.schema() if base else None
    flag = flag_position(target.name, target.request, stream.schema)
    given, properties = target.request.configuration, base.properties if base else {}
    contract = applied_contract(target.name, given, properties, join_keys(target.request.upsert_keys))
    if target.replay is not None:
        contract = contract.quarantining()
    schema = plan_schema(target.name, stored, stream.schema, contract.with_evolution(given), flag)
    _check_partition_keys(target, schema, stream)
    transaction = open_transaction(catalog, base, target, schema)
    upsert = _upsert_columns(target, schema, transaction, flag)
    return WritePlan(base, schema, transaction, upsert, _declared_partitions(target, transaction), contract)


def _check_partition_keys(target: Target, schema: SchemaPlan, stream: BatchStream) -> None:
    is_certainly_empty = not stream.schema.names
    if is_certainly_empty and target.request.replaces_without_rows:
        return
    for key in target.request.partition_keys or ():
        column = PartitionKey.parse(key).column
        if column not in schema.sources:
            raise MissingColumnError(target.name, "partition_keys", column, list(schema.sources))


def _declared_partitions(target: Target, transaction: WriteTransaction) -> DeclaredPartitions | None:
    if target.request.partitions is None:
        return None
    return declared_partitions(target.name, target.request.partitions, transaction.spec, transaction.schema)


def _upsert_columns(
    target: Target, schema: SchemaPlan, transaction: WriteTransaction, flag: int | None
) -> UpsertColumns:
    mode = target.request.mode
    if mode is IngestionMode.OVERWRITE_PARTITIONS and transaction.spec.is_unpartitioned():
        raise UnpartitionedTableError(target.name)
    if mode is not IngestionMode.UPSERT:
        return NO_UPSERT
    return upsert_columns(target.name, target.request, schema.sources, layout_of(target, transaction).schema, flag)


def layout_of(target: Target, transaction: WriteTransaction) -> FileLayout:
    """Settings for the data files of a write."""
    return FileLayout(target.name, transaction.io, transaction.metadata)


def staging_layout_of(target: Target, plan: WritePlan) -> FileLayout:
    """Settings for the staged files of a batch, which may still lack values of required columns.

    The keys of an upsert are checked later, and its commit adds the stored values of columns that the batch lacks.
    """
    later = frozenset([*plan.key_columns, *plan.missing]) if plan.key_columns else frozenset()
    return replace(layout_of(target, plan.transaction), optional_columns=later)


def partitioner_of(transaction: WriteTransaction) -> Partitioner | None:
    """The partitioner of a write; None for an unpartitioned table."""
    return None if transaction.spec.is_unpartitioned() else Partitioner(transaction.spec, transaction.schema)
