"""Plans a migration before anything is written."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk import naming
from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.selection import Selection
from datalake_sdk.engine.write_transaction import UPSERT_KEYS_PROPERTY, load_if_exists
from datalake_sdk.errors import (
    DatalakeError,
    EmptyTableError,
    IncrementalMigrationError,
    InvalidOwnerJobError,
    InvalidSampleError,
    MigrationKeysError,
    SameStageError,
    TargetNameError,
    UnknownDatabaseError,
    UnknownMaskColumnError,
    UnmaskedColumnsError,
)
from datalake_sdk.naming import DESCRIPTION_PROPERTY, PIPELINE_PROPERTY, TASK_PROPERTY
from datalake_sdk.operations.migration.masks import Mask, mask_expressions
from datalake_sdk.operations.migration.origin import MIGRATED_FROM_PROPERTY, Origin, first_snapshot
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table, tables_of_stage
from datalake_sdk.platforms.select import duckdb_condition
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName, join_keys, new_ingestion_id, parse_keys
from datalake_sdk.table_contract import CONTRACT_PROPERTY, ColumnConfiguration, TableConfiguration

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Owner:
    """Task whose role owns a table."""

    pipeline: str
    task: str

    @classmethod
    def parse(cls, text: str) -> Owner:
        """Parses `pipeline/task`.

        Raises:
            InvalidOwnerJobError: The string does not have exactly two parts.
        """
        parts = text.split("/")
        if len(parts) != 2 or not all(parts):
            raise InvalidOwnerJobError(text)
        return cls(*parts)


def parse_sample(text: str) -> float:
    """Parses a percentage, for example `5%`, into a fraction between 0 and 1.

    Raises:
        InvalidSampleError: Not a valid percentage.
    """
    try:
        share = float(text.removesuffix("%")) / 100 if text.endswith("%") else 0.0
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise InvalidSampleError(text)
    return share


@dataclass(frozen=True)
class MigrationRequest:
    """Options of a migration.

    Args:
        database: Database, without the stage's prefix.
        source_table: Table to copy; None copies all tables of the database.
        target_table: Name of the target; None keeps the name of the source.
        mode: How rows are written to the target.
        upsert_keys: None uses the upsert keys of the source.
        partition_keys: None uses the partition keys of the source.
        owner: None uses the task that writes the source.
        where: Condition in Athena's dialect.
        sample: Fraction of the rows to copy, between 0 and 1; None copies all.
        masks: Masks by normalized column name.
        incremental: Whether to skip rows that the last migration has copied.
    """

    database: str
    source_table: str | None = None
    target_table: str | None = None
    mode: IngestionMode = IngestionMode.UPSERT
    upsert_keys: tuple[str, ...] | None = None
    partition_keys: tuple[str, ...] | None = None
    owner: Owner | None = None
    where: str | None = None
    sample: float | None = None
    masks: Mapping[str, Mask] = field(default_factory=dict)
    incremental: bool = False


@dataclass(frozen=True)
class TableMigration:
    """Planned migration of one table.

    Args:
        source: Table to read, without the stage's prefix.
        request: How to write the target table.
        selection: Rows to read.
        owner: Task whose role is granted permissions on the target; None when unknown.
        rows: Approximate number of rows to read, before `where` and `sample`.
        incremental: Whether to skip rows that the last migration has copied.
        recorded: Origin recorded by the last migration into the target.
        note: Note for the user; may be empty.
    """

    source: TableName
    request: IngestionRequest
    selection: Selection
    owner: Owner | None
    rows: int
    incremental: bool
    recorded: Origin | None
    note: str = ""

    @property
    def target(self) -> TableName:
        """Table to write, without the stage's prefix."""
        return self.request.table


@dataclass(frozen=True)
class SkippedTable:
    """A table that is not copied.

    Args:
        source: Name of the source with the stage's prefix.
        target: Name of the target with the stage's prefix.
        warning: Reason, if there is nothing to copy.
        error: Reason, if the table cannot be copied as requested.
    """

    source: str
    target: str
    warning: str = ""
    error: str = ""


@dataclass(frozen=True)
class MigrationPlan:
    """Planned migration of the requested tables."""

    tables: tuple[TableMigration, ...]
    skipped: tuple[SkippedTable, ...] = ()


