"""Maintains a table, on request or after a write."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.engine.maintenance import MaintenanceResult, maintain
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy, starts_automatically
from datalake_sdk.engine.writer import NativeWriter, Writer
from datalake_sdk.errors import DatalakeError, SelfMaintainedError
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.recording import RunRecord, new_run, recorded
from datalake_sdk.operations.quarantine.finish import finish_quarantine
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MaintainedTable:
    """Outcome of the maintenance of a table.

    Args:
        table: Name in queries, with the stage's prefix.
        maintenance: Statistics of each step.
        seconds: Duration.

    Example:
        >>> maintained = job.perform_table_maintenance("raw.orders")
        >>> maintained.table, maintained.maintenance.snapshots_expired
        ('dev_raw.orders', 0)
    """

    table: str
    maintenance: MaintenanceResult
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return {"table": self.table, **asdict(self.maintenance), "seconds": self.seconds}


def maintain_table(
    platform: Platform, name: TableName, *, force: bool = False, writer: Writer | None = None
) -> MaintainedTable:
    """Compacts data files, merges manifests, expires snapshots and removes unreferenced files.

    Args:
        platform: Platform that holds the table.
        name: Table to maintain.
        force: Whether to run every step; otherwise maintenance runs only when a threshold of the table is reached.
        writer: Engine that rewrites and removes files; None is the native engine.

    Raises:
        UnknownTableError: The table does not exist.
        EmptyLakeError: The environment has no tables.
        SelfMaintainedError: The storage maintains the tables.
        UnfinishedQuarantineError: Rows could not be added to the quarantine; nothing was changed.
        DatalakeError: A step failed; no row is lost.
    """
    if platform.capabilities.managed_storage:
        raise SelfMaintainedError(str(name))
    start = time.monotonic()
    writer = writer or native_writer(platform)
    with platform.service_errors():
        # Maintenance would remove the staged rows of an interrupted write.
        finish_quarantine(platform, name)
    table = load_table(platform, name)
    full_name = ".".join(table.name())
    job = Job(RunKind.MAINTENANCE, f"maintain_table.{full_name}")
    with recorded(RunRecord(platform, new_run(job))) as run, platform.service_errors():
        result = maintain(platform.catalog, table, writer.maintenance_actions(table), force=force)
        run.wrote(Output(full_name, load_table(platform, name).metadata.current_snapshot_id))
    return MaintainedTable(full_name, result, round(time.monotonic() - start, 3))


def maintain_after_write(
    platform: Platform, name: TableName, writer: Writer | None = None, metadata: TableMetadata | None = None
) -> None:
    """Maintains a table after a write if a threshold is reached; failures are only logged.

    Args:
        platform: Platform that holds the table.
        name: Table that was written.
        writer: Engine that rewrites and removes files; None is the native engine.
        metadata: Metadata of the table after the write; None loads it.
    """
    if platform.capabilities.managed_storage:
        return
    try:
        if _is_due(".".join(name.identifier(platform.environment)), metadata or load_table(platform, name).metadata):
            logger.info("%s: %s", name, maintain_table(platform, name, writer=writer).maintenance)
    except (DatalakeError, OSError, ValueError, pa.ArrowException) as error:
        logger.warning("%s: the rows are written, but maintenance failed: %s", name, error)


def native_writer(platform: Platform) -> NativeWriter:
    """Returns the native engine for the tables of a platform."""
    return NativeWriter(platform.catalog, platform.input_filesystem, platform.list_table_files)


def _is_due(table: str, metadata: TableMetadata) -> bool:
    return starts_automatically(MaintenancePolicy.of(table, metadata.properties), table, metadata)
