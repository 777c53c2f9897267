"""Ingests files or a dataframe into a table, or shows what an ingestion would do."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from datalake_sdk import naming
from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.declared_types import declared_type
from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.schema import arrow_type, write_schema
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write_plan import plan_write
from datalake_sdk.engine.write_transaction import LoadedTable, Target, load_if_exists
from datalake_sdk.engine.writer import ProgressReport, Writer
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.recording import part_of_run
from datalake_sdk.operations.maintain_table import maintain_after_write, native_writer
from datalake_sdk.operations.quarantine.finish import finish_quarantine, quarantine_of
from datalake_sdk.operations.recorded_tables import record_files, record_write, recorded_violations
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName

logger = logging.getLogger(__name__)

_INTERNAL = ("quarantine_is_pending", "metadata")
"""Fields of a `WriteResult` that are not part of the outcome."""


@dataclass(frozen=True)
class IngestionResult:
    """Outcome of an ingestion; all counts are of rows, files or bytes.

    Args:
        table: Name in queries, with the stage's prefix.
        snapshot_id: None when nothing was committed.
        skipped: Whether the table already had a write with this ingestion id.
        strategy: How an upsert removed the replaced rows, and why; empty in the other modes.
        rows_quarantined: Rows that were added to the quarantine instead of the table.
        checks: Results of the checks of the table's contract.

    Example:
        >>> result = job.ingest("raw.orders", orders)
        >>> result.mode, result.rows_inserted, result.skipped
        ('append', 3, False)
    """

    table: str
    mode: str
    rows_read: int
    rows_inserted: int
    rows_updated: int
    rows_deleted: int
    files_added: int
    files_removed: int
    bytes_added: int
    seconds: float
    snapshot_id: int | None
    ingestion_id: str
    skipped: bool
    strategy: str = ""
    rows_quarantined: int = 0
    checks: tuple[CheckResult, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields, without the strategy: its wording may change between versions."""
        record = asdict(self)
        del record["strategy"]
        return record


@dataclass(frozen=True)
class PlannedColumn:
    """A column of the table after the write; `source` is its name in the input, None when the input lacks it."""

    name: str
    type: str
    source: str | None


@dataclass(frozen=True)
class IngestionPlan:
    """Changes that an ingestion would make."""

    table: str
    mode: str
    creates_table: bool
    columns: tuple[PlannedColumn, ...]
    schema_changes: tuple[str, ...]
    partition_keys: tuple[str, ...]
    upsert_keys: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def ingest(
    platform: Platform,
    request: IngestionRequest,
    rows: object,
    *,
    writer: Writer | None = None,
    progress: ProgressReport | None = None,
    maintain: bool = True,
) -> IngestionResult:
    """Ingests files or a dataframe in one commit, then maintains the table if a threshold is reached.

    Memory is bounded, except that an upsert holds the keys of its batch.

    Args:
        platform: Platform that holds the table.
        request: Table to write, and how.
        rows: A `FileInput`, or a dataframe: pandas, polars, pyarrow, a DuckDB relation or anything else that streams
            Arrow data; with the Spark writer also a Spark DataFrame.
        writer: Engine that does the work; None is the native engine.
        progress: Called after each piece written, from any thread.
        maintain: Whether to maintain the table; callers that need the new snapshot first do so themselves.

    Raises:
        UnfinishedQuarantineError: The rows are written, but those to quarantine are not yet added to the quarantine.
        DatalakeError: The request or the data are invalid; the table is left unchanged.
    """
    writer = writer or native_writer(platform)
    start = time.monotonic()
    naming.check_not_quarantine("table_name", request.table.table)
    target, written = _recorded_write(platform, request, rows, writer, progress)
    if written.rows_quarantined:
        maintain_after_write(platform, quarantine_of(request.table))
    seconds = round(time.monotonic() - start, 3)
    if maintain and written.snapshot_id is not None:
        maintain_after_write(platform, request.table, writer, written.metadata)
    return result_of(target, written, seconds)