def plan_migration(source: Platform, target: Platform, request: MigrationRequest) -> MigrationPlan:
    """Finds the tables and plans how to copy each; writes nothing.

    When copying a whole database, tables that cannot be copied are skipped; a single one is an error.

    Raises:
        SameStageError: Source and target are the same stage.
        TargetNameError: A target name was passed for several tables.
        UnknownTableError: The table does not exist.
        UnknownDatabaseError: The database does not exist in one of the stages.
        MigrationKeysError: Tables without upsert keys; all are listed.
        UnknownMaskColumnError: No table has a masked column.
        UnmaskedColumnsError: The source is production, and classified columns of its tables have no mask.
        DatalakeError: The condition is invalid, or the single table cannot be copied as requested.
    """
    _check(source, target, request)
    condition = None if request.where is None else duckdb_condition(request.where)
    tables = _tables(source, request)
    _check_keys(tables, request)
    _check_masks(tables, request)
    if not source.environment.database_prefix:
        _check_classified(tables, request)
    rows = (condition.sql, condition.setup) if condition else (None, "")
    if request.source_table is not None:
        return MigrationPlan(tuple(_plan(target, table, request, rows) for table in tables))
    plans = [_plan_or_skip(target, table, request, rows) for table in tables]
    return MigrationPlan(
        tuple(plan for plan in plans if isinstance(plan, TableMigration)),
        tuple(plan for plan in plans if isinstance(plan, SkippedTable)),
    )


def _check(source: Platform, target: Platform, request: MigrationRequest) -> None:
    if source.environment == target.environment:
        raise SameStageError(source.environment.stage_name)
    if request.target_table is not None and request.source_table is None:
        raise TargetNameError(request.target_table)
    if request.incremental and request.mode not in (IngestionMode.UPSERT, IngestionMode.APPEND):
        raise IncrementalMigrationError(f"--incremental with mode {request.mode}", "Use upsert or append.")
    database = target.environment.database_prefix + request.database
    if target.capabilities.remote and not target.catalog.namespace_exists(database):
        raise UnknownDatabaseError(database, [])


def _tables(source: Platform, request: MigrationRequest) -> list[Table]:
    if request.source_table is not None:
        naming.check_not_quarantine("source table", request.source_table)
        return [load_table(source, TableName(request.database, request.source_table))]
    tables = tables_of_stage(source, request.database)
    return [table for table in tables if not table.name()[-1].endswith(naming.QUARANTINE_SUFFIX)]


def _check_keys(tables: list[Table], request: MigrationRequest) -> None:
    filled = [table for table in tables if table.current_snapshot() is not None]
    without = [".".join(table.name()) for table in filled if not _keys(table, request)]
    if without and request.mode is IngestionMode.UPSERT:
        raise MigrationKeysError(without)


def _check_masks(tables: list[Table], request: MigrationRequest) -> None:
    known = {naming.normalized_column_name(name) for table in tables for name in _columns(table)}
    for column in request.masks:
        if column not in known:
            raise UnknownMaskColumnError(column, get_close_matches(column, known))


def _check_classified(tables: list[Table], request: MigrationRequest) -> None:
    """Checks that classified values do not leave production by default."""
    missing: dict[str, list[str]] = {}
    for table in tables:
        contract = stored_contract(".".join(table.name()), table.properties)
        if contract is not None and (columns := sorted(set(contract.classified_columns) - request.masks.keys())):
            missing[".".join(table.name())] = columns
    if missing:
        raise UnmaskedColumnsError(missing)


def _keys(table: Table, request: MigrationRequest) -> tuple[str, ...]:
    """Key columns, as the source names them."""
    names = {naming.normalized_column_name(name): name for name in _columns(table)}
    keys = request.upsert_keys
    if keys is None:
        keys = parse_keys(table.properties.get(UPSERT_KEYS_PROPERTY))
    return tuple(names.get(naming.normalized_column_name(key), key) for key in keys)


def _columns(table: Table) -> list[str]:
    """Columns of the snapshot that is read, which precede later schema changes."""
    snapshot = table.current_snapshot()
    schema = table.scan(snapshot_id=snapshot.snapshot_id if snapshot else None).projection()
    return [column.name for column in schema.fields]


