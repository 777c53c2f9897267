"""Copy-on-write or merge-on-read: whether a hit file is written again or its hit rows are marked as deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalake_sdk.engine.position_deletes import deleted_rows
from datalake_sdk.engine.upsert import Hits

MODE_PROPERTY = "write.merge.mode"
"""Iceberg's own property: https://iceberg.apache.org/docs/latest/configuration/#write-properties"""
COPY_ON_WRITE, MERGE_ON_READ = "copy-on-write", "merge-on-read"

_CHEAP_BYTES = 16 << 20
"""About what a core reads, filters and writes in a third of a second."""
_REWRITE_ABOVE = 0.3


@dataclass(frozen=True)
class UpsertStrategy:
    """What happens to each hit file.

    Args:
        rewritten: Files to write again without the rows that are replaced.
        marked: Files whose replaced rows are marked as deleted.
        reason: Why, in words.
    """

    rewritten: Sequence[Hits]
    marked: Sequence[Hits]
    reason: str

    @property
    def name(self) -> str:
        """The mode of most rows that are replaced."""
        if not self.marked:
            return COPY_ON_WRITE
        return MERGE_ON_READ if not self.rewritten else f"{MERGE_ON_READ}, {COPY_ON_WRITE}"


def choose_strategy(hits: Sequence[Hits], properties: Mapping[str, str]) -> UpsertStrategy:
    """Decides for each hit file.

    Args:
        hits: At least one.
        properties: Of the table; `write.merge.mode` forces a mode.
    """
    forced = properties.get(MODE_PROPERTY)
    if forced == COPY_ON_WRITE:
        return UpsertStrategy(hits, (), f"{MODE_PROPERTY} says so")
    if forced == MERGE_ON_READ:
        return UpsertStrategy((), hits, f"{MODE_PROPERTY} says so")
    size = sum(hit.task.file.file_size_in_bytes for hit in hits)
    if size <= _CHEAP_BYTES:
        return UpsertStrategy(hits, (), f"the {len(hits)} files hit have {_megabytes(size)} in all")
    rewritten = [hit for hit in hits if _share(hit) > _REWRITE_ABOVE]
    marked = [hit for hit in hits if _share(hit) <= _REWRITE_ABOVE]
    reason = (
        f"of {len(hits)} files hit, {_megabytes(size)}, {len(marked)} lose at most {_REWRITE_ABOVE:.0%} of their rows"
    )
    return UpsertStrategy(rewritten, marked, reason)


def _share(hit: Hits) -> float:
    return (len(hit.positions) + deleted_rows(hit.task)) / hit.task.file.record_count


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
