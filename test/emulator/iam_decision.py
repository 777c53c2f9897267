"""Policy evaluation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from test.emulator.iam_patterns import Context
from test.emulator.iam_policy import Grant, Identity, Policy, Statement


class Outcome(Enum):
    """Result of an evaluation; the value is the end of AWS's message.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """

    ALLOWED = ""
    NO_IDENTITY_POLICY = "because no identity-based policy allows the {action} action"
    NO_RESOURCE_POLICY = "because no resource-based policy allows the {action} action"
    NO_BOUNDARY = "because no permissions boundary allows the {action} action"
    NO_SESSION_POLICY = "because no session policy allows the {action} action"
    NO_TRUST_POLICY = "because no role trust policy allows the {action} action"
    DENIED_BY_IDENTITY_POLICY = "with an explicit deny in an identity-based policy"
    DENIED_BY_RESOURCE_POLICY = "with an explicit deny in a resource-based policy"
    DENIED_BY_BOUNDARY = "with an explicit deny in a permissions boundary"
    DENIED_BY_SESSION_POLICY = "with an explicit deny in a session policy"
    DENIED_BY_TRUST_POLICY = "with an explicit deny in the role trust policy"


@dataclass(frozen=True)
class Request:
    """A request to decide about.

    Attributes:
        caller: Who makes it.
        action: IAM action, for example `s3:GetObject`.
        resource: ARN; None if unknown, which matches any resource of a policy.
        context: Values of condition keys.
    """

    caller: Identity
    action: str
    resource: str | None
    context: Context


@dataclass(frozen=True)
class Policies:
    """The policies that apply to a request.

    Attributes:
        identity: Policies of the caller's role, user and groups.
        boundary: The permissions boundary of the role or user.
        session: The session policy.
        resource: The policy of the resource.
        resource_account: Account that owns the resource; empty if it is the caller's.
        decided_by_resource: Whether identity-based policies count only if the resource's policy delegates to the
            account, as for KMS keys and for roles to assume.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None
    resource_account: str = ""
    decided_by_resource: bool = False


@dataclass(frozen=True)
class Match:
    """A statement that applied to a request."""

    policy: str
    sid: str
    denies: bool


@dataclass(frozen=True)
class Decision:
    """The outcome for a request.

    Attributes:
        outcome: Whether the request is allowed, or why not.
        matches: The statements that applied.
        missing_keys: Condition keys that statements about this action use and that the request does not have.
    """

    outcome: Outcome
    matches: tuple[Match, ...] = ()
    missing_keys: frozenset[str] = frozenset()

    @property
    def is_allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED


def decide(request: Request, policies: Policies) -> Decision:
    """Evaluates the policies that apply to a request."""
    kinds = _Kinds(
        _evaluate(request, policies.identity),
        _evaluate(request, _listed(policies.boundary)),
        _evaluate(request, _listed(policies.session)),
        _evaluate(request, _listed(policies.resource)),
    )
    outcome = kinds.explicit_deny(_is_trust(request)) or kinds.implicit(request, policies)
    every = (kinds.identity, kinds.boundary, kinds.session, kinds.resource)
    return Decision(
        outcome,
        tuple(match for each in every for match in each.matches),
        frozenset(key for each in every for key in each.missing_keys),
    )


@dataclass(frozen=True)
class _Evaluation:
    """The statements of one kind of policy that apply to a request."""

    grant: Grant
    denied: bool
    matches: tuple[Match, ...]
    missing_keys: frozenset[str]

    @property
    def allows(self) -> bool:
        return self.grant is not Grant.NONE


@dataclass(frozen=True)
class _Kinds:
    identity: _Evaluation
    boundary: _Evaluation
    session: _Evaluation
    resource: _Evaluation

    def explicit_deny(self, of_role: bool) -> Outcome | None:
        denials = (
            (self.resource, Outcome.DENIED_BY_TRUST_POLICY if of_role else Outcome.DENIED_BY_RESOURCE_POLICY),
            (self.boundary, Outcome.DENIED_BY_BOUNDARY),
            (self.session, Outcome.DENIED_BY_SESSION_POLICY),
            (self.identity, Outcome.DENIED_BY_IDENTITY_POLICY),
        )
        return next((outcome for evaluation, outcome in denials if evaluation.denied), None)

    def implicit(self, request: Request, policies: Policies) -> Outcome:
        """Decides without explicit denials.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
        """
        account = request.caller.account
        across = account != (policies.resource_account or account)
        refused = Outcome.NO_TRUST_POLICY if _is_trust(request) else Outcome.NO_RESOURCE_POLICY
        if not account:
            return Outcome.ALLOWED if self.resource.allows else refused
        if (across or policies.decided_by_resource) and not self.resource.allows:
            return refused
        if not across and self.resource.grant is Grant.SESSION:
            return Outcome.ALLOWED
        granted = not across and self.resource.grant is Grant.PRINCIPAL
        if not granted and not self.identity.allows:
            return Outcome.NO_IDENTITY_POLICY
        if not across and self.resource.grant is Grant.PRINCIPAL and not request.caller.role_arn:
            return Outcome.ALLOWED
        if policies.boundary and not self.boundary.allows:
            return Outcome.NO_BOUNDARY
        return Outcome.NO_SESSION_POLICY if policies.session and not self.session.allows else Outcome.ALLOWED


def _evaluate(request: Request, policies: Iterable[Policy]) -> _Evaluation:
    applying = list(_applying(request, policies))
    met = [each for each in applying if all(each.conditions_met(request.context))]
    grants = [each.grant for each in met if not each.statement.denies]
    return _Evaluation(
        max(grants, key=lambda grant: grant.value, default=Grant.NONE),
        any(each.statement.denies for each in met),
        tuple(Match(each.policy, each.statement.sid, each.statement.denies) for each in met),
        frozenset(
            condition.key
            for each in applying
            for condition in each.statement.conditions
            if condition.key not in request.context
        ),
    )


@dataclass(frozen=True)
class _Applying:
    """A statement about a request, before its conditions are evaluated."""

    policy: str
    statement: Statement
    grant: Grant

    def conditions_met(self, context: Context) -> Iterator[bool]:
        return (condition.is_met(context) for condition in self.statement.conditions)


def _applying(request: Request, policies: Iterable[Policy]) -> Iterator[_Applying]:
    for policy in policies:
        for statement in policy.statements:
            grant = statement.principals.grant(request.caller)
            if grant is not Grant.NONE and statement.concerns(request.action, request.resource, request.context):
                yield _Applying(policy.name, statement, grant)


def _is_trust(request: Request) -> bool:
    return request.action.startswith("sts:AssumeRole")


def _listed(policy: Policy | None) -> tuple[Policy, ...]:
    return (policy,) if policy else ()
