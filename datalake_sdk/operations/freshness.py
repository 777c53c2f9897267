"""Compares tables with the freshness and the retention that their contracts promise in `slaProperties`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot, ancestors_of

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.contracts.promises import AGES, DAYS_BY_UNIT, RETENTION
from datalake_sdk.engine.column_range import TIME_TYPES, time_range
from datalake_sdk.errors import DatalakeError, EmptyLakeError, UnknownTableError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.operations.tables import summary_counts
from datalake_sdk.parallel import in_order
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table, names_of_stage
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import SlaProperty, TableConfiguration

_READERS = 16
"""Tables that are loaded at the same time; loading waits for the catalog and for one small file."""
_CHANGES = ("added-records", "deleted-records", "added-position-deletes", "added-equality-deletes")


class PromiseStatus(StrEnum):
    """Whether a table keeps a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PromiseState:
    """A promise of a table, and whether the table keeps it.

    Args:
        table: `database.table`, without the stage's prefix.
        promise: `freshness`, `latency` or `retention`.
        limit: Promised maximum age, for example `24 h`.
        element: Column whose values are compared; None for the time of the last change.
        status: Whether the table keeps the promise.
        at: Time that is compared, ISO 8601: the last change, or the latest (for retention the earliest) value of the
            column; None if there is none.
        age_seconds: Its age.
        limit_seconds: Promised maximum age.
        reason: Why the status is unknown; empty otherwise.
    """

    table: str
    promise: str
    limit: str
    element: str | None
    status: PromiseStatus
    at: str | None = None
    age_seconds: float | None = None
    limit_seconds: float | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def check_freshness(
    platform: Platform,
    tables: Sequence[TableName] | None = None,
    now: datetime | None = None,
    *,
    is_strict: bool | None = None,
) -> list[PromiseState]:
    """Compares the promises of tables with their age.

    Args:
        platform: Platform that holds the tables.
        tables: Tables to check; None checks all tables of the environment.
        now: Time to compare with, with a zone; None is the current time.
        is_strict: Whether a table that cannot be read is an error; otherwise its status is unknown. None is True if
            `tables` are given.

    Returns:
        A state for each promise, ordered by table; tables without promises have none.

    Raises:
        UnknownTableError: A table does not exist.
    """
    time = now or datetime.now(UTC)
    prefix = platform.environment.database_prefix
    with platform.service_errors():
        names = tables
        if names is None:
            names = [TableName(each.removeprefix(prefix), table) for each, table in names_of_stage(platform)]
    check = _table_states if (tables is not None if is_strict is None else is_strict) else _tolerant_states
    with ThreadPoolExecutor(_READERS, "freshness") as pool:
        states = in_order(pool, [partial(check, platform, name, time) for name in names])
        return [state for each in states for state in each]


def _tolerant_states(platform: Platform, name: TableName, now: datetime) -> list[PromiseState]:
    try:
        return _table_states(platform, name, now)
    except (EmptyLakeError, UnknownTableError):
        # It was deleted since it was listed.
        return []
    except DatalakeError as error:
        return [PromiseState(str(name), "", "", None, PromiseStatus.UNKNOWN, reason=error.message)]


def _table_states(platform: Platform, name: TableName, now: datetime) -> list[PromiseState]:
    with platform.service_errors():
        table = load_table(platform, name)
        contract = stored_contract(str(name), table.properties)
        return list(promise_states(name, table, contract, now)) if contract else []


def promise_states(
    name: TableName, table: Table, contract: TableConfiguration, now: datetime
) -> Iterator[PromiseState]:
    """Yields the state of each promise of a table's contract about its age."""
    for sla in contract.sla_properties:
        if sla.property in AGES:
            yield _state(name, table, sla, now)


def _state(name: TableName, table: Table, sla: SlaProperty, now: datetime) -> PromiseState:
    limit = _limit(sla)
    measured = _Measured(problem="it is not a number with a unit of time") if limit is None else _measured(table, sla)
    age = None if measured.at is None else now - measured.at
    return PromiseState(
        table=str(name),
        promise=sla.property,
        limit=f"{sla.value} {sla.unit or ''}".strip(),
        element=sla.element,
        status=_status(sla, measured, age, limit),
        at=None if measured.at is None else measured.at.isoformat(timespec="seconds"),
        age_seconds=None if age is None else round(age.total_seconds(), 3),
        limit_seconds=None if limit is None else limit.total_seconds(),
        reason=measured.problem,
    )


def _limit(sla: SlaProperty) -> timedelta | None:
    """Returns the promised maximum age; None if the value is not a number with a unit of time."""
    days = DAYS_BY_UNIT.get(sla.unit or "")
    if days is None or isinstance(sla.value, bool | str):
        return None
    return timedelta(days=min(days * sla.value, timedelta.max.days))


def _status(sla: SlaProperty, measured: _Measured, age: timedelta | None, limit: timedelta | None) -> PromiseStatus:
    if measured.problem or limit is None:
        return PromiseStatus.UNKNOWN
    # A table without rows is never fresh, but holds no rows that are too old.
    is_broken = sla.property != RETENTION if age is None else age > limit
    return PromiseStatus.BROKEN if is_broken else PromiseStatus.KEPT


@dataclass(frozen=True)
class _Measured:
    """The time to compare, or why there is none.

    Args:
        at: The time; None if no row has one.
        problem: Why it cannot be found; empty otherwise.
    """

    at: datetime | None = None
    problem: str = ""


def _measured(table: Table, sla: SlaProperty) -> _Measured:
    if sla.element is None:
        if sla.property == RETENTION:
            return _Measured(problem="retention requires `element`: the column with the time of a row")
        return _Measured(_last_change(table))
    name = normalized_column_name(sla.element.rpartition(".")[2])
    column = next((field for field in table.schema().fields if field.name == name), None)
    if column is None:
        return _Measured(problem=f"the table has no column '{name}'")
    if not isinstance(column.field_type, TIME_TYPES):
        return _Measured(problem=f"column '{name}' is {column.field_type}; it must be a date or a timestamp")
    found = time_range(table, column)
    if found is None:
        return _Measured()
    return _Measured(found.first if sla.property == RETENTION else found.last)


def _last_change(table: Table) -> datetime | None:
    """Returns the time of the newest snapshot that changed rows.

    If such snapshots have expired, the oldest one that is left is the latest possible time.
    """
    current = table.current_snapshot()
    history = [] if current is None else list(ancestors_of(current, table.metadata))
    if not history:
        return None
    changed = next((snapshot for snapshot in history if _changes_rows(snapshot)), history[-1])
    return datetime.fromtimestamp(changed.timestamp_ms / 1000, UTC)


def _changes_rows(snapshot: Snapshot) -> bool:
    if snapshot.summary is None or snapshot.summary.operation is Operation.REPLACE:
        return snapshot.summary is None
    counts = summary_counts(snapshot)
    return any(counts.get(name, 0) for name in _CHANGES)
