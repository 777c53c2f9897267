"""Runs in the environment of parliament: reads policies by name as JSON, and prints what parliament finds as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from parliament import analyze_policy_string


def main() -> None:
    """Prints pairs of a policy's name and a finding."""
    policies = {name: json.loads(policy) for name, policy in json.load(sys.stdin).items()}
    # Documents that are only merged into others may have no statements.
    complete = {name: policy for name, policy in policies.items() if "Statement" in policy}
    json.dump([(name, finding) for name, policy in complete.items() for finding in _findings(policy)], sys.stdout)


def _findings(policy: dict[str, Any]) -> Iterator[str]:
    belongs_to_resource = any("Principal" in statement for statement in policy["Statement"])
    for statement in policy["Statement"]:
        # parliament requires resources, which trust policies and those of repositories do not have.
        statement.setdefault("Resource", "*")
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        if not (belongs_to_resource and finding.issue == "RESOURCE_STAR"):
            details = finding.detail if isinstance(finding.detail, list) else [finding.detail]
            yield from sorted({f"{finding.issue} {_subject(detail)}" for detail in details})


def _subject(detail: Any) -> str:
    return detail["action"] if isinstance(detail, dict) else detail


if __name__ == "__main__":
    main()