def _plan_or_skip(
    target: Platform, table: Table, request: MigrationRequest, rows: tuple[str | None, str]
) -> TableMigration | SkippedTable:
    name = ".".join(table.name())
    goal = ".".join(TableName(request.database, table.name()[-1]).identifier(target.environment))
    try:
        with target.service_errors():
            return _plan(target, table, request, rows)
    except EmptyTableError as error:
        return SkippedTable(name, goal, warning=error.message)
    except (DatalakeError, OSError, ValueError, pa.ArrowException) as error:
        logger.debug("%s cannot be migrated", name, exc_info=True)
        return SkippedTable(name, goal, error=str(error))


def _plan(target: Platform, table: Table, request: MigrationRequest, rows: tuple[str | None, str]) -> TableMigration:
    snapshot = table.current_snapshot()
    if snapshot is None:
        raise EmptyTableError(".".join(table.name()))
    name = TableName(request.database, table.name()[-1])
    goal = TableName(request.database, name.table if request.target_table is None else request.target_table)
    keys = _keys(table, request) if request.mode is IngestionMode.UPSERT else ()
    selection = _selection(table, snapshot.snapshot_id, keys, request, rows)
    reading = Origin.of(selection, request.where, request.masks)
    existing = load_if_exists(target.catalog, goal.identifier(target.environment))
    recorded, note = Origin.recorded(existing if request.incremental else None), ""
    if existing is not None and request.incremental:
        since, note = first_snapshot(table, reading, recorded, request.mode)
        selection = replace(selection, since=since)
    owner = request.owner or _producer(table)
    return TableMigration(
        source=name,
        request=IngestionRequest(
            goal,
            request.mode,
            keys,
            _partition_keys(table, request),
            _configuration(table, existing),
            _ingestion_id(reading, selection, request),
            {MIGRATED_FROM_PROPERTY: str(reading), **_key_properties(table, request), **_owner_properties(owner)},
        ),
        selection=selection,
        owner=owner,
        rows=sum(task.file.record_count for task in plan_files(table, snapshot.snapshot_id)),
        incremental=request.incremental,
        recorded=recorded,
        note=note,
    )


def _selection(
    table: Table, snapshot_id: int, keys: tuple[str, ...], request: MigrationRequest, rows: tuple[str | None, str]
) -> Selection:
    where, setup = rows
    selection = Selection(table, snapshot_id, where=where, setup=setup, sample=request.sample, sample_by=keys)
    return replace(selection, replaced=mask_expressions(request.masks, selection.schema, keys))


def _partition_keys(table: Table, request: MigrationRequest) -> tuple[str, ...]:
    if request.partition_keys is not None:
        return request.partition_keys
    return tuple(str(key) for key in spec_keys(table.spec(), table.schema()))


def _configuration(table: Table, target: Table | None) -> TableConfiguration:
    """Descriptions of the source table and its columns; a target without a contract also gets the classifications."""
    contract = stored_contract(".".join(table.name()), table.properties)
    is_new = target is None or CONTRACT_PROPERTY not in target.properties
    classified = contract.columns if contract is not None and is_new else {}
    columns = {}
    for column in table.schema().fields:
        name = naming.normalized_column_name(column.name)
        classification = classified[name].classification if name in classified else None
        if column.doc or classification:
            columns[name] = ColumnConfiguration(description=column.doc, classification=classification)
    is_contract = any(each.classification for each in columns.values())
    return TableConfiguration(table.properties.get(DESCRIPTION_PROPERTY), columns, is_contract=is_contract)


def _producer(table: Table) -> Owner | None:
    pipeline, task = table.properties.get(PIPELINE_PROPERTY), table.properties.get(TASK_PROPERTY)
    return Owner(pipeline, task) if pipeline and task else None


def _owner_properties(owner: Owner | None) -> dict[str, str]:
    return {PIPELINE_PROPERTY: owner.pipeline, TASK_PROPERTY: owner.task} if owner else {}


def _key_properties(table: Table, request: MigrationRequest) -> dict[str, str]:
    keys = _keys(table, request)
    return {UPSERT_KEYS_PROPERTY: join_keys(keys)} if keys else {}


def _ingestion_id(reading: Origin, selection: Selection, request: MigrationRequest) -> str:
    """Random ingestion id, except that repeated appends and incremental appends from the same snapshot share one."""
    if request.mode is not IngestionMode.APPEND:
        return new_ingestion_id()
    if not request.incremental:
        return f"migration/{reading}"
    return f"migration/{replace(reading, snapshot_id=selection.since or 0)}/since"
