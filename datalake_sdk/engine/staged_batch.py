"""Batches that are staged but not committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import pyarrow as pa

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.engine.changes import Changes, CommitAttempt, StagedBatch, plan_changes
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.keys import KeyIndex
from datalake_sdk.engine.staged_rows import has_same_partitioning, is_schema_compatible, read_staged_rows
from datalake_sdk.engine.staging import RowsTask, StagedFile, StagingArea
from datalake_sdk.engine.upsert import keyed_batch
from datalake_sdk.engine.write_plan import WritePlan, layout_of, partitioner_of, staging_layout_of
from datalake_sdk.engine.write_transaction import Target

_NO_KEYS = pa.table({})


class StagedRows(Protocol):
    """A staged batch."""

    @property
    def num_rows(self) -> int:
        """Number of rows in the batch."""

    def changes(self, plan: WritePlan) -> Changes:
        """The file changes to commit; called again with a new plan after a conflict."""

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult] | None:
        """Results of the table checks after these changes; None if the native engine evaluates them."""


class NoRows:
    """A batch without rows to publish, whose rows are all quarantined."""

    num_rows = 0

    def changes(self, plan: WritePlan) -> Changes:
        """No changes."""
        return Changes([])

    def table_results(self, plan: WritePlan, changes: Changes) -> None:
        """The native engine evaluates the checks."""


class StagedFiles:
    """A batch staged as complete data files.

    Args:
        target: Table to write to, and the request.
        staging: Owns the files.
        plan: Plan that the files were written for.
        files: Staged files.
        num_rows: Number of rows in the batch.
        deleted: Keys that an upsert deletes.
    """

    _complete: Sequence[StagedFile]
    _files: Sequence[StagedFile]

    def __init__(
        self,
        target: Target,
        staging: StagingArea,
        plan: WritePlan,
        files: Sequence[StagedFile],
        num_rows: int = 0,
        deleted: pa.Table = _NO_KEYS,
    ) -> None:
        self._target = target
        self._staging = staging
        self._deleted = deleted
        self._complete = files
        self.num_rows = num_rows
        self._store(plan, files)

    def begin_attempt(self) -> None:
        """Adds the rows again that the previous commit attempt rejected."""
        if self._files is not self._complete:
            self._store(self._plan, self._complete)

    def replace_rows(self, plan: WritePlan, replaced: Callable[[RowsTask], pa.Table]) -> None:
        """Rewrites the staged files for the current commit attempt.

        Args:
            plan: The plan of the attempt.
            replaced: Returns the rows to store instead of those of a task.
        """
        layout, complete = staging_layout_of(self._target, plan), self._complete
        staged = read_staged_rows(layout.table, layout.io, self._files, layout.schema, null_only=plan.schema.null_only)
        tasks = (partial(replaced, task) for task in staged)
        partitioner = partitioner_of(plan.transaction)
        self._store(plan, write_files(self._staging, tasks, layout, partitioner, plan.key_columns))
        self._complete = complete

    def _store(self, plan: WritePlan, files: Sequence[StagedFile]) -> None:
        self._plan = plan
        self._complete = files
        self._files = files
        self._keys = self._indexed(plan, files) if plan.key_columns else None

    def _indexed(self, plan: WritePlan, files: Sequence[StagedFile]) -> KeyIndex:
        schema = staging_layout_of(self._target, plan).schema
        names = self._deleted.column_names
        deleted = self._deleted.cast(pa.schema([schema.field(name) for name in names]))
        return keyed_batch(self._target.name, plan.key_columns, files, deleted)

    def changes(self, plan: WritePlan) -> Changes:
        """Plans the file changes; rewrites the staged files if the schema or the partition spec has changed."""
        if not are_reusable(self._target, self._plan, plan):
            layout = staging_layout_of(self._target, plan)
            tasks = read_staged_rows(
                layout.table, layout.io, self._files, layout.schema, null_only=plan.schema.null_only
            )
            self._store(
                plan, write_files(self._staging, tasks, layout, partitioner_of(plan.transaction), plan.key_columns)
            )
        if self._complete and not self._files and not self._deleted.num_rows:
            return Changes([])
        layout = layout_of(self._target, plan.transaction)
        attempt = CommitAttempt(self._staging, plan.transaction, layout, partitioner_of(plan.transaction))
        batch = StagedBatch(self._files, plan.missing, self._keys, plan.partitions)
        return plan_changes(self._target.request.mode, attempt, batch)

    def table_results(self, plan: WritePlan, changes: Changes) -> Sequence[CheckResult] | None:
        """The native engine evaluates the checks."""
        return None


def are_reusable(target: Target, staged: WritePlan, plan: WritePlan) -> bool:
    """Whether files that were written for one plan are valid for another one, of a later commit attempt.

    Args:
        target: Table to write to, and the request.
        staged: Plan that the files were written for.
        plan: Plan of the commit attempt.
    """
    if plan is staged:
        return True
    before, after = (layout_of(target, each.transaction).schema for each in (staged, plan))
    return is_schema_compatible(before, after) and has_same_partitioning(
        staged.transaction.metadata, plan.transaction.metadata
    )
