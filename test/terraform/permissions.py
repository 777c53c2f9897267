"""The permissions that roles have, and which of them a run on the emulator used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from test.terraform.state import Resource

REASONS = Path(__file__).with_name("unused_permissions.yaml")
DEPLOYMENT_REASONS = Path(__file__).with_name("unused_deployment_permissions.yaml")
_INDEX = re.compile(r"\[[^]]*\]")


@dataclass(frozen=True, order=True)
class Permission:
    """An action that a statement allows.

    Attributes:
        role: Kind of the role, such as `ecs_task.role` for the role of a task on ECS.
        statement: Sid of the statement.
        action: Action, or a pattern of actions.
    """

    role: str
    statement: str
    action: str

    def covers(self, used: Permission) -> bool:
        """Whether a request that the same statement allowed used this permission."""
        same_statement = (self.role, self.statement) == (used.role, used.statement)
        return same_statement and fnmatchcase(used.action.lower(), self.action.lower())


def role_kinds(resources: Iterable[Resource]) -> dict[str, str]:
    """Returns the kind of each role by its ARN."""
    return {resource.values["arn"]: _kind(resource) for resource in resources if resource.type == "aws_iam_role"}


def granted_permissions(resources: list[Resource]) -> set[Permission]:
    """Returns the permissions in the policies of roles.

    Statements without a Sid are those that a pipeline adds with `additional_permissions`; they are left out.
    """
    kinds = {resource.values["name"]: _kind(resource) for resource in resources if resource.type == "aws_iam_role"}
    return {
        Permission(kinds[role], statement["Sid"], action)
        for role, policy in _policies(resources)
        for statement in json.loads(policy)["Statement"]
        if role in kinds and "Sid" in statement
        for action in _listed(statement["Action"])
    }


def unused_permissions(resources: list[Resource], decisions: Iterable[Mapping[str, Any]]) -> set[Permission]:
    """Returns the permissions that no role of their kind used.

    Args:
        resources: Resources in the states of root modules.
        decisions: What the emulator's command `access_decisions` returns.
    """
    kinds = role_kinds(resources)
    used = {
        Permission(kinds[decision["principal"]], statement["sid"], decision["action"])
        for decision in decisions
        if decision["principal"] in kinds and decision["outcome"] == "ALLOWED"
        for statement in decision["statements"]
    }
    granted = granted_permissions(resources)
    return {permission for permission in granted if not any(permission.covers(one) for one in used)}


@dataclass(frozen=True)
class Reasons:
    """`unused_permissions.yaml`.

    Attributes:
        never: Reasons for permissions that no run uses.
        depends_on_timing: Reasons for permissions that some runs use.
    """

    never: Mapping[Permission, str]
    depends_on_timing: Mapping[Permission, str]

    @property
    def all(self) -> dict[Permission, str]:
        return {**self.never, **self.depends_on_timing}


def read_reasons(file: Path = REASONS) -> Reasons:
    """Reads `unused_permissions.yaml` or `unused_deployment_permissions.yaml`."""
    return Reasons(**{section: _reasons(roles) for section, roles in yaml.safe_load(file.read_text()).items()})


def _reasons(roles: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[Permission, str]:
    return {
        Permission(role, statement, action): reason
        for role, statements in roles.items()
        for statement, reasons in statements.items()
        for actions, reason in reasons.items()
        for action in actions.split()
    }


def _policies(resources: list[Resource]) -> Iterator[tuple[str, str]]:
    """Yields the inline and the attached policies of roles, as the role's name and the document."""
    managed = {resource.values["arn"]: resource.values for resource in resources if resource.type == "aws_iam_policy"}
    for resource in resources:
        if resource.type == "aws_iam_role_policy":
            yield resource.values["role"], resource.values["policy"]
        if resource.type == "aws_iam_role_policy_attachment":
            yield resource.values["role"], managed[resource.values["policy_arn"]]["policy"]


def _kind(resource: Resource) -> str:
    # Modules that the factory calls, and the name: module.x.module.ecs_task["load"].module.role.aws_iam_role.this is
    # ecs_task.role.
    modules, _, name = _INDEX.sub("", resource.address).partition(f".{resource.type}.")
    names = modules.removeprefix("module.").split(".module.")[1:]
    return ".".join([*names, *([] if name == "this" else [name])]) or name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
