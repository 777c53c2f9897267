"""Errors of the run ledger."""

from __future__ import annotations

from datalake_sdk.errors.base import UsageError


class UnknownRunError(UsageError):
    """The ledger does not contain a run."""

    def __init__(self, run_id: str, location: str) -> None:
        super().__init__(
            f"the run ledger {location} has no run whose id starts with '{run_id}'",
            hint="List the ids of runs with datalake_sdk runs list.",
        )


class UnknownLogError(UsageError):
    """The ledger does not know where a run logs."""

    def __init__(self, run_id: str, kind: str) -> None:
        super().__init__(
            f"the log of the run {run_id}, of kind {kind}, is unknown",
            hint="Only runs of tasks have logs. See also datalake_sdk investigate.",
        )
