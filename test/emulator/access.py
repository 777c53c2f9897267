"""Decides whether a principal may do something, and records every decision.

`Principal.role(arn)` and `Principal.service(name, source_arn)` name a caller, `require` and `is_allowed` evaluate the
policies that apply to it while IAM is enforced, and `assume_as_service` lets a service assume a role that trusts it. In
the handler of a request, use `iam.require_permission`, which raises the error in the format of the request's service.
"""

from __future__ import annotations

import datetime
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from moto.sts.models import sts_backends

from test.emulator.iam_decision import Decision, Outcome, Policies, Request, decide
from test.emulator.iam_encryption import encryption_permissions
from test.emulator.iam_keys import is_supplied
from test.emulator.iam_patterns import Context
from test.emulator.iam_permission import Permission
from test.emulator.iam_policy import Identity
from test.emulator.iam_principals import Principal, attached_policies, forwarded_sessions, principal_tags
from test.emulator.iam_resource_policies import resource_policy
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT, REGION

PATCHES = ServicePatches("access")

__all__ = [
    "AccessDeniedError",
    "Principal",
    "RoleCredentials",
    "RoleNotAssumableError",
    "ServiceRole",
    "assume_as_role",
    "assume_as_service",
    "check_trust",
    "forward_session",
    "is_allowed",
    "is_enforced",
    "require",
    "trusts_service",
    "trusts_token",
]

Values = str | list[str] | tuple[str, ...]
_Record = tuple[str, str, str, Decision]


@dataclass
class _State:
    enforcing: bool = False
    decisions: Counter[_Record] = field(default_factory=Counter)
    unsupplied: set[tuple[str, str]] = field(default_factory=set)
    forwarded: dict[tuple[Principal, str], RoleCredentials] = field(default_factory=dict)


_state = _State()
_lock = threading.Lock()


_DENIED_KEY = (
    "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
    "policy explicitly denies access"
)
"""https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html"""


class AccessDeniedError(Exception):
    """Policies do not allow a request; the message has AWS's wording."""

    def __init__(self, principal: Principal, action: str, resource: str | None, outcome: Outcome) -> None:
        on = f'resource: "{resource}"' if action.startswith("s3:") else f"resource: {resource or '*'}"
        reason = outcome.value.format(action=action)
        if outcome is Outcome.NO_RESOURCE_POLICY and _is_key_of_another_account(principal, resource):
            on, reason = "this resource", _DENIED_KEY
        super().__init__(f"User: {principal.arn} is not authorized to perform: {action} on {on} {reason}")


@dataclass(frozen=True)
class ServiceRole:
    """A role that a service assumes.

    Attributes:
        arn: ARN of the role.
        service: The service's principal, for example `ecs-tasks.amazonaws.com`.
        source_arn: Resource for which the service assumes the role, the value of `aws:SourceArn`.
    """

    arn: str
    service: str
    source_arn: str | None = None


class RoleNotAssumableError(Exception):
    """A service cannot assume a role: it does not exist or does not trust the service."""

    def __init__(self, role: ServiceRole) -> None:
        super().__init__(f"{role.service} is not authorized to perform: sts:AssumeRole on resource: {role.arn}")


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of a role, known to STS and IAM."""

    access_key: str
    secret_key: str
    token: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }

    @property
    def client_arguments(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.environment.items()}


def require(
    principal: Principal, action: str, resource: str | None, context: Mapping[str, Values] | None = None
) -> None:
    """Raises an error if the policies that apply do not allow a request; does nothing while IAM is not enforced.

    Access to an encrypted object, topic or queue also requires permissions on its key.

    Args:
        principal: The caller.
        action: IAM action, for example `sqs:SendMessage`.
        resource: ARN; `*` for an action without resources; None if unknown, which matches any resource of a policy.
        context: Condition keys of the request, in addition to those about the principal and the time.

    Raises:
        AccessDeniedError: The request is denied.
    """
    asked = Permission(action, resource, context or {})
    # Services use keys in the name of their caller, whose permission on the key is checked after that on the resource.
    for needed in (asked, *(encryption_permissions(principal.account, asked) if _state.enforcing else ())):
        decision = is_allowed(principal, needed.action, needed.resource, needed.keys)
        if not decision.is_allowed:
            raise AccessDeniedError(principal, needed.action, needed.resource, decision.outcome)


def is_allowed(
    principal: Principal, action: str, resource: str | None, context: Mapping[str, Values] | None = None
) -> Decision:
    """Evaluates the policies that apply to a request; for the arguments, see `require`."""
    if not _state.enforcing or principal.is_root or action == "sts:GetCallerIdentity":
        return Decision(Outcome.ALLOWED)
    decision = _evaluate(principal, action, resource, context or {})
    _record(principal, action, resource or "*", decision)
    return decision


def resource_decision(action: str, resource: str) -> Decision:
    """Evaluates only the resource's policy, for the root user; while IAM is enforced, `require` evaluates it."""
    if _state.enforcing:
        return Decision(Outcome.NO_RESOURCE_POLICY)
    root = Principal.root()
    context = _normal({**_environment(root.account), **root.context()})
    return decide(
        Request(Identity(root.arn), action, resource, context),
        Policies(resource=resource_policy(action, resource).policy),
    )


def trusts_service(role_arn: str, service: str, source_arn: str | None = None) -> bool:
    """Returns whether a role exists and trusts a service, whether IAM is enforced or not.

    Args:
        role_arn: ARN of the role.
        service: The service's principal, for example `states.amazonaws.com`.
        source_arn: Resource for which the service assumes the role, the value of `aws:SourceArn`.
    """
    return _evaluate(Principal.service(service, source_arn), "sts:AssumeRole", role_arn, {}).is_allowed


