"""Writes and contracts for tests of quarantines."""

from __future__ import annotations

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.quarantine.reading import QuarantineFilter
from datalake_sdk.errors import (
    EmptyLakeError,
    NoQuarantineError,
    UnknownTableError,
)
from datalake_sdk.operations.quarantine.listing import show_quarantine
from datalake_sdk.operations.quarantine.replay import replay_quarantine
from datalake_sdk.table_contract import TableConfiguration
from test.behavior.lake import Lake

ALL = QuarantineFilter()
STRICT = {"schema": {"amount": {"logicalTypeOptions": {"minimum": 0}}}, "on_violation": "quarantine"}
RELAXED = {"schema": {"amount": {"logicalTypeOptions": {"minimum": -5}}}, "on_violation": "quarantine"}
OLD = [{"id": 1, "day": "mon", "amount": 1}, {"id": 2, "day": "tue", "amount": 2}]
GOOD = [{"id": 2, "day": "tue", "amount": 20}, {"id": 3, "day": "tue", "amount": 3}]
BAD = [{"id": 4, "day": "tue", "amount": -4}, {"id": 9, "day": "wed", "amount": -9}]
AFTER = {
    "overwrite": GOOD,
    "overwrite_partitions": [OLD[0], *GOOD],
    "append": [*OLD, *GOOD],
    "upsert": [OLD[0], *GOOD],
}


def ordered(rows):
    return sorted(rows, key=repr)


def quarantined(lake: Lake, table: str = "orders") -> list[dict]:
    """The quarantined rows, as another process sees them."""
    try:
        rows = show_quarantine(lake.again().platform, lake.named(table).table, ALL, 1000, show_classified=True)
    except (EmptyLakeError, NoQuarantineError, UnknownTableError):
        return []
    return ordered(dict(row.row) for row in rows)


def replay(lake: Lake, contract: dict | None = None, ingestion_id: str | None = None):
    configuration = parse_table("contract", contract) if contract else TableConfiguration()
    return list(replay_quarantine(lake.platform, lake.table, configuration, ingestion_id))


def write(lake: Lake, rows, mode: str = "append", contract: dict = STRICT, **options):
    keys = ("id",) if mode == "upsert" else ()
    return lake.ingest(rows, mode, keys, contract=contract, **options)
