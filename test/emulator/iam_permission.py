"""A permission that a request requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Permission:
    """A permission that a request requires.

    Attributes:
        action: IAM action with its service.
        resource: ARN; `*` for an action without resources; None if unknown, which any resource of a policy matches.
        keys: Condition keys of the request.
    """

    action: str
    resource: str | None
    keys: Mapping[str, str | list[str] | tuple[str, ...]] = field(default_factory=dict)
