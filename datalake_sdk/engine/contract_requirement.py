"""Requirement that another writer has not changed the contract of a table since a write was planned."""

from __future__ import annotations

from pydantic import Field
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import AssertTableUUID

from datalake_sdk.table_contract import CONTRACT_PROPERTY


class AssertSameContract(AssertTableUUID):
    """The table must be the same one, and must still store the contract against which the write was checked.

    The requirements of the Iceberg REST specification concern no table properties, and storing a contract adds no
    snapshot. A REST catalog receives the requirement for the table only.

    Attributes:
        contract: Value of the table property; None requires that it is not set.
    """

    contract: str | None = Field(exclude=True)

    def validate(self, base_metadata: TableMetadata | None) -> None:  # type: ignore[override]
        super().validate(base_metadata)
        stored = base_metadata.properties.get(CONTRACT_PROPERTY) if base_metadata else None
        if stored != self.contract:
            raise CommitFailedException("Requirement failed: the contract of the table has changed")
