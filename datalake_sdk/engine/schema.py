"""Schema evolution: maps the columns of a batch to columns of the table, by name and type."""

from __future__ import annotations

import logging
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, NestedField

from datalake_sdk.engine.by_identity import ByIdentity
from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.nested_names import check_nested_names
from datalake_sdk.engine.types import format_type, iceberg_type, is_convertible, known_type, merged_type, with_type
from datalake_sdk.errors import (
    ColumnNameCollisionError,
    DeclaredTypeConflictError,
    FrozenColumnsError,
    IncompatibleColumnError,
    InvalidNameError,
)
from datalake_sdk.naming import GLUE_NAME_LIMIT, normalized_column_name
from datalake_sdk.table_contract import Evolution, OnTypeChange, TableConfiguration

logger = logging.getLogger(__name__)

_UNASSIGNED_ID = -1


@dataclass(frozen=True)
class SchemaPlan:
    """The columns of a table after a write.

    Args:
        fields: All columns after the write, in order; new ones have an unassigned id.
        sources: Position in the batch of each column that it has, by the column's name in the table.
        changes: Descriptions of the schema changes; empty if the schema is unchanged.
        null_only: Columns of the table that cannot hold values of the batch's type, only nulls.
        rewritten: Columns whose stored values are converted to a type that Iceberg cannot promote their type to.
    """

    fields: tuple[NestedField, ...]
    sources: Mapping[str, int]
    changes: tuple[str, ...]
    null_only: frozenset[str] = frozenset()
    rewritten: frozenset[str] = frozenset()

    def value_dependent_warnings(self, table: str, batch: pa.Schema) -> Iterator[str]:
        """Warnings about columns whose values decide whether the write is rejected."""
        for field in self.fields:
            given = batch.field(self.sources[field.name]).type if field.name in self.sources else pa.null()
            if pa.types.is_null(given):
                continue
            offered = iceberg_type(table, field.name, given)
            if merged_type(field.field_type, offered) is None:
                stored = format_type(field.field_type)
                yield (
                    f"column '{field.name}' is {stored}, the input has {format_type(offered)}: "
                    f"a value that {stored} cannot represent exactly is rejected"
                )

    def check_values(self, table: str, batch: pa.Schema) -> None:
        """Checks a batch whose columns are known to have values.

        Raises:
            IncompatibleColumnError: The table's column cannot hold values of a column's type.
        """
        for field in self.fields:
            if field.name in self.null_only:
                given = iceberg_type(table, field.name, batch.field(self.sources[field.name]).type)
                raise IncompatibleColumnError(table, field.name, format_type(field.field_type), format_type(given))


def plan_schema(
    table: str,
    stored: Schema | None,
    batch: pa.Schema,
    configuration: TableConfiguration,
    unstored: int | None = None,
) -> SchemaPlan:
    """Decides which columns a write adds or widens.

    Args:
        table: Name for messages.
        stored: The table's schema; None when the table does not exist.
        batch: The batch's columns with their names in the input.
        configuration: Declared types, which take precedence over the batch's, and descriptions for column comments.
        unstored: Position of a column of the batch that is not stored.

    Raises:
        ColumnNameCollisionError: Two columns of the batch have the same normalized name.
        AmbiguousFieldsError: The names of two fields of a struct differ only in case.
        UnnamedFieldError: The name of a field of a struct is empty or contains a NUL.
        DeclaredTypeConflictError: The table's type cannot be promoted to the declared type, and the configuration does
            not allow to rewrite the column, or its values cannot be converted.
        FrozenColumnsError: The configuration does not allow a change of the columns.
        IncompatibleColumnError: The table's column cannot hold values of a column's type.
        UnsupportedTypeError: Iceberg does not have a type for a column.
    """
    kept = {field.name: field for field in stored.fields} if stored else {}
    sources = _sources(table, batch, kept)
    if unstored is not None:
        sources.pop(_stored_name(batch.field(unstored).name, unstored), None)
    offered = {
        name: _offered(table, name, batch.field(position), kept.get(name), configuration)
        for name, position in sources.items()
    }
    changes: list[str] = []
    evolved = {name: _evolved(table, field, offered.get(name), configuration, changes) for name, field in kept.items()}
    added = [_added(name, offer) for name, offer in offered.items() if name not in kept]
    fields = [*(evolved[name] or field for name, field in kept.items()), *added]
    _check_fields(table, kept, fields, configuration)
    described = tuple(with_description(field, configuration) for field in fields)
    if stored:
        changes += [f"add column {field.name} {format_type(field.field_type)}" for field in added]
        pairs = zip(fields, described, strict=True)
        changes += [f"describe column {before.name}" for before, after in pairs if before.doc != after.doc]
    null_only = frozenset(name for name, field in evolved.items() if field is None)
    return SchemaPlan(described, sources, tuple(changes), null_only, _rewritten(kept, fields))


def _added(name: str, offered: IcebergType) -> NestedField:
    return NestedField(_UNASSIGNED_ID, name, known_type(offered), required=False)


def _check_fields(
    table: str, kept: Mapping[str, NestedField], fields: Sequence[NestedField], configuration: TableConfiguration
) -> None:
    _check_frozen(table, kept, fields, configuration)
    for field in fields:
        if field.name not in kept or field.field_type != kept[field.name].field_type:
            check_nested_names(table, field.name, field.field_type)
    warn_of_unknown_columns(table, [field.name for field in fields], configuration)


