"""Reads the rows that were added to a table since the last successful run of a task.

Each commit of the task stores up to which snapshots it has read as pending, in a property of the output table. After
the last commit, one table stores them as done. As long as they are pending, the next run reads the same rows again, and
skips the tables that the interrupted run has written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from pyiceberg.table import Table

from datalake_sdk.engine.incremental import check_appends
from datalake_sdk.engine.read_range import ReadRange
from datalake_sdk.engine.scan import check_snapshot
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import (
    InvalidSettingError,
    MissingReadStateError,
    RewrittenRowsError,
    UnknownReadPositionError,
)
from datalake_sdk.operations.table_metadata import update_table_metadata
from datalake_sdk.output_tables import is_pattern
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.runtime.environment import TaskSettings
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import TableConfiguration

LAST_RUN = "last_run"
PROPERTY_PREFIX = "datalake_sdk_read_"
"""Positions of [reads with `since="last_run"`](task-runtime.md#rows-added-since-the-last-run)."""
_READ_ALL = "read_all"
_REACTIONS = ("fail", _READ_ALL)


@dataclass(frozen=True)
class _Position:
    """A snapshot of a table that a task reads."""

    snapshot_id: int
    committed_ms: int

    def is_after(self, other: _Position | None) -> bool:
        return other is None or (self.committed_ms >= other.committed_ms and self != other)


@dataclass(frozen=True)
class _State:
    """Positions by table, as stored in a property of an output table."""

    done: Mapping[str, _Position] = field(default_factory=dict)
    pending: Mapping[str, _Position] = field(default_factory=dict)


class IncrementalReads:
    """The reads of one run of a task.

    Args:
        platform: Platform that holds the tables.
        task: Settings of the task.
        outputs: Names of its output tables.
    """

    def __init__(self, platform: Platform, task: TaskSettings, outputs: Collection[str]) -> None:
        self._platform = platform
        self._task = task
        self._outputs = outputs
        self._ranges: dict[str, tuple[_Position | None, _Position]] = {}
        self._stored: _State | None = None

    def range(self, name: TableName, since: object, on_rewrite: str) -> ReadRange:
        """Chooses the snapshots to read.

        Args:
            name: Table to read.
            since: `last_run`, or the id of a snapshot.
            on_rewrite: `fail`, or `read_all` to read all rows if rows were also replaced or deleted.

        Raises:
            InvalidSettingError: `since` or `on_rewrite` is invalid.
            MissingReadStateError: The task has no output table to store the last snapshot read.
            UnknownSnapshotError: The table does not have the snapshot.
            UnknownReadPositionError: The snapshot of the last run has expired, or is of another history.
            RewrittenRowsError: Rows were replaced or deleted.
        """
        if on_rewrite not in _REACTIONS:
            raise InvalidSettingError("on_rewrite", on_rewrite, f"one of {', '.join(_REACTIONS)}")
        table = load_table(self._platform, name)
        if since == LAST_RUN:
            return _checked(table, self._since_last_run(str(name), table), on_rewrite)
        if not isinstance(since, int) or isinstance(since, bool):
            raise InvalidSettingError("since", since, f"'{LAST_RUN}' or the id of a snapshot, a whole number")
        check_snapshot(table, since)
        return _checked(table, ReadRange(since, table.metadata.current_snapshot_id), on_rewrite)

    @property
    def properties(self) -> dict[str, str]:
        """Properties to set in each commit of the task: the positions that it has read."""
        if self._stored is None or not self._ranges:
            return {}
        return {self._property: _json(_State(self._stored.done, {**self._stored.pending, **self._read}))}

    def ingestion_id(self, table: TableName) -> str | None:
        """Ingestion id of a write after an incremental read, the same in each run that reads the same rows.

        Returns:
            None if the task has not read new rows, so that another run may write again.
        """
        if not self._has_progress:
            return None
        ranges = {source: asdict(self._snapshots(source)) for source in self._ranges}
        digest = sha256(json.dumps(ranges, sort_keys=True).encode()).hexdigest()[:16]
        return f"{self._property.removeprefix(PROPERTY_PREFIX)}/{table}/{digest}"

    def complete(self) -> None:
        """Stores that the task has written everything, unless it has read no new rows."""
        if self._stored is None or not self._has_progress:
            return
        output = next((name for name, _ in self._existing_outputs()), None)
        if output is not None:
            done = {**_latest([self._stored.done, self._stored.pending]), **self._read}
            properties = {self._property: _json(_State(done, done))}
            update_table_metadata(self._platform, output, TableConfiguration(), properties)

    def restart(self) -> bool:
        """Forgets the reads of an earlier run with the same object.

        Returns:
            Whether there were any.
        """
        had_reads = self._stored is not None
        self._ranges, self._stored = {}, None
        return had_reads

    @property
    def _read(self) -> dict[str, _Position]:
        return {table: until for table, (_, until) in self._ranges.items()}

    @property
    def _has_progress(self) -> bool:
        return any(after != until for after, until in self._ranges.values())

    @property
    def _property(self) -> str:
        return PROPERTY_PREFIX + "_".join(self._task.reader or ("task",))

    def _since_last_run(self, name: str, table: Table) -> ReadRange:
        if self._stored is None:
            self._stored = self._load()
        current = table.current_snapshot()
        if current is None:
            return ReadRange(None, None)
        if name not in self._ranges:
            until = _Position(current.snapshot_id, current.timestamp_ms)
            pending = self._stored.pending.get(name)
            if pending is not None and self._is_interrupted(self._stored):
                until = pending
            self._ranges[name] = (self._stored.done.get(name), until)
        return self._snapshots(name)

    def _snapshots(self, name: str) -> ReadRange:
        after, until = self._ranges[name]
        return ReadRange(None if after is None else after.snapshot_id, until.snapshot_id)

    @staticmethod
    def _is_interrupted(state: _State) -> bool:
        """Whether the last run has written, but not all of its tables."""
        return any(position.is_after(state.done.get(table)) for table, position in state.pending.items())

    def _load(self) -> _State:
        if all(map(is_pattern, self._outputs)):
            raise MissingReadStateError
        states = [_parsed(table.properties.get(self._property)) for _, table in self._existing_outputs()]
        return _State(_latest(state.done for state in states), _latest(state.pending for state in states))

    def _existing_outputs(self) -> Iterator[tuple[TableName, Table]]:
        for output in self._outputs:
            if not is_pattern(output):
                name = TableName.parse(output)
                table = load_if_exists(self._platform.catalog, name.identifier(self._platform.environment))
                if table is not None:
                    yield name, table


def _checked(table: Table, planned: ReadRange, on_rewrite: str) -> ReadRange:
    if planned.after is None or planned.until is None:
        return planned
    try:
        check_appends(table, planned.after, planned.until)
    except (RewrittenRowsError, UnknownReadPositionError):
        if on_rewrite != _READ_ALL:
            raise
        return ReadRange(None, planned.until)
    return planned


def _latest(states: Iterable[Mapping[str, _Position]]) -> dict[str, _Position]:
    latest: dict[str, _Position] = {}
    for state in states:
        for table, position in state.items():
            if position.is_after(latest.get(table)):
                latest[table] = position
    return latest


def _json(state: _State) -> str:
    return json.dumps(asdict(state), separators=(",", ":"), sort_keys=True)


def _parsed(text: str | None) -> _State:
    fields = json.loads(text or "{}")
    return _State(**{name: {table: _Position(**each) for table, each in fields[name].items()} for name in fields})
