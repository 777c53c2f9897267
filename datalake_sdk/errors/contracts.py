"""Errors of data contracts."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from datalake_sdk.errors.base import TerminalError, UsageError, ValuesError, counted, listed

_ACCEPT = (
    "Correct the rows, or the contract in the table file. With on_violation quarantine, such rows are stored "
    "separately and the others are written; with warn, all rows are written."
)
_ACCEPT_STORED = (
    "Correct the stored rows, or accept them: set on_violation to warn for the checks that are new or changed."
)


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


class CheckTypeError(UsageError):
    """A check does not apply to the type of its column."""

    def __init__(self, check: str, value: object, data_type: str, rule: str) -> None:
        super().__init__(
            f"check '{check}' has the value {value!r}, but its column is {data_type}; it must be {rule}",
            hint="Correct the contract in the table file.",
        )


class CheckEvaluationError(ValuesError):
    """An expression or a query of a contract cannot be evaluated.

    Args:
        checks: Names of the checks.
        reason: The reason, which may show values.
        columns: Columns that the checks read; empty if they may read any column.
    """

    def __init__(self, checks: str, reason: str, columns: Sequence[str] = ()) -> None:
        super().__init__(
            f"check '{checks}' cannot be evaluated: ",
            reason,
            columns=columns,
            hint="Correct the expression in the table file; TRY_CAST and NULLIF avoid errors in single rows.",
        )


class UnknownReferenceError(UsageError):
    """The table or the column of a foreign key does not exist."""

    def __init__(self, target: str, kind: str, valid: Sequence[str]) -> None:
        near = get_close_matches(target.split(".")[-1 if kind == "column" else -2], valid)
        super().__init__(
            f"a foreign key refers to {target}, but the {kind} does not exist",
            hint=f"Did you mean {listed(near)}?" if near else "Correct `to`, or write that table first.",
        )


class ContractViolatedError(TerminalError):
    """Rows violate the contract of their table; nothing was published.

    Args:
        table: Name of the table in queries.
        violations: One description for each violated check.
        stored: Whether stored rows violate checks that the contract did not have before.
        results: Results of all checks.
    """

    def __init__(
        self, table: str, violations: Sequence[str], *, stored: bool = False, results: Sequence[Any] = ()
    ) -> None:
        found = "\n".join(f"- {each}" for each in violations)
        super().__init__(
            f"{table}: {counted(len(violations), 'check')} of the contract {_verb(violations)} violated; "
            f"nothing was written:\n{found}",
            hint=_ACCEPT_STORED if stored else _ACCEPT,
        )
        self.results = tuple(results)


def _verb(violations: Sequence[str]) -> str:
    return "is" if len(violations) == 1 else "are"
