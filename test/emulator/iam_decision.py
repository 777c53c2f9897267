"""Whether policies allow an action: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

Conditions are not evaluated: an Allow counts as if its condition were met, a Deny as if its condition were not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

Document = dict[str, Any]


class Decision(Enum):
    """What a caller's policies say about one action on one resource; the values end AWS's message."""

    ALLOWED = ""
    NOT_ALLOWED = "because no identity-based policy allows the {action} action"
    DENIED = "with an explicit deny in an identity-based policy"


def decide(policies: Iterable[Document], action: str, resource: str | None) -> Decision:
    """Applies every statement of identity-based policies.

    Args:
        policies: Parsed documents.
        action: With its service, as in `s3:GetObject`.
        resource: ARN; None where it is not known, which matches any.
    """
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _concerns(statement, action, resource) and not (statement["Effect"] == "Deny" and "Condition" in statement)
    }
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def trusts(policy: Document, principals: Sequence[str]) -> bool:
    """Whether a role's trust policy lets one of the principals (ARNs, account numbers) assume the role."""
    return any(
        statement["Effect"] == "Allow" and not {"*", *principals}.isdisjoint(_named_principals(statement))
        for statement in _listed(policy["Statement"])
    )


def for_everyone(policy: Document) -> Document:
    """The statements of a resource's policy that name no principal but `*`."""
    named = [statement for statement in _listed(policy["Statement"]) if "*" in _named_principals(statement)]
    return {**policy, "Statement": named}


def _concerns(statement: Document, action: str, resource: str | None) -> bool:
    return _takes(statement, "Action", action.lower(), str.lower) and (
        resource is None or _takes(statement, "Resource", resource, str)
    )


def _takes(statement: Document, element: str, value: str, fold: Any) -> bool:
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