def _recorded_write(
    platform: Platform, request: IngestionRequest, rows: object, writer: Writer, progress: ProgressReport | None
) -> tuple[Target, WriteResult]:
    """Writes rows and their quarantine, and records both in the run ledger."""
    name = ".".join(request.table.identifier(platform.environment))
    with part_of_run(platform, Job(RunKind.INGESTION, f"ingest.{name}")) as run:
        target = target_of(platform, replace(request, run_id=request.run_id or run.run.id))
        run.wrote(Output(name))
        if isinstance(rows, FileInput):
            record_files(run, rows.path)
        with platform.service_errors(), recorded_violations(run, name):
            if isinstance(rows, FileInput):
                target = _loaded(platform, target)
                _check_prefix(platform, target)
                rows = _with_known_types(target, rows)
            written = writer.write(target, rows, progress)
            record_write(run, name, written)
            if written.quarantine_is_pending:
                finish_quarantine(platform, request.table)
    return target, written


def result_of(target: Target, written: WriteResult, seconds: float) -> IngestionResult:
    """Returns the outcome of a write that took a number of seconds."""
    counts = {each.name: getattr(written, each.name) for each in fields(written) if each.name not in _INTERNAL}
    request = target.request
    return IngestionResult(
        table=target.name, mode=request.mode.value, seconds=seconds, ingestion_id=request.ingestion_id, **counts
    )


def unchanged(platform: Platform, table: TableName, mode: IngestionMode) -> IngestionResult:
    """Returns the result of a write without rows, which left the table unchanged."""
    name = ".".join(table.identifier(platform.environment))
    return IngestionResult(name, mode.value, 0, 0, 0, 0, 0, 0, 0, 0.0, None, "", skipped=False)


def plan_ingestion(platform: Platform, request: IngestionRequest, files: FileInput) -> IngestionPlan:
    """Infers the types of the whole input and returns the changes that an ingestion would make; writes nothing.

    Raises:
        DatalakeError: The request or the input is invalid.
    """
    target = target_of(platform, request)
    with platform.service_errors(), classified_values_hidden(platform.catalog, target):
        target = _loaded(platform, target)
        files = _with_known_types(target, files)
        stream = open_input(files.path, files.options, open_filesystem=platform.input_filesystem)
        stream.resolve_types()
        plan = plan_write(platform.catalog, target, stream)
    plan.schema.check_values(target.name, stream.schema)
    schema = plan.transaction.schema
    sources = {name: stream.schema.field(position).name for name, position in plan.schema.sources.items()}
    return IngestionPlan(
        table=target.name,
        mode=request.mode.value,
        creates_table=plan.base is None,
        columns=tuple(
            PlannedColumn(column.name, format_type(column.field_type), sources.get(column.name))
            for column in schema.fields
        ),
        schema_changes=plan.schema.changes,
        partition_keys=tuple(str(key) for key in spec_keys(plan.transaction.spec, schema)),
        upsert_keys=plan.key_columns,
        warnings=(*plan.transaction.warnings, *plan.schema.value_dependent_warnings(target.name, stream.schema)),
    )


def target_of(platform: Platform, request: IngestionRequest) -> Target:
    """Resolves a request against the catalog of a platform."""
    identifier = request.table.identifier(platform.environment)
    return Target(identifier, platform.table_location(request.table), request)


def _loaded(platform: Platform, target: Target) -> Target:
    return replace(target, loaded=LoadedTable(load_if_exists(platform.catalog, target.identifier)))


def _check_prefix(platform: Platform, target: Target) -> None:
    """Warns of a new table whose database was probably written with the stage's prefix, as in queries."""
    prefix, database = platform.environment.database_prefix, target.request.table.database
    is_new = target.loaded is not None and target.loaded.table is None
    if is_new and prefix and database.startswith(prefix) and platform.catalog.namespace_exists(database):
        logger.warning(
            "%s: the prefix '%s' of the stage is added to '%s'; for a table in the existing database '%s', write '%s'",
            target.name,
            prefix,
            database,
            database,
            database.removeprefix(prefix),
        )


def _with_known_types(target: Target, files: FileInput) -> FileInput:
    """Starts type inference from the table's column types; declared types are binding."""
    declared = {
        name: arrow_type(declared_type(name, column.type))
        for name, column in target.request.configuration.columns.items()
        if column.type is not None
    }
    types = {**_stored_types(target), **declared}
    return replace(files, options=replace(files.options, types=types, declared=frozenset(declared)))


def _stored_types(target: Target) -> Mapping[str, Any]:
    stored = target.loaded and target.loaded.table
    return {column.name: column.type for column in write_schema(stored.schema())} if stored else {}
