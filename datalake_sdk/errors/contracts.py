"""Errors of data contracts."""

from __future__ import annotations

from datalake_sdk.errors.base import UsageError


class InvalidCheckExpressionError(UsageError):
    """The expression of a check is not a condition on one row."""

    def __init__(self, text: str, reason: str, hint: str = "") -> None:
        super().__init__(
            f"expression '{' '.join(text.split())}': {reason}",
            hint=hint or "Write a condition in Athena's SQL over the columns of one row, for example amount >= 0.",
        )


class InvalidCheckQueryError(UsageError):
    """The query of a check is not a query over the table of the contract."""

    def __init__(self, text: str, reason: str, hint: str) -> None:
        super().__init__(f"query '{' '.join(text.split())}': {reason}", hint=hint)
