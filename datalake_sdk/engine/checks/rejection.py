"""Finds rows to quarantine that violate a check because of other rows, such as duplicates.

All rows of the batch with a duplicate value are rejected, since their order does not decide which of them is right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.contracts.checks import Check, RowCheck, TableCheck
from datalake_sdk.engine.checks.contract import AppliedContract, rejects_rows
from datalake_sdk.engine.checks.log import CheckLog, RowIdentity
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.engine.checks.staged_rows import rows_to_quarantine
from datalake_sdk.engine.checks.staging import Rejected, rejected_rows
from datalake_sdk.engine.checks.table_after import TableAfter
from datalake_sdk.engine.checks.table_checks import TableChecks
from datalake_sdk.engine.keys import row_digests
from datalake_sdk.engine.staging import RowsTask, StagingArea
from datalake_sdk.table_contract import OnViolation


@dataclass(frozen=True)
class Rejection:
    """Rows of a batch to reject, by their values in some columns.

    Args:
        check: Check that the rows violate.
        columns: The columns.
        digests: Sorted digests of the values.
    """

    check: Check
    columns: tuple[str, ...]
    digests: np.ndarray

    def mask(self, rows: pa.Table) -> np.ndarray:
        """Whether each row is rejected."""
        return np.isin(_combined(rows.select(list(self.columns))), self.digests)


def find_rejections(
    contract: AppliedContract, after: TableAfter, table_checks: TableChecks, log: CheckLog, keys: tuple[str, ...]
) -> list[Rejection]:
    """Finds rows to quarantine in the batch of a planned write.

    Args:
        contract: Contract that applies to the write.
        after: The table after the write.
        table_checks: Evaluates the checks of the table.
        log: Knows which checks were evaluated while the batch was staged.
        keys: Upsert keys; empty in the other modes.
    """
    if not after.new:
        return []
    rejections = [
        Rejection(check, check.columns, np.unique(_combined(values)))
        for check in contract.checks.table
        if _quarantines_rows(check, after.schema.names)
        and (values := table_checks.violating_values(check, after)).num_rows
    ]
    deferred = [
        check
        for check in contract.checks.rows
        if check.on_violation is OnViolation.QUARANTINE and check not in log.evaluated
    ]
    return [*rejections, *_of_rows(contract, deferred, after, keys)]


@dataclass(frozen=True)
class Rejecter:
    """Moves staged rows to the quarantine, in any thread.

    Args:
        rejections: Rows to reject.
        staging: Staging area of the write.
        identity: How messages identify a row.
    """

    rejections: Sequence[Rejection]
    staging: StagingArea
    identity: RowIdentity

    def without_rejected(self, task: RowsTask) -> pa.Table:
        """Returns the rows of a task that are not rejected."""
        rows = task()
        rejected = _rejected_by(rows, self.rejections)
        if rejected is None or self.staging.quarantine is None:
            return rows
        for check in {rejection.check for rejection in self.rejections}:
            violating = [check in violated for violated in rejected.checks]
            found = rejected.rows.filter(pa.array(violating))
            self.staging.check_log.add_rejected(check, found.num_rows, self.identity.examples(check, found))
        self.staging.quarantine.add_to_attempt(rows_to_quarantine(rejected))
        kept = np.ones(rows.num_rows, dtype=bool)
        kept[rejected.positions] = False
        return rows.filter(pa.array(kept))


def _rejected_by(rows: pa.Table, rejections: Sequence[Rejection]) -> Rejected | None:
    """Selects the rows that are rejected; None if there are none."""
    found = [(rejection.check, rejection.mask(rows)) for rejection in rejections]
    is_rejected = np.logical_or.reduce([mask for _, mask in found])
    return rejected_rows(rows, is_rejected, found) if is_rejected.any() else None


def _quarantines_rows(check: TableCheck, columns: Collection[str]) -> bool:
    is_quarantining = check.on_violation is OnViolation.QUARANTINE and rejects_rows(check)
    return is_quarantining and set(check.columns) <= set(columns)


def _of_rows(
    contract: AppliedContract, checks: Sequence[RowCheck], after: TableAfter, keys: tuple[str, ...]
) -> Iterator[Rejection]:
    """Rows of an upsert whose final values violate a check, by their keys."""
    if not checks or not keys:
        return
    row_checks = RowChecks(checks, after.schema, contract.contract.columns)
    columns = tuple(dict.fromkeys((*keys, *(column for check in checks for column in check.columns))))
    digests: dict[RowCheck, list[np.ndarray]] = {}
    for rows in after.new_rows(columns):
        for check, mask in row_checks.violations(rows):
            violating = rows.select(list(keys)).filter(pa.array(mask))
            digests.setdefault(check, []).append(_combined(violating))
    for check, parts in digests.items():
        yield Rejection(check, keys, np.unique(np.concatenate(parts)))


def _combined(rows: pa.Table) -> np.ndarray:
    """A digest of each row, as one comparable value; the digests of equal numbers are equal."""
    columns = [_with_one_zero(column) for column in rows.columns]
    digests = np.ascontiguousarray(row_digests(pa.Table.from_arrays(columns, schema=rows.schema)))
    return digests.view([("first", digests.dtype), ("second", digests.dtype)]).reshape(-1)


def _with_one_zero(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replaces -0.0 by 0.0."""
    return pc.add(column, pa.scalar(0, column.type)) if pa.types.is_floating(column.type) else column
