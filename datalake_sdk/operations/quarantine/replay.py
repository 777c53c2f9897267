"""Writes quarantined rows to their table once they satisfy its contract."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.table import Table

from datalake_sdk.batches import InMemoryStream
from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.quarantine.log import QuarantineLog
from datalake_sdk.engine.quarantine.reading import (
    QuarantineFilter,
    local_copy,
    quarantined_ingestions,
    quarantined_rows,
    restored_rows,
    restored_schema,
)
from datalake_sdk.engine.quarantine.rows import Origin, Replay, is_unpublished, replay_options
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.write import write
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import NoQuarantineError, QuarantineChangedError, UnpublishedOverwriteError
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.recording import part_of_run
from datalake_sdk.operations.maintain_table import maintain_after_write
from datalake_sdk.operations.quarantine.finish import finish_quarantine, quarantine_of
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import IngestionRequest, TableName, new_ingestion_id
from datalake_sdk.table_contract import TableConfiguration

logger = logging.getLogger(__name__)

_ATTEMPTS = 5


@dataclass(frozen=True)
class ReplayedIngestion:
    """Outcome of the replay of the quarantined rows of an ingestion.

    Args:
        table: Name in queries, with the stage's prefix.
        ingestion_id: The ingestion that the rows belong to.
        rows: Rows that were quarantined.
        replayed: Rows that were written to the table, and removed from the quarantine.
        remaining: Rows that still violate the contract.
        snapshot_id: Snapshot of the table; None if no row was written.
    """

    table: str
    ingestion_id: str
    rows: int
    replayed: int
    remaining: int
    snapshot_id: int | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def replay_quarantine(
    platform: Platform,
    name: TableName,
    configuration: TableConfiguration,
    ingestion_id: str | None = None,
) -> Iterator[ReplayedIngestion]:
    """Replays the quarantined rows of a table, ingestion by ingestion, oldest first.

    Each ingestion is one commit, which also removes the rows from the quarantine: a replay that is interrupted and
    repeated writes no row twice. Rows of an upsert are upserted, all others are appended.

    Args:
        platform: Platform that holds the table.
        name: The table, not its quarantine.
        configuration: Contract of the table; an empty configuration is the stored one.
        ingestion_id: Only rows of this ingestion; None replays all.

    Yields:
        The outcome of each ingestion as soon as it is known.

    Raises:
        NoQuarantineError: There are no such rows.
        UnpublishedOverwriteError: Rows of an overwrite were to replace stored rows, which the table still has; the rows
            of other ingestions are replayed.
        UnreadableQuarantineError: A row does not fit the columns of the table.
        QuarantineChangedError: Other processes repeatedly changed the quarantine.
    """
    ids = [each for each in _ingestion_ids(platform, name) if ingestion_id in (None, each)]
    if not ids:
        raise NoQuarantineError(str(name), str(QuarantineFilter(ingestion_id)))
    full_name = ".".join(name.identifier(platform.environment))
    unpublished: list[str] = []
    for each in ids:
        with part_of_run(platform, Job(RunKind.INGESTION, f"replay.{full_name}")) as run, platform.service_errors():
            try:
                result = _replayed(platform, name, configuration, each)
            except UnpublishedOverwriteError:
                unpublished.append(each)
                continue
            if result is not None:
                run.wrote(Output(full_name, result.snapshot_id, rows=result.replayed))
        if result is not None:
            yield result
    maintain_after_write(platform, name)
    maintain_after_write(platform, quarantine_of(name))
    if unpublished:
        raise UnpublishedOverwriteError(full_name, unpublished)


def _ingestion_ids(platform: Platform, name: TableName) -> list[str]:
    with platform.service_errors():
        finish_quarantine(platform, name)
        load_table(platform, name)
        if not platform.catalog.table_exists(quarantine_of(name).identifier(platform.environment)):
            return []
        return [each["ingestion_id"] for each in quarantined_ingestions(load_table(platform, quarantine_of(name)))]


def _replayed(
    platform: Platform, name: TableName, configuration: TableConfiguration, ingestion_id: str
) -> ReplayedIngestion | None:
    for _ in range(_ATTEMPTS):
        finish_quarantine(platform, name)
        # The table before its quarantine: if the quarantine changes after this, the write fails.
        table, quarantine = load_table(platform, name), load_table(platform, quarantine_of(name))
        found = quarantined_rows(quarantine, QuarantineFilter(ingestion_id))
        with local_copy(found, write_schema(quarantine.schema()).remove_metadata()) as rows:
            if not rows.num_rows:
                return None
            if any(map(is_unpublished, pc.unique(rows["write_options"]).to_pylist())):
                raise UnpublishedOverwriteError(".".join(table.name()), [ingestion_id])
            try:
                written = _write(platform, name, configuration, table, rows)
            except QuarantineChangedError:
                logger.info("%s: the quarantine changed during the replay; reading it again", name)
                continue
        finish_quarantine(platform, name)
        return ReplayedIngestion(
            ".".join(table.name()),
            ingestion_id,
            rows=written.rows_read,
            replayed=written.rows_read - written.rows_quarantined,
            remaining=written.rows_quarantined,
            snapshot_id=written.snapshot_id,
        )
    raise QuarantineChangedError(str(name))


def _write(
    platform: Platform, name: TableName, configuration: TableConfiguration, table: Table, rows: pa.Table
) -> WriteResult:
    first = rows.slice(0, 1).to_pylist()[0]
    same = ("ingestion_id", "run_id", "pipeline_name", "task_name", "write_options", "quarantined_at")
    locations = rows.select(["input_file", "input_row"])
    origin = Origin(**{field: first[field] for field in same}, locations=locations)
    request = IngestionRequest(
        name,
        configuration=configuration,
        ingestion_id=f"{origin.ingestion_id}/replay-{new_ingestion_id()}",
        **replay_options(origin.write_options),  # type: ignore[arg-type]
    )
    replay = Replay(origin, QuarantineLog.of(table.properties).last)
    target = Target(name.identifier(platform.environment), table.location(), request, replay)
    schema = restored_schema(table.schema(), first["row"])
    return write(platform.catalog, target, InMemoryStream(schema, restored_rows(target.name, table.schema(), rows)))
