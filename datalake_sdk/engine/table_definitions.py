"""Creates and evolves tables from their configuration, without writing rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.contracts.diff import ContractChange, diff_contracts
from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.checks.contract import applied_contract, replaceable_contract
from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.column_rewrite import ColumnRewrites
from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.schema import SchemaPlan, arrow_type, plan_schema, write_schema
from datalake_sdk.engine.staging import StagingArea
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write_transaction import (
    ConflictError,
    Target,
    WriteTransaction,
    load_if_exists,
    open_transaction,
)
from datalake_sdk.errors import CommitConflictError, DatalakeError, UnknownCommitStateError
from datalake_sdk.naming import DESCRIPTION_PROPERTY
from datalake_sdk.table_contract import CONTRACT_PROPERTY, TableConfiguration

_MAX_ATTEMPTS = 10
_STORED = {DESCRIPTION_PROPERTY: "describe table", CONTRACT_PROPERTY: "store contract"}
"""Descriptions of changes of properties with long values."""


@dataclass(frozen=True)
class DefinitionPlan:
    """Changes that make a table match its configuration.

    Args:
        creates_table: Whether the table does not exist.
        changes: Descriptions of the changes; empty if the table matches.
        untyped: Columns that are not created because the configuration has no type for them.
        transaction: The staged changes; None if the table does not exist and no column has a type.
        schema: Columns after the changes.
    """

    creates_table: bool
    changes: tuple[str, ...]
    untyped: tuple[str, ...]
    transaction: WriteTransaction | None
    schema: SchemaPlan | None = None


def plan_definition(catalog: Catalog, target: Target) -> DefinitionPlan:
    """Compares a table with the configuration in a request; changes nothing.

    Columns that the configuration does not name are kept, as are types that can hold all values of the declared type.

    Args:
        catalog: The environment's catalog.
        target: Table, and a request with its configuration.

    Raises:
        CheckTypeError: A check of the contract does not apply to the type of its column.
        ContractViolatedError: Stored rows violate new or changed checks of the contract.
        DatalakeError: A type, a column or a partition key is invalid, or Iceberg does not allow the change.
    """
    base, configuration = load_if_exists(catalog, target.identifier), target.request.configuration
    declared = declared_columns(configuration)
    stored = base.schema() if base else None
    known = {field.name for field in stored.fields} if stored else set()
    untyped = tuple(name for name in configuration.columns if name not in known and name not in declared.names)
    if base is None and not declared.names:
        return DefinitionPlan(creates_table=False, changes=(), untyped=untyped, transaction=None)
    columns = {name: column for name, column in configuration.columns.items() if name not in untyped}
    schema = plan_schema(target.name, stored, declared, replace(configuration, columns=columns))
    transaction = open_transaction(catalog, base, target, schema)
    _check_constants(target, transaction)
    if not schema.rewritten:
        _check_stored_rows(catalog, target, transaction)
    changes = _creation(transaction) if base is None else _evolution(base, schema, transaction)
    return DefinitionPlan(base is None, tuple(changes), untyped, transaction, schema)


def apply_definition(catalog: Catalog, target: Target) -> DefinitionPlan:
    """Makes a table match the configuration in a request, in one commit.

    Args:
        catalog: The environment's catalog.
        target: Table, and a request with its configuration.

    Returns:
        The applied changes.

    Raises:
        CommitConflictError: Every attempt conflicted with another writer.
        DatalakeError: As by `plan_definition`, or the commit failed.
    """
    for _ in range(_MAX_ATTEMPTS):
        try:
            with classified_values_hidden(catalog, target):
                plan = plan_definition(catalog, target)
                if plan.transaction is not None and plan.schema is not None:
                    _commit(catalog, target, plan.transaction, plan.schema)
        except ConflictError:
            continue
        return plan
    raise CommitConflictError(target.name, _MAX_ATTEMPTS)


def _check_constants(target: Target, transaction: WriteTransaction) -> None:
    """Raises an error if a check does not apply to the type of its column."""
    contract = applied_contract(target.name, target.request.configuration, {}, "")
    if contract.checks.rows:
        from datalake_sdk.engine.checks.row_checks import RowChecks

        RowChecks(contract.checks.rows, write_schema(transaction.schema), contract.contract.columns)


def _check_stored_rows(catalog: Catalog, target: Target, transaction: WriteTransaction) -> None:
    stored = transaction.base.properties if transaction.base else {}
    contract = applied_contract(target.name, target.request.configuration, stored, "")
    if contract.added:
        from datalake_sdk.engine.checks.audit import check_stored_rows

        check_stored_rows(catalog, target, contract, transaction)


def _commit(catalog: Catalog, target: Target, planned: WriteTransaction, schema: SchemaPlan) -> None:
    with StagingArea(planned.io) as staging, ColumnRewrites(staging).staged(planned, schema) as transaction:
        if schema.rewritten:
            _check_stored_rows(catalog, target, transaction)
        released = staging.release(transaction.rewritten_paths)
        try:
            transaction.commit_metadata()
        except UnknownCommitStateError:
            raise
        except (ConflictError, DatalakeError):
            staging.reclaim(released)
            raise


def declared_columns(configuration: TableConfiguration) -> pa.Schema:
    """The columns for which a configuration declares a type."""
    columns = configuration.columns.items()
    return pa.schema(
        [pa.field(name, arrow_type(declared_type(name, column.type))) for name, column in columns if column.type]
    )


def _creation(transaction: WriteTransaction) -> Iterator[str]:
    for field in transaction.schema.fields:
        yield f"add column {field.name} {format_type(field.field_type)}"
    keys = [str(key) for key in spec_keys(transaction.spec, transaction.schema)]
    if keys:
        yield f"partition by {', '.join(keys)}"


def _evolution(base: Table, schema: SchemaPlan, transaction: WriteTransaction) -> Iterator[str]:
    yield from schema.changes
    yield from transaction.warnings
    before, after = base.properties, transaction.metadata.properties
    for name, value in after.items():
        if name == CONTRACT_PROPERTY and name in before:
            yield from _contract_changes(".".join(base.name()), before, after)
        elif before.get(name) != value:
            yield _STORED.get(name, f"set property {name} to '{value}'")


def _contract_changes(table: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    old, new = replaceable_contract(table, before), stored_contract(table, after)
    if old is None:
        yield _STORED[CONTRACT_PROPERTY]
    if old is None or new is None or old == new:
        return
    shown = [change for change in diff_contracts(old, new) if not _is_column_change(change)]
    for change in shown:
        yield f"contract: {change.place} changes from {change.before or 'none'} to {change.after or 'none'}"
    if not shown:
        yield _STORED[CONTRACT_PROPERTY]


def _is_column_change(change: ContractChange) -> bool:
    """Whether the plan lists a change as one of the table's columns or descriptions."""
    return change.place.rpartition(".")[2] in ("type", "description") or "column" in (change.before, change.after)
