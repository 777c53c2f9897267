"""Checks the rows of a batch in the tasks that stage them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datalake_sdk.batches import BatchTask
from datalake_sdk.contracts.checks import RowCheck
from datalake_sdk.engine.checks.contract import AppliedContract
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.engine.checks.staging import Rejected, RowChecker
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.quarantine.parts import CountedTask
from datalake_sdk.engine.quarantine.rows import RejectedRows
from datalake_sdk.engine.staging import StagingArea


@dataclass(frozen=True)
class StagedRowChecks:
    """Checks of the rows of a batch.

    Args:
        checker: Checks rows.
        quarantine: Stores rejected rows.
    """

    checker: RowChecker
    quarantine: QuarantineBuffer | None

    def counted(self, task: BatchTask) -> BatchTask:
        """Wraps the task of the next part of the batch; called in the order of the rows."""
        return task if self.quarantine is None else self.quarantine.counted(task)

    def checked(self, rows: pa.Table, positions: np.ndarray | None, task: BatchTask) -> pa.Table:
        """Checks rows of a part.

        Args:
            rows: The rows.
            positions: Their positions in the part; None for all rows of the part.
            task: Task of the part, returned by `counted`.

        Returns:
            The rows that are not quarantined.
        """
        part = task.part if isinstance(task, CountedTask) else None
        return self.checker.checked(rows, lambda rejected: self._reject(rejected, positions, part))

    def _reject(self, rejected: Rejected, positions: np.ndarray | None, part: int | None) -> None:
        assert self.quarantine is not None
        found = rejected.positions if positions is None else positions[rejected.positions]
        self.quarantine.add(rows_to_quarantine(rejected, found.tolist(), part))


def rows_to_quarantine(rejected: Rejected, positions: list[int] | None = None, part: int | None = None) -> RejectedRows:
    """Describes rows for the quarantine.

    Args:
        rejected: The rows.
        positions: Position of each row in its part of the batch; None if unknown.
        part: Number of the part; None if unknown.
    """
    names = [[check.name for check in checks] for checks in rejected.checks]
    reasons = ["; ".join(check.requirement for check in checks) for checks in rejected.checks]
    return RejectedRows(rejected.rows, names, reasons, positions, part)


def staged_row_checks(
    contract: AppliedContract, staging: StagingArea, schema: pa.Schema, deferred: Collection[RowCheck]
) -> StagedRowChecks:
    """Prepares the checks of a batch.

    Args:
        contract: Contract of the table.
        staging: Staging area of the write.
        schema: Arrow schema of the data files.
        deferred: Checks that need the final rows of an upsert.

    Raises:
        CheckTypeError: A check does not apply to the type of its column.
        CheckEvaluationError: An expression cannot be evaluated on the columns.
    """
    checks = [check for check in contract.checks.rows if check not in deferred]
    staging.check_log.evaluated = frozenset(checks)
    rules = RowChecks(checks, schema, contract.contract.columns)
    checker = RowChecker(rules, staging.check_log, contract.identity)
    return StagedRowChecks(checker, staging.quarantine)
