"""Maintains the run ledger: compacts days that have ended, and removes old ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from datalake_sdk.calendar import days_before
from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.ledger.compacted_days import compact_day
from datalake_sdk.platforms.base import Platform

KEPT_DAYS = 400


@dataclass(frozen=True)
class MaintainedLedger:
    """Outcome of the maintenance.

    Args:
        days_compacted: Days whose events were moved to a Parquet file.
        events_compacted: Number of these events.
        days_removed: Days that were removed.
    """

    days_compacted: int
    events_compacted: int
    days_removed: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def maintain_ledger(platform: Platform, kept_days: int = KEPT_DAYS, now: datetime | None = None) -> MaintainedLedger:
    """Moves the events of each day before today to one Parquet file, and removes days that are no longer kept.

    Args:
        platform: Platform of the environment.
        kept_days: Number of days to keep, at least 1.
        now: Time of the maintenance; None is the current time.

    Raises:
        InvalidSettingError: No day would be kept.
        DatalakeError: The ledger cannot be read or changed; no event is lost.
    """
    if kept_days < 1:
        raise InvalidSettingError("--keep-days", kept_days, "at least 1")
    store, time = platform.run_events, now or datetime.now(UTC)
    today, first = time.date().isoformat(), days_before(time, kept_days - 1).date().isoformat()
    days = store.days()
    expired = [day for day in days if day < first]
    for day in expired:
        store.remove(day, [*store.names(day), *store.compacted(day)])
    moved = [compact_day(store, day) for day in days if first <= day < today]
    return MaintainedLedger(sum(count > 0 for count in moved), sum(moved), len(expired))
