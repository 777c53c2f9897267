"""Principals of Lake Formation: the caller of a request, and those that exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import BaseResponse
from moto.iam.models import IAMBackend, iam_backends

from test.emulator import access, iam
from test.emulator.access import Principal

EVERYONE = "IAM_ALLOWED_PRINCIPALS"
"""https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html"""
_IAM_PRINCIPAL = re.compile(r"arn:[\w-]+:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?:.*/)?(?P<name>[^/]+)")
_OTHER_PRINCIPAL = re.compile(rf"{EVERYONE}|\d{{12}}(:IAMPrincipals)?|arn:[\w-]+:iam::\d{{12}}:root")


@dataclass(frozen=True)
class Caller:
    """A user, role or root user, as Lake Formation names it.

    Attributes:
        arn: ARN of the user or role; for a session, that of its role.
        account: Its account.
    """

    arn: str
    account: str

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")

    @property
    def groups(self) -> frozenset[str]:
        """The principals whose grants apply: its own and those of the groups that contain every IAM principal.

        https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
        """
        return frozenset([self.arn, EVERYONE, f"{self.account}:IAMPrincipals"])


def caller_of(request: BaseResponse) -> Caller:
    """Returns the caller of a request; if IAM is not enforced, unknown credentials are the root user's."""
    try:
        return as_caller(iam.caller(request))
    except JsonRESTError:
        if access.is_enforced():
            raise
        return Caller(f"arn:aws:iam::{request.current_account}:root", request.current_account)


def as_caller(principal: Principal) -> Caller:
    return Caller(principal.role_arn or principal.arn, principal.account)


def decides_about(caller: Caller) -> bool:
    """Whether permissions are enforced for a caller."""
    return access.is_enforced() and not caller.is_root


def is_administrator(settings: Mapping[str, Any], principal: str) -> bool:
    admins = settings.get("DataLakeAdmins") or []
    return any(admin["DataLakePrincipalIdentifier"] == principal for admin in admins)


def is_iam_principal(principal: str) -> bool:
    return _IAM_PRINCIPAL.fullmatch(principal) is not None


def exists(principal: str) -> bool:
    """Whether Lake Formation accepts a principal; it looks up users and roles."""
    named = _IAM_PRINCIPAL.fullmatch(principal)
    if named is None:
        return _OTHER_PRINCIPAL.fullmatch(principal) is not None
    backend: IAMBackend = iam_backends[named["account"]]["aws"]
    held: list[Any] = list(backend.roles.values() if named["kind"] == "role" else backend.users.values())
    return any(one.arn == principal for one in held)