def _check_frozen(
    table: str, kept: Mapping[str, NestedField], fields: Iterable[NestedField], configuration: TableConfiguration
) -> None:
    declared = configuration.columns
    if configuration.evolution is not Evolution.FREEZE or not (kept or declared):
        return
    changes = []
    for field in fields:
        stored, column = kept.get(field.name), declared.get(field.name)
        if stored is None and column is None:
            changes.append(f"add column {field.name} {format_type(field.field_type)}")
        elif stored is not None and field.field_type != stored.field_type and not (column and column.type):
            changes.append(_type_change("change", stored, field.field_type))
    if changes:
        raise FrozenColumnsError(table, changes)


def _rewritten(kept: Mapping[str, NestedField], fields: Iterable[NestedField]) -> frozenset[str]:
    common = ((kept[field.name].field_type, field) for field in fields if field.name in kept)
    return frozenset(field.name for stored, field in common if merged_type(stored, field.field_type) is None)


def _type_change(action: str, field: NestedField, data_type: IcebergType) -> str:
    return f"{action} column {field.name} from {format_type(field.field_type)} to {format_type(data_type)}"


def with_description(field: NestedField, configuration: TableConfiguration) -> NestedField:
    """A column with the description from a configuration, if there is one."""
    column = configuration.columns.get(field.name)
    if column is None or column.description is None or column.description == field.doc:
        return field
    return NestedField(field.field_id, field.name, field.field_type, required=field.required, doc=column.description)


def warn_of_unknown_columns(table: str, columns: Collection[str], configuration: TableConfiguration) -> None:
    """Logs a warning for each configured column that the table does not have."""
    for name in configuration.columns:
        if name not in columns:
            near = get_close_matches(name, columns, n=1)
            suggestion = f"; did you mean '{near[0]}'?" if near else ""
            logger.warning("%s: the table file describes unknown column '%s'%s", table, name, suggestion)


def write_schema(schema: Schema) -> pa.Schema:
    """The Arrow schema of data files, with field ids in the metadata and 32-bit offsets."""
    return _write_schema(ByIdentity(schema))


@lru_cache(maxsize=64)
def _write_schema(by_identity: ByIdentity) -> pa.Schema:
    fields = schema_to_pyarrow(by_identity.schema, include_field_ids=True)
    return pa.schema([_with_small_offsets(field) for field in fields])


def arrow_type(data_type: IcebergType) -> pa.DataType:
    """The Arrow type in which data files store values of an Iceberg type."""
    return _small(schema_to_pyarrow(data_type))


def _sources(table: str, batch: pa.Schema, kept: Container[str]) -> dict[str, int]:
    sources: dict[str, int] = {}
    for position, field in enumerate(batch):
        name = _stored_name(field.name, position)
        if name in sources:
            raise ColumnNameCollisionError(table, name, [batch.field(sources[name]).name, field.name])
        if name != field.name:
            logger.info("%s: column '%s' is stored as '%s'", table, field.name, name)
        if pa.types.is_null(field.type) and name not in kept:
            logger.warning("%s: column '%s' contains only nulls and has no type; it is not written", table, field.name)
        else:
            sources[name] = position
    return sources


def _stored_name(name: str, position: int) -> str:
    """The normalized name, or `column_` and the column's number if the name has no valid characters."""
    stored = normalized_column_name(name) or f"column_{position + 1}"
    if len(stored) > GLUE_NAME_LIMIT:
        rule = f"a name with 1 to {GLUE_NAME_LIMIT} characters a-z, 0-9 and '_' in lower snake_case"
        raise InvalidNameError("column name", name, rule)
    return stored


def _offered(
    table: str, name: str, given: pa.Field, kept: NestedField | None, configuration: TableConfiguration
) -> IcebergType:
    column = configuration.columns.get(name)
    if kept is not None and pa.types.is_null(given.type):
        return kept.field_type
    offered = iceberg_type(table, name, given.type)
    if column is None or column.type is None:
        return offered
    declared = declared_type(name, column.type)
    if not is_convertible(offered, declared):
        raise IncompatibleColumnError(table, name, format_type(declared), format_type(offered))
    return declared


def _evolved(
    table: str,
    field: NestedField,
    offered: IcebergType | None,
    configuration: TableConfiguration,
    changes: list[str],
) -> NestedField | None:
    """The column after the write, or None if it cannot hold values of the batch's column."""
    if offered is None:
        return field
    column = configuration.columns.get(field.name)
    is_declared = column is not None and column.type is not None
    merged = merged_type(field.field_type, offered, by_value=not is_declared)
    if merged is None and is_declared:
        if configuration.on_type_change is not OnTypeChange.REWRITE or not is_convertible(field.field_type, offered):
            raise DeclaredTypeConflictError(table, field.name, format_type(field.field_type), format_type(offered))
        changes.append(_type_change("rewrite", field, offered))
        return with_type(field, offered)
    if merged is None:
        return None
    merged = known_type(merged)
    if merged != field.field_type:
        changes.append(_type_change("widen", field, merged))
    return with_type(field, merged)


def _with_small_offsets(field: pa.Field) -> pa.Field:
    return field.with_type(_small(field.type))


def _small(data_type: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(data_type):
        return pa.string()
    if pa.types.is_large_binary(data_type):
        return pa.binary()
    if pa.types.is_struct(data_type):
        return pa.struct([_with_small_offsets(child) for child in data_type])
    if pa.types.is_large_list(data_type) or pa.types.is_list(data_type):
        return pa.list_(_with_small_offsets(data_type.value_field))
    if pa.types.is_map(data_type):
        return pa.map_(_with_small_offsets(data_type.key_field), _with_small_offsets(data_type.item_field))
    return data_type
