"""Parsed policy documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from test.emulator.iam_conditions import Condition, parse_conditions
from test.emulator.iam_patterns import Context, matches


class Grant(Enum):
    """How the principals of a statement include a caller."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account, which delegates the decision to identity-based policies."""
    PRINCIPAL = 2
    """The caller's role or user, or everyone."""
    SESSION = 3
    """The caller's role session."""


@dataclass(frozen=True)
class Identity:
    """The names by which policies refer to a caller.

    Attributes:
        arn: ARN of the user or of the role session; the name of a service.
        role_arn: ARN of the session's role.
        account: Account ID; empty for a service.
    """

    arn: str
    role_arn: str | None = None
    account: str = ""

    @property
    def root(self) -> str:
        return f"arn:aws:iam::{self.account}:root"


@dataclass(frozen=True)
class Element:
    """`Action` or `Resource` of a statement, or their negations; None matches everything."""

    patterns: tuple[str, ...] | None
    negated: bool = False

    def includes(self, value: str | None, context: Context) -> bool:
        """Returns whether a value matches; None, an unknown value, matches everything."""
        if self.patterns is None or value is None:
            return True
        return self.negated != any(matches(pattern, value, context) for pattern in self.patterns)


@dataclass(frozen=True)
class Principals:
    """`Principal` or `NotPrincipal` of a statement; None in identity-based policies.

    Attributes:
        names: ARNs, account IDs and services.
        negated: Whether the statement applies to all other principals.
    """

    names: frozenset[str] | None
    negated: bool = False

    def grant(self, caller: Identity) -> Grant:
        """Returns whether and how the principals include a caller."""
        if self.names is None:
            return Grant.PRINCIPAL
        if self.negated:
            return Grant.NONE if self._names_all(caller) else Grant.PRINCIPAL
        if caller.role_arn and caller.arn in self.names:
            return Grant.SESSION
        if {"*", caller.arn, caller.role_arn} & self.names:
            return Grant.PRINCIPAL
        return Grant.ACCOUNT if caller.account and {caller.account, caller.root} & self.names else Grant.NONE

    def _names_all(self, caller: Identity) -> bool:
        """A role session is exempt only if the element names the session, its role and its account.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        assert self.names is not None
        named = {caller.arn, caller.role_arn} - {None} <= self.names
        return named and (not caller.account or bool({caller.account, caller.root} & self.names))


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    sid: str
    denies: bool
    actions: Element
    resources: Element
    principals: Principals
    conditions: tuple[Condition, ...]

    def concerns(self, action: str, resource: str | None, context: Context) -> bool:
        """Returns whether the statement applies to the action on the resource, if its conditions are met."""
        return self.actions.includes(action.lower(), context) and self.resources.includes(resource, context)


@dataclass(frozen=True)
class Policy:
    """A policy with the name by which it is reported."""

    name: str
    statements: tuple[Statement, ...]


@lru_cache(5_000)
def parse(name: str, document: str) -> Policy:
    """Parses a policy document.

    Raises:
        UnknownOperatorError: A condition has an operator that IAM does not have.
    """
    statements = _listed(json.loads(document)["Statement"])
    return Policy(name, tuple(_statement(index, each) for index, each in enumerate(statements)))


def _statement(index: int, given: dict[str, Any]) -> Statement:
    return Statement(
        sid=given.get("Sid") or f"statement {index + 1}",
        denies=given["Effect"].lower() == "deny",
        actions=_element(given, "Action", str.lower),
        resources=_element(given, "Resource", str),
        principals=_principals(given),
        conditions=tuple(parse_conditions(given.get("Condition", {}))),
    )


def _element(given: dict[str, Any], name: str, fold: Any) -> Element:
    negated = f"Not{name}" in given
    patterns = given.get(f"Not{name}" if negated else name)
    return Element(None if patterns is None else tuple(map(fold, _listed(patterns))), negated)


def _principals(given: dict[str, Any]) -> Principals:
    negated = "NotPrincipal" in given
    named = given.get("NotPrincipal" if negated else "Principal")
    return Principals(None if named is None else frozenset(_names(named)), negated)


def _names(principal: str | dict[str, Any]) -> Iterable[str]:
    if isinstance(principal, str):
        return [principal]
    return [name for names in principal.values() for name in _listed(names)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
