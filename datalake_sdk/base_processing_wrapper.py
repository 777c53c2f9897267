"""What a task sees of the lake, whichever engine runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from datalake_sdk.operations.ingest import IngestionResult, ingest_dataframe
from datalake_sdk.operations.maintain_table import MaintainedTable, maintain_table
from datalake_sdk.operations.tables_configuration import DEFAULT_FOLDER, load_table_configuration
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import IngestionMode, OutputTable, TableName, output_table_from


class BaseProcessingWrapper:
    """Opens an environment and writes the task's output tables.

    Args:
        project_name: Project; from `PROJECT_NAME` when None.
        domain_name: Business domain; from `DOMAIN_NAME` when None.
        stage_name: Stage; from `STAGE_NAME` when None.
        output_tables: How each table is written, by `database.table`: an `OutputTable`, or a mapping with
            `ingestion_mode`, `upsert_keys` and `partition_keys`.
        local_root: Folder of an embedded lake; from `DATALAKE_LOCAL_ROOT` when None.
        region: AWS region.
        tables_configuration: Folder with `database.table.yaml` files: declared types and descriptions.
    """

    def __init__(
        self,
        *,
        project_name: str | None = None,
        domain_name: str | None = None,
        stage_name: str | None = None,
        output_tables: Mapping[str, OutputTable | Mapping[str, Any]] | None = None,
        local_root: str | Path | None = None,
        region: str | None = None,
        tables_configuration: str | Path = DEFAULT_FOLDER,
    ) -> None:
        self._configuration_folder = Path(tables_configuration)
        self.output_tables = {
            TableName.parse(name): output_table_from(name, value) for name, value in (output_tables or {}).items()
        }
        environment = resolve_environment(
            project_name or os.environ.get("PROJECT_NAME"),
            domain_name or os.environ.get("DOMAIN_NAME"),
            stage_name or os.environ.get("STAGE_NAME"),
            region or os.environ.get("AWS_REGION"),
            local_root or os.environ.get("DATALAKE_LOCAL_ROOT"),
        )
        self.platform: Platform = open_platform(environment)

    def ingest(self, table: str, dataframe: object, override_ingestion_mode: str | None = None) -> IngestionResult:
        """Writes a dataframe into a table in one commit.

        Args:
            table: `database.table`, without the stage's prefix. A table that is not among `output_tables` is appended
                to.
            dataframe: pandas, polars, pyarrow, a DuckDB relation, or anything that streams Arrow data.
            override_ingestion_mode: Another mode than the table's, for this call.

        Raises:
            DatalakeError: The data or the call is wrong; the table is as it was.
        """
        name = TableName.parse(table)
        return ingest_dataframe(self.platform, name, dataframe, self._output(name, override_ingestion_mode))

    def perform_table_maintenance(self, table: str, force_maintenance: bool = False) -> MaintainedTable:
        """Compacts a table's files, expires old snapshots and removes files that nothing refers to.

        Writes do this by themselves when it is due.

        Args:
            table: `database.table`, without the stage's prefix.
            force_maintenance: Whether every step runs now, whatever the table's thresholds say.

        Raises:
            UnknownTableError: There is no such table.
            DatalakeError: A step failed; no row is lost.
        """
        return maintain_table(self.platform, TableName.parse(table), force=force_maintenance)

    def _output(self, table: TableName, override_ingestion_mode: str | None) -> OutputTable:
        output = self.output_tables.get(table, OutputTable())
        mode = IngestionMode.parse(override_ingestion_mode) if override_ingestion_mode else output.ingestion_mode
        configuration = load_table_configuration(table, self._configuration_folder)
        return replace(output, ingestion_mode=mode, configuration=configuration)
