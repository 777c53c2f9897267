"""Writes the output tables of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from datalake_sdk.engine.writer import ProgressReport, Writer
from datalake_sdk.operations import table_metadata
from datalake_sdk.operations.incremental_reads import IncrementalReads
from datalake_sdk.operations.ingest import IngestionResult, ingest
from datalake_sdk.operations.maintain_table import MaintainedTable, maintain_table
from datalake_sdk.operations.tables_configuration import load_table_configuration
from datalake_sdk.operations.task_results import ProcessingResponse
from datalake_sdk.platforms.base import Platform
from datalake_sdk.runtime.environment import TaskSettings
from datalake_sdk.settings import (
    IngestionMode,
    IngestionRequest,
    OutputTable,
    TableName,
    checked_properties,
    choice,
    new_ingestion_id,
    partition_selection,
)


class TaskOutputs:
    """Turns the responses of a task into ingestions.

    Args:
        platform: Platform that holds the tables.
        task: Settings of the task, from which ingestion ids and table properties derive.
        configuration_folder: Folder of the `database.table.yaml` files.
        open_writer: Returns the engine; called for each write.
        show_progress: Shows the progress of one write: a context that yields the function to report it to, or None.
        reads: Incremental reads of the task, whose positions are stored with the tables.
    """

    def __init__(
        self,
        platform: Platform,
        task: TaskSettings,
        configuration_folder: Path,
        open_writer: Callable[[], Writer],
        show_progress: Callable[[], AbstractContextManager[ProgressReport | None]],
        reads: IncrementalReads,
    ) -> None:
        self._platform = platform
        self._task = task
        self._configuration_folder = configuration_folder
        self._open_writer = open_writer
        self._show_progress = show_progress
        self._reads = reads
        self._writes: Counter[str] = Counter()
        self.written: set[TableName] = set()
        """Tables that the run has written."""
        self._loads = 0

    def start_run(self) -> None:
        """Starts a run of the task: what it reads incrementally does not depend on an earlier run with this object."""
        self.written.clear()
        if self._reads.restart():
            self._writes.clear()
            self._loads = 0

    def apply(self, table: TableName, output: OutputTable, response: ProcessingResponse) -> Mapping[str, Any]:
        """Applies a response to its table: writes its rows, or updates the descriptions if it has none.

        Returns:
            JSON-serializable statistics of the ingestion; empty without one.
        """
        if response.dataframe is not None:
            return self.write(table, output, response).as_dict()
        self.update_metadata(table)
        if response.force_maintenance and table_metadata.table_exists(self._platform, table):
            self.maintain(table, force=True)
        return {}

    def write(
        self, table: TableName, output: OutputTable, response: ProcessingResponse, ingestion_id: str | None = None
    ) -> IngestionResult:
        """Writes the rows of a response in one commit.

        Args:
            table: Table to write.
            output: How to write it.
            response: The rows, and options of this write.
            ingestion_id: Idempotency key; None numbers the task's writes to the table.
        """
        mode = response.override_ingestion_mode
        request = IngestionRequest(
            table,
            IngestionMode.parse(mode) if mode else output.ingestion_mode,
            output.upsert_keys,
            output.partition_keys,
            load_table_configuration(table, self._configuration_folder),
            ingestion_id or self._next_ingestion_id(table),
            {**checked_properties(response.properties), **self._task.producer_properties, **self._reads.properties},
            choice("empty", response.empty, output.empty),
            None if response.partitions is None else partition_selection(response.partitions),
            output.on_duplicate,
            output.order_by,
            output.delete_when,
        )
        with self._show_progress() as report:
            result = ingest(self._platform, request, response.dataframe, writer=self._open_writer(), progress=report)
        self.written.add(table)
        if response.force_maintenance:
            self.maintain(table, force=True)
        return result

    def next_load(self) -> Callable[[TableName], str]:
        """Numbers a load of several tables, whether or not it has rows for each of them.

        Returns:
            The function that returns the ingestion id of a table in this load, the same in every retry of the task.
        """
        self._loads += 1
        return partial(self._load_ingestion_id, self._loads)

    def maintain(self, table: TableName, *, force: bool) -> MaintainedTable:
        """Maintains a table, if a threshold is reached or if forced."""
        return maintain_table(self._platform, table, force=force, writer=self._open_writer())

    def update_metadata(self, table: TableName) -> None:
        """Stores the descriptions of a table and the task that writes it."""
        configuration = load_table_configuration(table, self._configuration_folder)
        table_metadata.update_table_metadata(self._platform, table, configuration, self._task.producer_properties)

    def _next_ingestion_id(self, table: TableName) -> str:
        """Numbers the task's writes to a table, so that a retry of the task repeats the same ids."""
        identifier = self._ingestion_id(table)
        if identifier is None:
            return new_ingestion_id()
        self._writes[identifier] += 1
        number = self._writes[identifier]
        return f"{identifier}/{number}" if number > 1 else identifier

    def _load_ingestion_id(self, load: int, table: TableName) -> str:
        identifier = self._ingestion_id(table)
        return new_ingestion_id() if identifier is None else f"{identifier}/load-{load}"

    def _ingestion_id(self, table: TableName) -> str | None:
        return self._reads.ingestion_id(table) or self._task.ingestion_id(table)
