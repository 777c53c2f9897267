"""Requirement that another writer has not changed the branches and tags of a table."""

from __future__ import annotations

from pydantic import Field
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRef
from pyiceberg.table.update import AssertTableUUID


class AssertSameReferences(AssertTableUUID):
    """The table must be the same one, with the same branches and tags.

    The requirements of the Iceberg REST specification concern single references, not the absence of new ones.

    Attributes:
        references: Branches and tags by name.
    """

    references: dict[str, SnapshotRef] = Field(exclude=True)

    def validate(self, base_metadata: TableMetadata | None) -> None:  # type: ignore[override]
        super().validate(base_metadata)
        if base_metadata is None or base_metadata.refs != self.references:
            raise CommitFailedException("Requirement failed: the branches or tags of the table have changed")
