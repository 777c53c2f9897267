"""Maintains a table: on request, or after a write when it is due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk.engine.maintenance import MaintenanceActions, MaintenanceResult, maintain, native_actions
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy, due_reason
from datalake_sdk.errors import DatalakeError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MaintainedTable:
    """What maintenance did to a table.

    Args:
        table: Name as queries use it, with the stage's prefix.
        maintenance: The steps' figures.
        seconds: How long it took.
    """

    table: str
    maintenance: MaintenanceResult
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields."""
        return {"table": self.table, **asdict(self.maintenance), "seconds": self.seconds}


def native_engine(platform: Platform, table: Table) -> MaintenanceActions:
    """What the native engine does to a table."""
    return native_actions(platform.catalog, partial(platform.list_table_files, table))


def maintain_table(
    platform: Platform,
    name: TableName,
    *,
    force: bool = False,
    engine: Callable[[Platform, Table], MaintenanceActions] = native_engine,
) -> MaintainedTable:
    """Compacts files, merges manifests, expires snapshots and removes files that nothing refers to.

    Args:
        platform: Where the table is.
        name: Table to maintain.
        force: Whether every step runs now; else only when the table's thresholds say so.
        engine: What does the work.

    Raises:
        UnknownTableError: There is no such table.
        EmptyLakeError: There is no table at all.
        DatalakeError: A step failed; no row is lost.
    """
    start = time.monotonic()
    table = load_table(platform, name)
    with platform.service_errors():
        result = maintain(platform.catalog, table, engine(platform, table), force=force)
    return MaintainedTable(".".join(table.name()), result, round(time.monotonic() - start, 3))


def maintain_after_write(
    platform: Platform, name: TableName, run: Callable[[Platform, TableName], MaintainedTable] = maintain_table
) -> None:
    """Maintains a table that was just written to, when it is due; a failure is told in the log only.

    Args:
        platform: Where the table is.
        name: Table that was written to.
        run: An engine's maintenance.
    """
    try:
        table = load_table(platform, name)
        if _is_due(table):
            logger.info("%s: %s", name, run(platform, name).maintenance)
    except (DatalakeError, OSError, ValueError, pa.ArrowException) as error:
        logger.warning("%s: the rows are written, but maintenance failed: %s", name, error)


def _is_due(table: Table) -> bool:
    name = ".".join(table.name())
    policy = MaintenancePolicy.of(name, table.properties)
    return policy.automatic and due_reason(policy, name, table.metadata) is not None
