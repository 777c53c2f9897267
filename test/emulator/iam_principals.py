"""Who makes a request, and the policies attached to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from moto.iam.access_control import CreateAccessKeyFailure, IAMUserAccessKey, create_access_key
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.sts.models import sts_backends

from test.emulator.iam_decision import Policies
from test.emulator.iam_policy import Identity, Policy, parse
from test.emulator.process import ACCOUNT, ROOT_ACCESS_KEY

forwarded_sessions: dict[str, tuple[str, ...]] = {}
"""Services that call others with a caller's permissions, by the access key with which they do so."""


class UnknownCredentialsError(Exception):
    """No user, role session or root user has these credentials."""


@dataclass(frozen=True)
class Principal:
    """The caller of a request.

    Attributes:
        arn: ARN of the user, role session or root user; the name of a service.
        account: Account ID; empty for a service.
        role_arn: ARN of the role, if the caller is a role session.
        session_policy: Policy that was passed when the role was assumed.
        source_arn: Resource on whose behalf a service calls.
        called_via: Services that make the call with the caller's permissions, in order.
    """

    arn: str
    account: str = ""
    role_arn: str | None = None
    session_policy: str | None = None
    source_arn: str | None = None
    called_via: tuple[str, ...] = ()

    @classmethod
    def root(cls, account: str = ACCOUNT) -> Principal:
        """The account's root user, to whom policies do not apply."""
        return cls(f"arn:aws:iam::{account}:root", account)

    @classmethod
    def role(cls, role_arn: str, session_name: str = "aws-service", session_policy: str | None = None) -> Principal:
        """A session of a role."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}"
        return cls(arn, account, role_arn, session_policy)

    @classmethod
    def service(cls, name: str, source_arn: str | None = None) -> Principal:
        """A service that calls in its own name, for example `events.amazonaws.com` on behalf of a rule."""
        return cls(name, source_arn=source_arn)

    @classmethod
    def federated(cls, provider_arn: str) -> Principal:
        """The holder of a token of an OpenID Connect provider."""
        return cls(provider_arn)

    @classmethod
    def from_credentials(cls, account: str, access_key: str, token: str | None) -> Principal:
        """The principal that credentials were issued to.

        Raises:
            UnknownCredentialsError: No principal has these credentials.
        """
        if access_key == ROOT_ACCESS_KEY:
            return cls.root(account)
        headers = {"X-Amz-Security-Token": token} if token else {}
        try:
            known = create_access_key(account, "aws", access_key, headers)
        except CreateAccessKeyFailure as error:
            raise UnknownCredentialsError from error
        if isinstance(known, IAMUserAccessKey):
            return cls(known.arn, account)
        session: Any = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
        role = cls.role(session.role_arn, session.session_name, session.policy)
        return replace(role, called_via=forwarded_sessions.get(access_key, ()))

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")

    @property
    def identity(self) -> Identity:
        return Identity(self.arn, self.role_arn, self.account)

    def context(self) -> Mapping[str, Any]:
        """Returns the condition keys about the principal.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        if ":oidc-provider/" in self.arn:
            return {"aws:PrincipalIsAWSService": "false", "aws:FederatedProvider": self.arn}
        if not self.account:
            return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": self.arn, **self._source()}
        return {
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalArn": self.role_arn or self.arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": "AssumedRole" if self.role_arn else "User",
            "aws:userid": user_id(self),
            "aws:ViaAWSService": str(bool(self.called_via)).lower(),
            **({} if self.role_arn else {"aws:username": self.arn.rpartition("/")[2]}),
            **({"aws:CalledVia": self.called_via} if self.called_via else {}),
        }

    def _source(self) -> Mapping[str, str]:
        if not self.source_arn:
            return {}
        account = self.source_arn.split(":")[4]
        return {"aws:SourceArn": self.source_arn, **({"aws:SourceAccount": account} if account else {})}


def user_id(principal: Principal) -> str:
    """Returns the unique id of a user or role session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    if principal.is_root:
        return principal.account
    backend, name = iam_backends[principal.account]["aws"], principal.arn.rpartition("/")[2]
    try:
        if principal.role_arn:
            return f"{backend.get_role(principal.role_arn.rpartition('/')[2]).id}:{name}"
        return str(backend.get_user(name).id)
    except NotFoundException:
        return ""


def principal_tags(principal: Principal) -> Mapping[str, str]:
    """Returns the condition keys of the tags of a principal's role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
    """
    if not principal.role_arn:
        return {}
    try:
        role = iam_backends[principal.account]["aws"].get_role(principal.role_arn.rpartition("/")[2])
    except NotFoundException:
        return {}
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in role.tags}


def attached_policies(principal: Principal) -> Policies:
    """Returns the policies attached to a principal, its permissions boundary and its session policy."""
    if not principal.account:
        return Policies()
    backend = iam_backends[principal.account]["aws"]
    try:
        if principal.role_arn:
            return _policies_of_role(backend, principal)
        return Policies(tuple(_policies_of_user(backend, principal.arn.rpartition("/")[2])))
    except NotFoundException:
        return Policies()


def _policies_of_role(backend: IAMBackend, principal: Principal) -> Policies:
    name = str(principal.role_arn).rpartition("/")[2]
    role = backend.get_role(name)
    boundary = role.permissions_boundary_arn
    attached, _ = backend.list_attached_role_policies(name)
    inline = [(each, backend.get_role_policy(name, each)[1]) for each in backend.list_role_policies(name)]
    return Policies(
        identity=(*(parse(each, str(document)) for each, document in inline), *map(_managed, attached)),
        boundary=_managed(backend.get_policy(boundary)) if boundary else None,
        session=parse("session policy", principal.session_policy) if principal.session_policy else None,
    )


def _policies_of_user(backend: IAMBackend, name: str) -> Iterator[Policy]:
    for inline in backend.list_user_policies(name):
        yield parse(inline, backend.get_user_policy(name, inline)["policy_document"])
    yield from map(_managed, backend.list_attached_user_policies(name)[0])
    for group in backend.get_groups_for_user(name):
        for inline in backend.list_group_policies(group.name):
            yield parse(inline, backend.get_group_policy(group.name, inline)["policy_document"])
        yield from map(_managed, backend.list_attached_group_policies(group.name)[0])


def _managed(policy: Any) -> Policy:
    version = next(version for version in policy.versions if version.is_default)
    return parse(policy.arn, version.document)
