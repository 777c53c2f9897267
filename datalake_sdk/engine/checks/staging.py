"""Checks rows while they are staged, and removes those to quarantine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datalake_sdk.contracts.checks import Check, RowCheck
from datalake_sdk.engine.checks.log import MAX_EXAMPLES, CheckLog, RowIdentity
from datalake_sdk.engine.checks.row_checks import RowChecks
from datalake_sdk.table_contract import OnViolation


@dataclass(frozen=True)
class Rejected:
    """Rows to quarantine.

    Args:
        rows: The rows.
        positions: Their positions among the checked rows, ascending.
        checks: Checks that each row violates.
    """

    rows: pa.Table
    positions: np.ndarray
    checks: Sequence[Sequence[Check]]


@dataclass(frozen=True)
class RowChecker:
    """Checks rows, counts violations, and splits off the rows to quarantine; can be used by several threads.

    Args:
        checks: The checks.
        log: Counts the violations.
        identity: How messages identify a row.
        in_attempt: Whether the rows depend on the base snapshot of a commit attempt.
    """

    checks: RowChecks
    log: CheckLog
    identity: RowIdentity
    in_attempt: bool = False

    def checked(self, rows: pa.Table, reject: Callable[[Rejected], None]) -> pa.Table:
        """Checks rows.

        Args:
            rows: Rows in the schema of the data files.
            reject: Called with rows to quarantine, if there are any.

        Returns:
            The other rows.
        """
        found = self.count(rows)
        quarantined = [(check, mask) for check, mask in found if check.on_violation is OnViolation.QUARANTINE]
        if not quarantined:
            return rows
        is_rejected = np.logical_or.reduce([mask for _, mask in quarantined])
        reject(rejected_rows(rows, is_rejected, quarantined))
        return rows.filter(pa.array(~is_rejected))

    def count(self, rows: pa.Table) -> list[tuple[RowCheck, np.ndarray]]:
        """Counts violations.

        Args:
            rows: Rows in the schema of the data files.

        Returns:
            The violated checks, each with a mask of the violating rows.
        """
        found = self.checks.violations(rows)
        for check, mask in found:
            self._count(check, rows, mask)
        return found

    def _count(self, check: RowCheck, rows: pa.Table, mask: np.ndarray) -> None:
        positions = np.flatnonzero(mask)
        shown = rows.take(pa.array(positions[:MAX_EXAMPLES]))
        self.log.add(check, len(positions), self.identity.examples(check, shown), in_attempt=self.in_attempt)


def rejected_rows(rows: pa.Table, is_rejected: np.ndarray, found: Sequence[tuple[Check, np.ndarray]]) -> Rejected:
    """Selects rows to quarantine.

    Args:
        rows: All rows.
        is_rejected: Mask of the rows to quarantine.
        found: The checks that they violate, each with a mask of the violating rows.
    """
    positions = np.flatnonzero(is_rejected)
    checks = [[check for check, mask in found if mask[position]] for position in positions]
    return Rejected(rows.take(pa.array(positions)), positions, checks)
