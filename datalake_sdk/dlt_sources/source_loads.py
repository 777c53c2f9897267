"""Loads sources into tables without a task, for the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalake_sdk.dlt_sources import require_dlt
from datalake_sdk.dlt_sources.connectors import Files, Loading, RestApi, SqlDatabase
from datalake_sdk.dlt_sources.task_loads import TaskLoads
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.engine.writer import ProgressReport
from datalake_sdk.ledger.model import Job, RunKind
from datalake_sdk.ledger.recording import part_of_run
from datalake_sdk.operations.incremental_reads import IncrementalReads
from datalake_sdk.operations.ingest import IngestionResult
from datalake_sdk.operations.maintain_table import native_writer
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER
from datalake_sdk.operations.task_outputs import TaskOutputs
from datalake_sdk.platforms.base import Platform
from datalake_sdk.runtime.environment import TaskSettings
from datalake_sdk.settings import TableName

if TYPE_CHECKING:
    from dlt.extract import DltSource

_STATE = "ingest_source"


class SourceLoads:
    """Loads sources; a load continues where the last one of the same table ended.

    Args:
        platform: Platform that holds the tables.
        show_extraction: Shows the number of rows extracted: a context that yields the function to report it to, or
            None.
        show_progress: Shows the progress of one write in the same way.

    Raises:
        MissingExtraError: dlt is not installed.
    """

    def __init__(
        self,
        platform: Platform,
        show_extraction: Callable[[], AbstractContextManager[Callable[[int], None] | None]],
        show_progress: Callable[[], AbstractContextManager[ProgressReport | None]],
    ) -> None:
        require_dlt()
        # Its warnings describe settings of sources, not the command. https://dlthub.com/docs/running-in-production/running
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
        self._platform = platform
        settings = TaskSettings(output_tables={})
        reads = IncrementalReads(platform, settings, ())
        outputs = TaskOutputs(
            platform, settings, Path(DEFAULT_FOLDER), lambda: native_writer(platform), show_progress, reads
        )
        self._loads = TaskLoads(platform, outputs, _STATE, show_extraction)

    def rest_api(self, table: TableName, api: RestApi, loading: Loading) -> Sequence[IngestionResult]:
        """Loads the objects of a REST API into a table.

        Raises:
            DatalakeError: A setting is invalid, or the API or the write failed; nothing was written.
        """
        from datalake_sdk.dlt_sources.rest_api import source_of

        return self._load("rest_api", table.database, lambda resources: source_of(table.table, api, loading, resources))

    def sql_database(self, database: str, source: SqlDatabase, loading: Loading) -> Sequence[IngestionResult]:
        """Loads tables of a SQL database into tables of the same names.

        Raises:
            DatalakeError: A setting is invalid, or the database or a write failed; tables written before are complete.
        """
        from datalake_sdk.dlt_sources.sql_database import source_of

        return self._load("sql_database", database, lambda resources: source_of(source, loading))

    def filesystem(self, table: TableName, files: Files, loading: Loading) -> Sequence[IngestionResult]:
        """Loads new and changed files into a table.

        Raises:
            DatalakeError: A setting is invalid, or a file or the write failed; nothing was written.
        """
        from datalake_sdk.dlt_sources.filesystem import source_of

        types = self._stored_types(table)
        return self._load(
            "filesystem",
            table.database,
            lambda resources: source_of(self._platform, table.table, files, loading, types),
        )

    def _load(self, kind: str, database: str, build: Callable[[ExitStack], DltSource]) -> Sequence[IngestionResult]:
        from datalake_sdk.dlt_sources.failures import build_errors

        job = Job(RunKind.INGESTION, f"ingest_source.{kind}.{self._platform.environment.database_prefix}{database}")
        with part_of_run(self._platform, job), ExitStack() as resources:
            with build_errors(kind):
                source = build(resources)
            normalized = map(source.schema.naming.normalize_table_identifier, source.selected_resources)
            outputs: Mapping[str, Mapping[str, object]] = {f"{database}.{table}": {} for table in normalized}
            return list(self._loads.load_tables(source, outputs).values())

    def _stored_types(self, table: TableName) -> dict[str, Any]:
        with self._platform.service_errors():
            stored = load_if_exists(self._platform.catalog, table.identifier(self._platform.environment))
        return {column.name: column.type for column in write_schema(stored.schema())} if stored else {}
