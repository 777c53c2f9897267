"""Copy-on-write or merge-on-read: whether a hit file is written again or its hit rows are marked as deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalake_sdk.engine.position_deletes import deleted_rows
from datalake_sdk.engine.upsert import KeyMatches

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
        copy_on_write: Files to write again without the rows that are replaced.
        merge_on_read: Files whose replaced rows are marked as deleted.
        reason: Why, in words.
    """

    copy_on_write: Sequence[KeyMatches]
    merge_on_read: Sequence[KeyMatches]
    reason: str

    @property
    def name(self) -> str:
        """The mode of most rows that are replaced."""
        if not self.merge_on_read:
            return COPY_ON_WRITE
        return MERGE_ON_READ if not self.copy_on_write else f"{MERGE_ON_READ}, {COPY_ON_WRITE}"


def choose_strategy(matches: Sequence[KeyMatches], properties: Mapping[str, str]) -> UpsertStrategy:
    """Decides for each hit file.

    Args:
        matches: At least one.
        properties: Of the table; `write.merge.mode` forces a mode.
    """
    forced = properties.get(MODE_PROPERTY)
    if forced == COPY_ON_WRITE:
        return UpsertStrategy(matches, (), f"{MODE_PROPERTY} says so")
    if forced == MERGE_ON_READ:
        return UpsertStrategy((), matches, f"{MODE_PROPERTY} says so")
    size = sum(match.task.file.file_size_in_bytes for match in matches)
    if size <= _CHEAP_BYTES:
        return UpsertStrategy(matches, (), f"the {len(matches)} files hit have {_megabytes(size)} in all")
    copy_on_write = [match for match in matches if _share(match) > _REWRITE_ABOVE]
    merge_on_read = [match for match in matches if _share(match) <= _REWRITE_ABOVE]
    count = len(merge_on_read)
    reason = f"of {len(matches)} files hit, {_megabytes(size)}, {count} lose at most {_REWRITE_ABOVE:.0%} of their rows"
    return UpsertStrategy(copy_on_write, merge_on_read, reason)


def _share(match: KeyMatches) -> float:
    return (len(match.positions) + deleted_rows(match.task)) / match.task.file.record_count


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
