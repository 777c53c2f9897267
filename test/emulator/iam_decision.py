"""Policy evaluation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

Conditions are not evaluated: an Allow applies as if its condition were met, a Deny as if its condition were not met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

Document = dict[str, Any]


class Decision(Enum):
    """Result of evaluating a caller's policies for an action on a resource; the value is the end of AWS's message."""

    ALLOWED = ""
    NOT_ALLOWED = "because no identity-based policy allows the {action} action"
    DENIED = "with an explicit deny in an identity-based policy"


def decide(policies: Iterable[Document], action: str, resource: str | None) -> Decision:
    """Evaluates identity-based policies.

    Args:
        policies: Parsed policy documents.
        action: Action with its service, for example `s3:GetObject`.
        resource: ARN; None if unknown, which matches any resource of a policy.
    """
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _applies(statement, action, resource) and not (statement["Effect"] == "Deny" and "Condition" in statement)
    }
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def trusts(policy: Document, principals: Sequence[str]) -> bool:
    """Returns whether a role's trust policy lets one of the principals (ARNs or account IDs) assume the role."""
    return any(
        statement["Effect"] == "Allow" and not {"*", *principals}.isdisjoint(_named_principals(statement))
        for statement in _listed(policy["Statement"])
    )


def public_statements(policy: Document) -> Document:
    """Returns the statements of a resource-based policy whose principals include `*`."""
    named = [statement for statement in _listed(policy["Statement"]) if "*" in _named_principals(statement)]
    return {**policy, "Statement": named}


def _applies(statement: Document, action: str, resource: str | None) -> bool:
    return _matches_element(statement, "Action", action.lower(), str.lower) and (
        resource is None or _matches_element(statement, "Resource", resource, str)
    )


def _matches_element(statement: Document, element: str, value: str, fold: Any) -> bool:
    excluded = f"Not{element}" in statement
    patterns = _listed(statement[f"Not{element}" if excluded else element])
    return excluded != any(_matches(fold(pattern), value) for pattern in patterns)


def _matches(pattern: str, value: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _named_principals(statement: Document) -> Iterable[str]:
    principal = statement.get("Principal", {})
    return [principal] if isinstance(principal, str) else _listed(principal.get("AWS", []))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
