"""Lists and shows quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pyiceberg.table import Table

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.quarantine.reading import QuarantineFilter, quarantined_ingestions, quarantined_rows
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import NoQuarantineError
from datalake_sdk.naming import QUARANTINE_SUFFIX
from datalake_sdk.operations.quarantine.finish import quarantine_of, try_to_finish_quarantine
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table, tables_of_stage
from datalake_sdk.settings import TableName

_MAX_ROWS = 20
_HIDDEN = "***"


@dataclass(frozen=True)
class QuarantinedIngestion:
    """The quarantined rows of one ingestion.

    Args:
        table: Table that the rows are missing from, as named in queries.
        ingestion_id: The ingestion.
        rows: Number of its rows that are quarantined.
        checks: Number of rows that violate each check.
        mode: How the ingestion wrote the table.
        input_files: Files that contain the rows, if the ingestion read files.
    """

    table: str
    ingestion_id: str
    rows: int
    checks: Mapping[str, int]
    mode: str
    run_id: str | None
    pipeline_name: str | None
    task_name: str | None
    input_files: tuple[str, ...]
    quarantined_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self) | {"quarantined_at": self.quarantined_at.isoformat()}


@dataclass(frozen=True)
class QuarantinedRow:
    """A quarantined row.

    Args:
        quarantine_id: Identifies the row in its quarantine.
        row: Its values; those of classified columns are hidden.
        checks: Checks that it violates.
        reason: What the checks require.
        input_file: File that contains the row, if it is known.
        input_row: Number of the row in its file or dataframe, from 1, if it is known.
    """

    quarantine_id: str
    ingestion_id: str
    row: Mapping[str, Any]
    checks: tuple[str, ...]
    reason: str
    input_file: str | None
    input_row: int | None
    quarantined_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self) | {"quarantined_at": self.quarantined_at.isoformat()}


def list_quarantine(
    platform: Platform, database: str | None = None, table: str | None = None
) -> list[QuarantinedIngestion]:
    """Lists the ingestions with quarantined rows, by table, oldest first.

    Args:
        platform: Platform that holds the tables.
        database: Database, without the stage's prefix; None lists all.
        table: Table of the database; None lists all.

    Raises:
        UnknownDatabaseError: The database does not exist.
        UnknownTableError: The table does not exist.
    """
    with platform.service_errors():
        if database is None or table is None:
            return [each for name in _names(platform, database) for each in _ingestions(platform, name)]
        found = list(_ingestions(platform, TableName(database, table)))
        if not found:
            load_table(platform, TableName(database, table))
        return found


def show_quarantine(
    platform: Platform,
    name: TableName,
    selected: QuarantineFilter,
    limit: int = _MAX_ROWS,
    *,
    show_classified: bool = False,
) -> list[QuarantinedRow]:
    """Returns quarantined rows of a table.

    Args:
        platform: Platform that holds the table.
        name: The table, not its quarantine.
        selected: Rows to return.
        limit: Maximum number of rows.
        show_classified: Whether to return the values of columns that the contract classifies, and those of all columns
            if the table was dropped, and its contract with it.

    Raises:
        NoQuarantineError: There are no such rows.
        UnknownTableError: The table does not exist.
    """
    with platform.service_errors():
        table, quarantine = opened(platform, name)
        is_hidden = _never_hidden if show_classified else _hidden_columns(name, table)
        found = [_row(record, is_hidden) for record in _first(quarantine, selected, limit)]
    if not found:
        raise NoQuarantineError(str(name), str(selected))
    return found


def opened(platform: Platform, name: TableName) -> tuple[Table | None, Table]:
    """Returns a table, if it exists, and its quarantine.

    Raises:
        NoQuarantineError: The table has no quarantine.
        UnknownTableError: Neither of them exists.
    """
    table = try_to_finish_quarantine(platform, name)
    quarantine = load_if_exists(platform.catalog, quarantine_of(name).identifier(platform.environment))
    if quarantine is None:
        load_table(platform, name)
        raise NoQuarantineError(str(name))
    return table, quarantine


def _names(platform: Platform, database: str | None) -> list[TableName]:
    """Tables that have a quarantine, or whose quarantine is not created yet."""
    prefix = platform.environment.database_prefix
    found = [(table.name()[-2].removeprefix(prefix), table.name()[-1]) for table in tables_of_stage(platform, database)]
    return sorted({TableName(base, table.removesuffix(QUARANTINE_SUFFIX)) for base, table in found}, key=str)


def _ingestions(platform: Platform, name: TableName) -> Iterator[QuarantinedIngestion]:
    try_to_finish_quarantine(platform, name)
    quarantine = load_if_exists(platform.catalog, quarantine_of(name).identifier(platform.environment))
    for record in quarantined_ingestions(quarantine) if quarantine else ():
        mode = json.loads(record.pop("write_options"))["mode"]
        files = tuple(record.pop("input_files"))
        table = ".".join(name.identifier(platform.environment))
        yield QuarantinedIngestion(table, mode=mode, input_files=files, **record)


def _hidden_columns(name: TableName, table: Table | None) -> Callable[[str], bool]:
    """Returns whether the values of a column are hidden."""
    if table is None:
        return lambda column: True
    contract = stored_contract(str(name), table.properties)
    return contract.classified_columns.__contains__ if contract else _never_hidden


def _never_hidden(_: str) -> bool:
    return False


def _first(quarantine: Table, selected: QuarantineFilter, limit: int) -> Iterator[dict[str, Any]]:
    missing = limit
    for batch in quarantined_rows(quarantine, selected):
        yield from batch.slice(0, missing).to_pylist()
        missing -= batch.num_rows
        if missing <= 0:
            return


def _row(record: Mapping[str, Any], is_hidden: Callable[[str], bool]) -> QuarantinedRow:
    values = {name: _HIDDEN if is_hidden(name) else value for name, value in json.loads(record["row"]).items()}
    return QuarantinedRow(
        record["quarantine_id"],
        record["ingestion_id"],
        values,
        tuple(record["checks"]),
        record["reason"],
        record["input_file"],
        record["input_row"],
        record["quarantined_at"],
    )
