"""Results of table checks from the numbers that an engine has counted."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.contracts.checks import CheckResult, TableCheck
from datalake_sdk.table_contract import Unit


def result_of_rows(check: TableCheck, violations: int, rows: int, examples: Sequence[str] = ()) -> CheckResult:
    """Returns the result of a check that counts rows.

    Args:
        check: The check.
        violations: Number of rows that violate it.
        rows: Number of all rows; only used for a check in percent.
        examples: Some of the violating rows.
    """
    if check.bounds is None:
        return _result(check, violations, violations == 0, None, examples)
    share = 100 * violations / rows if rows else 0
    value = violations if check.unit is Unit.ROWS else share
    return _result(check, violations, check.bounds.allow(value), value, examples)


def result_of_value(check: TableCheck, value: float) -> CheckResult:
    """Returns the result of a check that compares one number of the table."""
    passed = check.bounds is None or check.bounds.allow(value)
    return _result(check, int(not passed), passed, value, ())


def _result(
    check: TableCheck, violations: int, passed: bool, value: float | None, examples: Sequence[str]
) -> CheckResult:
    return CheckResult(
        check.name, check.column, check.severity, check.on_violation, violations, passed, value, tuple(examples)
    )