def trusts_token(role_arn: str, provider_arn: str, claims: Mapping[str, Values]) -> bool:
    """Returns whether a role trusts a token of an OpenID Connect provider, whether IAM is enforced or not.

    Args:
        role_arn: ARN of the role.
        provider_arn: ARN of the provider.
        claims: Condition keys with the claims of the token, for example `gitlab.example.com:sub`.
    """
    provider = Principal.federated(provider_arn)
    return _evaluate(provider, "sts:AssumeRoleWithWebIdentity", role_arn, claims).is_allowed


def check_trust(role: ServiceRole) -> None:
    """Raises an error if a role does not trust the service, whether IAM is enforced or not.

    Raises:
        RoleNotAssumableError: The role does not exist or does not trust the service.
    """
    if not trusts_service(role.arn, role.service, role.source_arn):
        raise RoleNotAssumableError(role)


def assume_as_service(role: ServiceRole, session_name: str = "aws-service") -> RoleCredentials:
    """Returns credentials of a new session of a role that a service assumes.

    Raises:
        RoleNotAssumableError: The role does not exist or does not trust the service.
    """
    check_trust(role)
    return _new_session(role.arn, session_name)


def assume_as_role(role_arn: str, next_role_arn: str, session_name: str = "aws-service") -> RoleCredentials:
    """Returns credentials of a new session of a role that another role assumes.

    Raises:
        AccessDeniedError: The first role may not assume the other.
    """
    require(Principal.role(role_arn), "sts:AssumeRole", next_role_arn)
    return _new_session(next_role_arn, session_name)


def forward_session(principal: Principal, service: str) -> RoleCredentials:
    """Returns credentials with which a service calls others with the permissions of a role session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    with _lock:
        if (principal, service) not in _state.forwarded:
            session_name = principal.arn.rpartition("/")[2]
            credentials = _new_session(str(principal.role_arn), session_name, principal.session_policy or "")
            forwarded_sessions[credentials.access_key] = (*principal.called_via, service)
            _state.forwarded[principal, service] = credentials
        return _state.forwarded[principal, service]


def is_enforced() -> bool:
    """Returns whether IAM policies are enforced."""
    return _state.enforcing


@PATCHES.command
def enforce_iam() -> None:
    """Requires a policy that allows the call from every caller except the account's root user."""
    _state.enforcing = True


@PATCHES.command
def stop_enforcing_iam() -> None:
    """Allows every call again; decisions stay recorded until a reset."""
    _state.enforcing = False


@PATCHES.command
def access_decisions() -> list[dict[str, Any]]:
    """Returns the decisions made so far: principal (a role's ARN), action, resource, outcome, statements, count."""
    with _lock:
        recorded = list(_state.decisions.items())
    return [
        {
            "principal": principal,
            "action": action,
            "resource": resource,
            "outcome": decision.outcome.name,
            "statements": [asdict(match) for match in decision.matches],
            "count": count,
        }
        for (principal, action, resource, decision), count in recorded
    ]


@PATCHES.command
def simulated_outcome(role: str, action: str, resource: str) -> str:
    """Returns the outcome that a request of a role would have, whether IAM is enforced or not.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    return _evaluate(Principal.role(role), action, resource, {}).outcome.name


@PATCHES.command
def unsupplied_condition_keys() -> list[dict[str, str]]:
    """Returns condition keys that policies use for an action, but that the emulator has no values for."""
    return [{"key": key, "action": action} for key, action in sorted(_state.unsupplied)]


@PATCHES.on_reset
def _clear() -> None:
    _state.enforcing = False
    with _lock:
        _state.decisions.clear()
        _state.unsupplied.clear()
        _state.forwarded.clear()
        forwarded_sessions.clear()


def _new_session(role_arn: str, session_name: str, policy: str = "") -> RoleCredentials:
    session: Any = sts_backends[role_arn.split(":")[4]]["aws"].assume_role(
        region_name=REGION,
        role_session_name=session_name[:64],
        role_arn=role_arn,
        policy=policy,
        duration=43200,
        external_id="",
    )
    return RoleCredentials(session.access_key_id, session.secret_access_key, session.session_token)


def _evaluate(principal: Principal, action: str, resource: str | None, context: Mapping[str, Values]) -> Decision:
    owned = resource_policy(action, resource)
    policies = replace(
        attached_policies(principal),
        resource=owned.policy,
        resource_account=owned.account,
        decided_by_resource=owned.decides,
    )
    known = {
        **_environment(owned.account or principal.account),
        **principal.context(),
        **principal_tags(principal),
        **context,
    }
    return decide(Request(principal.identity, action, resource, _normal(known)), policies)


def _environment(resource_account: str) -> Mapping[str, str]:
    """Returns global condition keys; clients of AWS use TLS.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now = datetime.datetime.now(datetime.UTC)
    return {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": REGION,
        "aws:ResourceAccount": resource_account or ACCOUNT,
        "aws:SecureTransport": "true",
    }


def _normal(context: Mapping[str, Values]) -> Context:
    return {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in context.items()}


def _record(principal: Principal, action: str, resource: str, decision: Decision) -> None:
    unsupplied = {(key, action) for key in decision.missing_keys if not is_supplied(key)}
    with _lock:
        _state.decisions[principal.role_arn or principal.arn, action, resource, decision] += 1
        new = unsupplied - _state.unsupplied
        _state.unsupplied |= new
    for key, _ in sorted(new):
        sys.stdout.write(f"A policy for {action} uses {key}, which the emulator has no value for\n")


def _is_key_of_another_account(principal: Principal, resource: str | None) -> bool:
    fields = (resource or "").split(":")
    return fields[2:3] == ["kms"] and fields[4] != principal.account
