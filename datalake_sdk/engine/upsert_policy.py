"""Chooses between copy-on-write and merge-on-read for each data file that an upsert changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.engine.position_deletes import deleted_rows
from datalake_sdk.engine.table_properties import COPY_ON_WRITE, MERGE_MODE, MERGE_ON_READ
from datalake_sdk.engine.upsert import KeyMatches
from datalake_sdk.errors import counted

_CHEAP_BYTES = 16 << 20
"""Approximate amount of data that one core reads, filters and writes in a third of a second."""
_REWRITE_ABOVE = 0.3
_NO_DELETE_FILES = "tables of format version 1 have no delete files"


@dataclass(frozen=True)
class UpsertStrategy:
    """Strategy for each data file with matching rows.

    Args:
        copy_on_write: Files to rewrite without the replaced rows.
        merge_on_read: Files whose replaced rows are marked as deleted in position delete files.
        reason: Explanation for users.
    """

    copy_on_write: Sequence[KeyMatches]
    merge_on_read: Sequence[KeyMatches]
    reason: str

    @property
    def name(self) -> str:
        """Name of the strategy for the snapshot summary; both names if files differ."""
        if not self.merge_on_read:
            return COPY_ON_WRITE
        return MERGE_ON_READ if not self.copy_on_write else f"{MERGE_ON_READ}, {COPY_ON_WRITE}"


def choose_strategy(table: str, matches: Sequence[KeyMatches], metadata: TableMetadata) -> UpsertStrategy:
    """Chooses a strategy for each data file with matching rows.

    Args:
        table: Name for messages.
        matches: Matches of at least one file.
        metadata: Metadata of the table. Its property `write.merge.mode` forces one strategy; tables of format version 1
            have no delete files and always use copy-on-write.

    Raises:
        InvalidTablePropertyError: `write.merge.mode` is invalid.
    """
    forced = MERGE_MODE.read(table, metadata.properties)
    if forced == COPY_ON_WRITE:
        return UpsertStrategy(matches, (), f"set by {MERGE_MODE.name}")
    if metadata.format_version == 1:
        return UpsertStrategy(matches, (), _NO_DELETE_FILES)
    if forced == MERGE_ON_READ:
        return UpsertStrategy((), matches, f"set by {MERGE_MODE.name}")
    size = sum(match.task.file.file_size_in_bytes for match in matches)
    if size <= _CHEAP_BYTES:
        return UpsertStrategy(matches, (), f"only {counted(len(matches), 'file')} to rewrite, {_megabytes(size)}")
    copy_on_write = [match for match in matches if _share(match) > _REWRITE_ABOVE]
    merge_on_read = [match for match in matches if _share(match) <= _REWRITE_ABOVE]
    count = len(merge_on_read)
    files = f"{count} of {counted(len(matches), 'file')}, {_megabytes(size)}"
    reason = f"at most {_REWRITE_ABOVE:.0%} of the rows change in {files}"
    return UpsertStrategy(copy_on_write, merge_on_read, reason)


def _share(match: KeyMatches) -> float:
    return (len(match.positions) + deleted_rows(match.task)) / match.task.file.record_count


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
