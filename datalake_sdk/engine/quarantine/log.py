"""Changes of a quarantine that a commit of its table has promised.

Two tables cannot change in one commit. A write therefore stages the rows to quarantine as a file, and commits the
change of the quarantine as a property of its table, together with the rows that it publishes. The change is then
applied to the quarantine: by the same process, or after a crash by the next one that uses the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

QUARANTINE_PROPERTY = "datalake_sdk_quarantine"
"""Last change of the [quarantine](quarantine.md) and, as JSON, the changes that a commit of the table has promised and
that may not be applied yet."""


class QuarantineAction(StrEnum):
    """Quarantined rows that a change removes."""

    ADD = "add"
    REPLACE_ALL = "replace_all"
    REPLACE_PARTITIONS = "replace_partitions"
    REPLACE_INGESTION = "replace_ingestion"


@dataclass(frozen=True)
class QuarantineChange:
    """A change of a quarantine.

    Args:
        ingestion_id: Ingestion id of the write, also in the quarantine: the change is applied once.
        action: Rows that it removes.
        file: Parquet file with the rows that it adds; None adds none.
        rows: Number of rows that it adds.
        replaced: Partitions of the table, or ingestion ids, whose quarantined rows it removes.
    """

    ingestion_id: str
    action: QuarantineAction = QuarantineAction.ADD
    file: str | None = None
    rows: int = 0
    replaced: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the change can be omitted."""
        return self.file is None and self.action is QuarantineAction.ADD


@dataclass(frozen=True)
class QuarantineLog:
    """Changes in the order of the commits that promised them.

    Args:
        last: Ingestion id of the last change, applied or not; None without any.
        pending: Changes that may not be applied yet.
    """

    last: str | None = None
    pending: tuple[QuarantineChange, ...] = ()

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> QuarantineLog:
        """Reads the log of a table from its properties."""
        stored = json.loads(properties.get(QUARANTINE_PROPERTY, "{}"))
        return cls(stored.get("last"), tuple(map(_change, stored.get("pending", ()))))

    def without(self, applied: frozenset[str]) -> QuarantineLog:
        """Returns the log without changes that are applied.

        Args:
            applied: Ingestion ids of these changes.
        """
        return replace(self, pending=tuple(each for each in self.pending if each.ingestion_id not in applied))

    def extended(self, change: QuarantineChange) -> QuarantineLog:
        """Returns the log with another change."""
        return QuarantineLog(change.ingestion_id, (*self.pending, change))

    def as_property(self) -> dict[str, str]:
        """Returns the table property; empty for a table that never had a quarantine."""
        if self.last is None:
            return {}
        changes = [{name: value for name, value in asdict(each).items() if value} for each in self.pending]
        return {QUARANTINE_PROPERTY: json.dumps({"last": self.last, "pending": changes}, separators=(",", ":"))}


def _change(fields: Mapping[str, object]) -> QuarantineChange:
    replaced = fields.get("replaced", ())
    assert isinstance(replaced, list | tuple)
    return QuarantineChange(
        ingestion_id=str(fields["ingestion_id"]),
        action=QuarantineAction(str(fields["action"])),
        file=str(fields["file"]) if "file" in fields else None,
        rows=int(str(fields.get("rows", 0))),
        replaced=tuple(map(str, replaced)),
    )
