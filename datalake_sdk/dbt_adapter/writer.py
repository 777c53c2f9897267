"""Writes the rows of a node; does not import dbt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from datalake_sdk.dbt_adapter.columns import written_columns
from datalake_sdk.dbt_adapter.model_runs import model_run
from datalake_sdk.dbt_adapter.model_writes import REPLACE, write_request
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.inputs.options import FileInput, InputOptions
from datalake_sdk.operations.ingest import IngestionResult, ingest
from datalake_sdk.operations.query import query
from datalake_sdk.operations.traced_columns import trace_columns
from datalake_sdk.platforms.base import Platform
from datalake_sdk.runtime.environment import EXECUTION_ARN, TaskSettings, task_settings
from datalake_sdk.settings import DuplicateKeys, EmptyBatch, IngestionMode, IngestionRequest, TableName

_SEED_NULLS = ("null", "Null", "NULL")
"""https://docs.getdbt.com/docs/build/seeds"""


@dataclass(frozen=True)
class NodeWriter:
    """Writes nodes to the tables of a platform.

    Args:
        platform: Platform that holds the tables.
    """

    platform: Platform

    def write(
        self, table: TableName, sql: str, strategy: str, node: Mapping[str, Any], keys: object = None
    ) -> IngestionResult:
        """Writes the rows of a node in one commit; creates the table even if there are no rows.

        In a task of a pipeline, a second write of the same node in the same execution is skipped.

        Args:
            table: Table of the node.
            sql: Query of the node; ignored for a seed.
            strategy: An incremental strategy, or `table`.
            node: The node as dbt passes it to macros.
            keys: Key columns of a merge; None is `unique_key` of the node.

        Raises:
            DatalakeError: The configuration, the query or the rows are invalid; the table is left unchanged.
        """
        task = _task()
        request = write_request(
            table,
            node,
            strategy,
            keys=keys,
            ingestion_id=_ingestion_id(task, table, node),
            properties=task.producer_properties if task else {},
        )
        with model_run(self.platform, node) as run:
            if node["resource_type"] == "seed":
                return ingest(self.platform, request, _seed_file(node))
            run.runs_sql(sql)
            trace_columns(self.platform, table, sql)
            return self._written(request, sql, node, strategy)

    def _written(self, request: IngestionRequest, sql: str, node: Mapping[str, Any], strategy: str) -> IngestionResult:
        rows = query(self.platform, sql)
        schema = rows.schema
        if strategy != REPLACE and node["resource_type"] == "model":
            rows = self._selected(request.table, rows, node["config"].get("on_schema_change") or "ignore")
        result = ingest(self.platform, request, rows)
        return result if result.snapshot_id or result.skipped else self._created(request, schema, result)

    def _selected(self, table: TableName, rows: pa.RecordBatchReader, on_change: str) -> pa.RecordBatchReader:
        stored = self._columns(table)
        if stored is None:
            return rows
        names = written_columns(table, rows.schema.names, stored, on_change)
        if names == rows.schema.names:
            return rows
        schema = pa.schema([rows.schema.field(name) for name in names])
        return pa.RecordBatchReader.from_batches(schema, (batch.select(names) for batch in rows))

    def _created(self, request: IngestionRequest, schema: pa.Schema, result: IngestionResult) -> IngestionResult:
        """Creates the table of a node without rows, which other nodes may read."""
        if self._columns(request.table) is not None:
            return result
        creation = replace(
            request,
            mode=IngestionMode.OVERWRITE,
            empty=EmptyBatch.REPLACE,
            partitions=None,
            on_duplicate=DuplicateKeys.REFUSE,
            order_by=None,
            delete_when=None,
        )
        return ingest(self.platform, creation, schema.empty_table())

    def _columns(self, table: TableName) -> list[str] | None:
        with self.platform.service_errors():
            stored = load_if_exists(self.platform.catalog, table.identifier(self.platform.environment))
        return None if stored is None else stored.schema().column_names


def _task() -> TaskSettings | None:
    return task_settings(os.environ) if os.environ.get(EXECUTION_ARN) else None


def _ingestion_id(task: TaskSettings | None, table: TableName, node: Mapping[str, Any]) -> str | None:
    """Returns an id that is the same in every retry of the task."""
    identifier = task.ingestion_id(table) if task else None
    batch = (node.get("batch") or {}).get("id")
    return identifier and "/".join(filter(None, [identifier, node["unique_id"], batch]))


def _seed_file(node: Mapping[str, Any]) -> FileInput:
    path = Path(node["root_path"]) / node["original_file_path"]
    delimiter = node["config"].get("delimiter") or ","
    options = InputOptions("csv", csv_delimiter=delimiter, usual_nulls=False, null_values=_SEED_NULLS)
    return FileInput(str(path), options)
