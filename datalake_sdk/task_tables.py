"""The methods of a task that maintain, find and describe tables without writing rows."""

from __future__ import annotations

from datalake_sdk.operations import table_metadata
from datalake_sdk.operations.maintain_table import MaintainedTable
from datalake_sdk.operations.task_outputs import TaskOutputs
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName


class TaskTables:
    """Part of the `job` of a task.

    Attributes:
        platform: Catalog, storage and SQL of the environment.
    """

    platform: Platform
    _outputs: TaskOutputs

    def perform_table_maintenance(self, full_table_name: str, force_maintenance: bool = False) -> MaintainedTable:
        """Compacts data files, expires old snapshots and removes unreferenced files.

        Writes do so automatically when a threshold is reached.

        Args:
            full_table_name: `database.table`, without the stage's prefix.
            force_maintenance: Whether to run every step even if no threshold is reached.

        Raises:
            UnknownTableError: The table does not exist.
            DatalakeError: A step failed; no row is lost.

        Example:
            >>> job.perform_table_maintenance("sales.orders", force_maintenance=True).table
            'dev_sales.orders'
        """
        return self._outputs.maintain(TableName.parse(full_table_name), force=force_maintenance)

    def does_table_exist(self, full_table_name: str) -> bool:
        """Whether the table `database.table`, named without the stage's prefix, exists.

        Example:
            >>> job.does_table_exist("sales.orders"), job.does_table_exist("sales.returns")
            (True, False)
        """
        return table_metadata.table_exists(self.platform, TableName.parse(full_table_name))

    def get_long_database_and_table_name(self, full_table_name: str) -> tuple[str, str]:
        """Splits `database.table` into the database, with the stage's prefix, and the table.

        Example:
            >>> job.get_long_database_and_table_name("sales.orders")
            ('dev_sales', 'orders')
        """
        return TableName.parse(full_table_name).identifier(self.platform.environment)

    def update_table_metadata(self, full_table_name: str) -> None:
        """Stores the descriptions in the table file and the name of the task, without writing rows.

        Writes do so automatically. Does nothing if the table does not exist.

        Example:
            >>> job.update_table_metadata("sales.orders")
        """
        self._outputs.update_metadata(TableName.parse(full_table_name))
