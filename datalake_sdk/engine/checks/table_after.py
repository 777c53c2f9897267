"""The rows of a table as a write leaves them: those of the batch, and the stored rows that remain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFileContent
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.changes import Changes
from datalake_sdk.engine.planning import plan_matching
from datalake_sdk.engine.position_deletes import may_apply
from datalake_sdk.engine.scan import query_rows, relation_of_files
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.write_transaction import WriteTransaction
from datalake_sdk.sql_quotes import quoted

_ALL_ROWS = AlwaysTrue()


@dataclass(frozen=True)
class TableAfter:
    """Rows of a table after a write, before its commit.

    Args:
        table: The table with the metadata of the write.
        base: The table before the write; None if the write creates it.
        changes: Files that the write adds and removes.
        new: Files with the rows to check.
    """

    table: Table
    base: Table | None
    changes: Changes
    new: Sequence[FileScanTask]

    @property
    def schema(self) -> pa.Schema:
        """Columns and their Arrow types."""
        return write_schema(self.table.schema()).remove_metadata()

    def stored(self, row_filter: BooleanExpression = _ALL_ROWS) -> list[FileScanTask]:
        """The other files, without those whose statistics exclude a condition."""
        new = {task.file.file_path for task in self.new}
        removed = {file.file_path for file in self.changes.removed}
        tasks = plan_matching(self.base, row_filter) if self.base else ()
        kept = [self._after(task, removed) for task in tasks if task.file.file_path not in removed | new]
        added = (file for file in self.changes.added if file.content == DataFileContent.DATA)
        return [*kept, *(FileScanTask(file) for file in added if file.file_path not in new)]

    def _after(self, task: FileScanTask, removed: set[str]) -> FileScanTask:
        deletes = [file for file in self.changes.added if file.content != DataFileContent.DATA]
        marks = [file for file in task.delete_files if file.file_path not in removed]
        return FileScanTask(task.file, {*marks, *(file for file in deletes if may_apply(file, task.file))})

    def is_stored(self, column: str) -> bool:
        """Whether the table had a column before the write, with the same type."""
        before = self.base.schema().as_arrow() if self.base else pa.schema([])
        return column in before.names and before.field(column).type == self.table.schema().as_arrow().field(column).type

    def with_stored(self) -> TableAfter:
        """The same table, in which the stored rows are to be checked as well."""
        return replace(self, new=[*self.new, *self.stored()])

    def only_stored(self) -> TableAfter:
        """The same table, in which only the stored rows are to be checked."""
        return replace(self, new=self.stored())

    def relation(self, tasks: Sequence[FileScanTask]) -> str | pa.Table:
        """A DuckDB query of the rows of files."""
        return relation_of_files(self.table, self.table.schema(), tasks)

    def new_rows(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Reads columns of the rows to check, in bounded memory."""
        if not self.new:
            return
        known = pa.schema([field for field in self.schema if field.name in columns] or [self.schema.field(0)])
        names = ", ".join(quoted(name) for name in known.names)
        reader = query_rows(self.table, {"new_rows": self.relation(self.new)}, f"SELECT {names} FROM new_rows", known)
        yield from (pa.Table.from_batches([batch]) for batch in reader)


def table_after(transaction: WriteTransaction, changes: Changes) -> TableAfter:
    """The table after a write.

    Args:
        transaction: Transaction of the write.
        changes: Files that the write adds and removes.
    """
    planned = transaction.table
    metadata = transaction.iceberg_transaction.table_metadata
    table = Table(planned.name(), metadata, planned.metadata_location, planned.io, planned.catalog, planned.config)
    added = [file for file in changes.added if file.content == DataFileContent.DATA]
    batch = added if changes.batch is None else changes.batch
    return TableAfter(table, transaction.base, changes, [FileScanTask(file) for file in batch])
