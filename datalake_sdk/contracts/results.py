"""Check results in the summary of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from datalake_sdk.contracts.checks import CheckResult
from datalake_sdk.table_contract import OnViolation, Severity


def results_json(results: Sequence[CheckResult]) -> str:
    """Returns check results as JSON, without examples."""
    return json.dumps([_fields(result) for result in results], separators=(",", ":"), ensure_ascii=False)


def _fields(result: CheckResult) -> dict[str, Any]:
    fields = {
        "name": result.name,
        "column": result.column,
        "severity": result.severity.value if result.severity is not Severity.ERROR else None,
        "on_violation": result.on_violation.value if result.on_violation is not OnViolation.FAIL else None,
        "violations": result.violations or None,
        "value": result.value,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return given if result.passed else given | {"passed": False}
