"""Writes the rows of accepted requests to the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from datalake_sdk.engine.ingestion_ids import snapshot_of
from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import MissingUpsertKeysError
from datalake_sdk.ingestion_api.contract import Contract, Row, contract_of
from datalake_sdk.ingestion_api.requests import parsed_rows
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.ingestion_buffer import AcceptedRows
from datalake_sdk.settings import IngestionMode, IngestionRequest

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TableCommits:
    """Commits batches to a table.

    Args:
        platform: Platform that holds the table.
        contract: Contract of the table.
        request: How batches are written.
    """

    platform: Platform
    contract: Contract
    request: IngestionRequest

    def __call__(self, batch: str, content: Sequence[AcceptedRows]) -> int | None:
        """Writes rows in one commit, unless the table already contains the batch.

        An upsert keeps the last accepted row of a key.

        Raises:
            DatalakeError: The rows cannot be written; the table is unchanged.
        """
        rows = [row for each in content for row in self.contract.checked(parsed_rows(each.body.encode()))]
        if self.contract.keys:
            rows = list({self.contract.key(row): row for row in rows}.values())
        result = ingest(self.platform, replace(self.request, ingestion_id=batch), arrow_table(self.contract, rows))
        return self._snapshot_of(batch) if result.skipped else result.snapshot_id

    def _snapshot_of(self, batch: str) -> int | None:
        stored = load_if_exists(self.platform.catalog, self.request.table.identifier(self.platform.environment))
        return snapshot_of(stored.metadata, batch) if stored else None


def current_contract(platform: Platform, request: IngestionRequest) -> Contract:
    """Returns the contract of a table, from its file and from the stored table.

    Raises:
        UntypedContractError: A column has no type.
        MissingUpsertKeysError: The mode is `upsert`, but no keys are given.
        UnknownKeyColumnsError: An upsert key is not a column.
        UnkeyableTypeError: An upsert key has a nested type.
    """
    keys = request.upsert_keys if request.mode is IngestionMode.UPSERT else ()
    if request.mode is IngestionMode.UPSERT and not keys:
        raise MissingUpsertKeysError(str(request.table))
    stored = load_if_exists(platform.catalog, request.table.identifier(platform.environment))
    return contract_of(request.table, request.configuration, stored.schema() if stored else None, keys)


def arrow_table(contract: Contract, rows: Sequence[Row]) -> pa.Table:
    """Converts rows to a table with all columns of the contract; missing values are null."""
    import pyarrow as pa

    columns = {
        name: pa.array([row.get(name) for row in rows], type=arrow_type(column.type))
        for name, column in contract.columns.items()
    }
    return pa.table(columns)
