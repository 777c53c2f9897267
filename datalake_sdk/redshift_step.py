"""The step of a task that exports tables to Redshift."""

from __future__ import annotations

from collections.abc import Mapping

from datalake_sdk.errors import MissingCapabilityError, MissingRedshiftError
from datalake_sdk.operations.export_redshift import ExportScope, RedshiftExport, export_redshift
from datalake_sdk.platforms.base import Platform
from datalake_sdk.redshift.database import RedshiftDatabase
from datalake_sdk.settings import TableName


class RedshiftStep:
    """Part of the `job` of a task.

    Attributes:
        platform: Catalog, storage and SQL of the environment.
        redshift: Settings of the task's database in Redshift, from the task's attribute `redshift`; empty if unset.
    """

    platform: Platform
    redshift: Mapping[str, str]

    def export_redshift(
        self, full_table_name: str, target: str | None = None, *, scope: str = "changes", **settings: str
    ) -> RedshiftExport:
        """Copies the current snapshot of a table to Redshift in one transaction; an exported snapshot is skipped.

        Args:
            full_table_name: `database.table`, without the stage's prefix; an input or output table of the task. A
                table of `ProcessingResponse` is written after the function of the task; write it with `ingest`.
            target: Copy, as `table` or `schema.table`; the table's name in the schema `public` by default.
            scope: `changes` loads only what changed since the exported snapshot, if it can be read; `full` loads all
                rows.
            settings: Settings that replace those of the task: `workgroup` or `cluster`, `database`, `db_user`,
                `secret_arn`, `copy_role_arn`.

        Raises:
            MissingCapabilityError: The lake is embedded.
            MissingRedshiftError: The task has no database in Redshift.
            DatalakeError: The settings are invalid, or the export failed; the copy is left unchanged.
        """
        if not self.platform.capabilities.remote:
            root = self.platform.environment.local_root
            raise MissingCapabilityError("job.export_redshift", "Redshift", root)
        given = {**self.redshift, **settings}
        if not given:
            raise MissingRedshiftError
        database = RedshiftDatabase.from_settings({"database": "dev", **given})
        table = TableName.parse(full_table_name)
        return export_redshift(self.platform, table, database, target=target, scope=ExportScope.parse(scope))
