"""Stages the schema of a write: added, widened and described columns, and columns with a new type and field id."""

from __future__ import annotations

from collections.abc import Iterator

from pyiceberg.schema import Schema
from pyiceberg.table import TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.engine.iceberg_internals import transaction_table
from datalake_sdk.engine.schema import SchemaPlan
from datalake_sdk.errors import UnrewritableColumnError


def stage_schema(transaction: Transaction, plan: SchemaPlan) -> None:
    """Stages the changes of a schema plan.

    A rewritten column gets a new field id, so that earlier snapshots keep the column with the old id and type.

    Args:
        transaction: Transaction on an existing table.
        plan: Columns after the write.

    Raises:
        UnrewritableColumnError: A column to rewrite is a partition key, for example.
    """
    if not plan.changes:
        return
    for name, reason in _obstacles(transaction.table_metadata, plan):
        raise UnrewritableColumnError(".".join(transaction_table(transaction).name()), name, reason)
    with transaction.update_schema() as update:
        for name in sorted(plan.rewritten):
            update.delete_column((name,))
        update.union_by_name(Schema(*(field for field in plan.fields if field.name not in plan.rewritten)))
        for field in plan.fields:
            if field.name in plan.rewritten:
                update.add_column((field.name,), field.field_type, field.doc)
    _restore_order(transaction, plan)


def _obstacles(metadata: TableMetadata, plan: SchemaPlan) -> Iterator[tuple[str, str]]:
    schema = metadata.schema()
    partitioned = {field.source_id for spec in metadata.partition_specs for field in spec.fields}
    ordered = {field.source_id for order in metadata.sort_orders for field in order.fields}
    for name in sorted(plan.rewritten):
        field_id = schema.find_field(name).field_id
        if field_id in partitioned:
            yield name, "it is, or was, a partition key"
        if field_id in ordered:
            yield name, "the table's files are sorted by it"
        if field_id in schema.identifier_field_ids:
            yield name, "it is an identifier field"
        # A name maps to one field id: earlier snapshots of files without field ids would lose the column.
        # https://iceberg.apache.org/spec/#name-mapping-serialization
        if TableProperties.DEFAULT_NAME_MAPPING in metadata.properties:
            yield name, "the table has registered files, whose columns are matched by name"


def _restore_order(transaction: Transaction, plan: SchemaPlan) -> None:
    """Moves rewritten columns to their former positions: pyiceberg adds columns at the end.

    In an update of its own: in the one that replaces a column, its name still refers to the old field.
    """
    wanted = [field.name for field in plan.fields]
    if not plan.rewritten or [field.name for field in transaction.table_metadata.schema().fields] == wanted:
        return
    with transaction.update_schema() as update:
        for position, name in enumerate(wanted):
            if name in plan.rewritten and position:
                update.move_after((name,), (wanted[position - 1],))
            elif name in plan.rewritten:
                update.move_first((name,))
