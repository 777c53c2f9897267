"""The policies that apply to a request decide as AWS documents it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from test.emulator.iam_conditions import UnknownOperatorError
from test.emulator.iam_decision import Outcome, Policies, Request, decide
from test.emulator.iam_policy import Identity, parse

ACCOUNT, OTHER = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/task"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/task/run"
USER = f"arn:aws:iam::{ACCOUNT}:user/ana"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = "arn:aws:s3:::b/key"
ALLOW, DENY = ({"Effect": effect, "Action": "*", "Resource": "*"} for effect in ("Allow", "Deny"))
task, ana = Identity(SESSION, ROLE, ACCOUNT), Identity(USER, None, ACCOUNT)
events = Identity("events.amazonaws.com")


def outcome(caller=task, action="s3:GetObject", on=KEY, context=None, **policies):
    """Evaluates policies, given as lists of statements."""
    parsed = {
        name: parse(name, document(value)) if isinstance(value, list) else value for name, value in policies.items()
    }
    if "identity" in parsed:
        parsed["identity"] = (parsed["identity"],)
    values = {
        key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in (context or {}).items()
    }
    return decide(Request(caller, action, on, values), Policies(**parsed)).outcome


def document(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def grants(principal, effect="Allow", **more):
    return [{"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", **more}]


def is_met(operator, expected, given, key="aws:x"):
    """Returns whether a condition on one key is met; `given` None means that the request does not have the key."""
    statement = {**ALLOW, "Condition": {operator: {key: expected}}}
    context = {} if given is None else {key: given}
    return outcome(identity=[statement], context=context) is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Allow", "Action": "s3:getobject", "Resource": "*"}, Outcome.ALLOWED),
        ({"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::b/k?y"]}, Outcome.ALLOWED),
        ({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b.k/*"}, Outcome.NO_IDENTITY_POLICY),
        ({"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}, Outcome.ALLOWED),
        ({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}, Outcome.NO_IDENTITY_POLICY),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}, Outcome.NO_IDENTITY_POLICY),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, Outcome.DENIED_BY_IDENTITY_POLICY),
    ],
)
def test_a_statement_applies_to_its_actions_and_resources(statement, expected):
    assert outcome(identity=[statement]) is expected


def test_an_unknown_resource_matches_any_resource_of_a_policy():
    assert outcome(identity=[{**ALLOW, "Resource": "arn:aws:s3:::other"}], on=None) is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("operator", "expected", "value", "met"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringNotEquals", "a", None, True),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "sales/*", "sales/orders/x", True),
        ("StringLike", "sales/?", "sales/xy", False),
        ("StringNotLike", "sales/*", "open/x", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "x", False),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateNotEquals", "2026-01-01", "2026-01-02", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThanEquals", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00+02:00", "2025-12-31T23:00:00Z", True),
        ("DateGreaterThanEquals", "2026-01-01", "2025-12-31", False),
        ("Bool", "true", "true", True),
        ("Bool", False, "false", True),
        ("Bool", "true", "false", False),
        ("Bool", "false", None, False),
        ("BoolIfExists", "false", None, True),
        ("BinaryEquals", "QmlnIERhdGE=", "QmlnIERhdGE=", True),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("ArnEquals", "arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("ArnLike", "arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:q", False),
        ("ArnLike", "arn:aws:emr-serverless:*:1:*", "arn:aws:emr-serverless:eu-west-1:1:/applications/a", True),
        ("ArnNotEquals", "arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:1:q", False),
        ("ArnNotLike", "arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:2:q", True),
        ("Null", "true", None, True),
        ("Null", "true", "a", False),
        ("Null", "false", "a", True),
        ("Null", "false", None, False),
    ],
)
def test_an_operator_compares_values(operator, expected, value, met):
    assert is_met(operator, expected, value) is met


@pytest.mark.parametrize(
    ("operator", "values", "met"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAllValues:StringEquals", None, True),
        ("ForAnyValue:StringEquals", ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["c"], False),
        ("ForAnyValue:StringEquals", None, False),
        ("ForAnyValue:StringEqualsIfExists", None, True),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "c"], False),
        ("ForAnyValue:StringNotEquals", ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
    ],
)
def test_a_quantifier_combines_the_values_of_a_request(operator, values, met):
    assert is_met(operator, ["a", "b"], values) is met


def test_all_keys_of_all_operators_must_match():
    condition = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    whole = {"aws:a": "1", "aws:b": "2", "aws:c": "true"}
    statement = [{**ALLOW, "Condition": condition}]
    assert outcome(identity=statement, context=whole) is Outcome.ALLOWED
    for key in whole:
        assert outcome(identity=statement, context=whole | {key: "0"}) is Outcome.NO_IDENTITY_POLICY


def test_condition_keys_are_not_case_sensitive():
    statement = {**ALLOW, "Condition": {"StringEquals": {"AWS:sourceACCOUNT": "1"}}}
    assert outcome(identity=[statement], context={"aws:SourceAccount": "1"}) is Outcome.ALLOWED


@pytest.mark.parametrize("operator", ["StringMatches", "StringLikes", "ForSomeValue:StringLike", "NullIfExists", ""])
def test_an_unknown_operator_is_rejected(operator):
    with pytest.raises(UnknownOperatorError):
        parse("p", document([{**ALLOW, "Condition": {operator: {"aws:x": "a"}}}]))


@pytest.mark.parametrize(
    ("resource", "context", "expected"),
    [
        ("arn:aws:s3:::b/${aws:username}", {"aws:username": "key"}, Outcome.ALLOWED),
        ("arn:aws:s3:::b/${aws:username}", {"aws:username": "*"}, Outcome.NO_IDENTITY_POLICY),
        ("arn:aws:s3:::b/${aws:username}", {}, Outcome.NO_IDENTITY_POLICY),
        ("arn:aws:s3:::b/${aws:username, 'key'}", {}, Outcome.ALLOWED),
        ("arn:aws:s3:::b/${*}", {}, Outcome.NO_IDENTITY_POLICY),
        ("arn:aws:s3:::b/${AWS:UserName}*", {"aws:username": "k"}, Outcome.ALLOWED),
    ],
)
def test_a_policy_variable_is_replaced_by_its_value(resource, context, expected):
    assert outcome(identity=[{**ALLOW, "Resource": resource}], context=context) is expected


def test_a_condition_can_compare_two_keys():
    statement = {**ALLOW, "Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}}
    same, other = ({"aws:PrincipalAccount": "1", "aws:ResourceAccount": account} for account in "12")
    assert outcome(identity=[statement], context=same) is Outcome.ALLOWED
    assert outcome(identity=[statement], context=other) is Outcome.NO_IDENTITY_POLICY


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("identity", Outcome.DENIED_BY_IDENTITY_POLICY),
        ("boundary", Outcome.DENIED_BY_BOUNDARY),
        ("session", Outcome.DENIED_BY_SESSION_POLICY),
        ("resource", Outcome.DENIED_BY_RESOURCE_POLICY),
    ],
)
def test_an_explicit_deny_of_any_policy_wins_if_its_condition_is_met(kind, expected):
    deny = {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    everything = {"identity": [ALLOW], "boundary": [ALLOW], "session": [ALLOW], "resource": grants({"AWS": ROLE})}
    denying = [{**deny, "Principal": "*"} if kind == "resource" else deny]
    policies = {**everything, kind: [*everything[kind], *denying]}
    assert outcome(**policies, context={"aws:SecureTransport": "true"}) is Outcome.ALLOWED
    assert outcome(**policies, context={"aws:SecureTransport": "false"}) is expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("boundary", Outcome.NO_BOUNDARY), ("session", Outcome.NO_SESSION_POLICY)]
)
def test_a_boundary_and_a_session_policy_limit_permissions(kind, expected):
    assert outcome(identity=[ALLOW], **{kind: [ALLOW]}) is Outcome.ALLOWED
    assert outcome(identity=[ALLOW], **{kind: [{**ALLOW, "Action": "sqs:*"}]}) is expected
    assert outcome(**{kind: [ALLOW]}) is Outcome.NO_IDENTITY_POLICY


@pytest.mark.parametrize(
    ("caller", "principal", "expected"),
    [
        (task, {"AWS": ROLE}, Outcome.ALLOWED),
        (task, {"AWS": SESSION}, Outcome.ALLOWED),
        (task, "*", Outcome.ALLOWED),
        (task, {"AWS": "*"}, Outcome.ALLOWED),
        (task, {"AWS": ROOT}, Outcome.NO_IDENTITY_POLICY),
        (task, {"AWS": ACCOUNT}, Outcome.NO_IDENTITY_POLICY),
        (task, {"AWS": f"{ROLE}2"}, Outcome.NO_IDENTITY_POLICY),
        (task, {"Service": "events.amazonaws.com"}, Outcome.NO_IDENTITY_POLICY),
        (ana, {"AWS": [USER, ROLE]}, Outcome.ALLOWED),
        (events, {"Service": "events.amazonaws.com"}, Outcome.ALLOWED),
        (events, {"Service": "lambda.amazonaws.com"}, Outcome.NO_RESOURCE_POLICY),
        (events, {"AWS": ROOT}, Outcome.NO_RESOURCE_POLICY),
    ],
)
def test_a_resource_policy_in_the_same_account_grants_to_its_principals(caller, principal, expected):
    assert outcome(caller, resource=grants(principal), resource_account=ACCOUNT) is expected


@pytest.mark.parametrize(
    ("principal", "expected"),
    [({"AWS": SESSION}, Outcome.ALLOWED), ({"AWS": ROLE}, Outcome.NO_BOUNDARY), ("*", Outcome.NO_BOUNDARY)],
)
def test_only_a_grant_to_the_session_is_not_limited_by_a_boundary(principal, expected):
    assert outcome(resource=grants(principal), boundary=[{**ALLOW, "Action": "sqs:*"}]) is expected


@pytest.mark.parametrize(
    ("identity", "principal", "expected"),
    [
        ([ALLOW], {"AWS": ROLE}, Outcome.ALLOWED),
        ([ALLOW], {"AWS": ROOT}, Outcome.ALLOWED),
        ([ALLOW], {"AWS": f"arn:aws:iam::{OTHER}:root"}, Outcome.NO_RESOURCE_POLICY),
        ([], {"AWS": ROLE}, Outcome.NO_IDENTITY_POLICY),
    ],
)
def test_access_across_accounts_requires_both_policies(identity, principal, expected):
    assert outcome(identity=identity, resource=grants(principal), resource_account=OTHER) is expected


@pytest.mark.parametrize(
    ("identity", "principal", "expected"),
    [
        ([ALLOW], {"AWS": ROOT}, Outcome.ALLOWED),
        ([], {"AWS": ROOT}, Outcome.NO_IDENTITY_POLICY),
        ([], {"AWS": ROLE}, Outcome.ALLOWED),
        ([ALLOW], {"AWS": f"{ROLE}2"}, Outcome.NO_RESOURCE_POLICY),
    ],
)
def test_a_key_policy_decides_whether_identity_policies_count(identity, principal, expected):
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    policies = {"identity": identity, "resource": grants(principal), "decided_by_resource": True}
    assert outcome(action="kms:Decrypt", on=key, **policies) is expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([SESSION, ROLE, ROOT], Outcome.ALLOWED),
        ([ROLE, ROOT], Outcome.DENIED_BY_RESOURCE_POLICY),
        ([SESSION, ROLE], Outcome.DENIED_BY_RESOURCE_POLICY),
        ([USER, ROOT], Outcome.DENIED_BY_RESOURCE_POLICY),
    ],
)
def test_not_principal_exempts_a_session_only_with_its_role_and_account(names, expected):
    deny = [{**DENY, "NotPrincipal": {"AWS": names}}]
    assert outcome(identity=[ALLOW], resource=deny) is expected


def test_a_decision_lists_the_statements_that_applied_and_the_keys_that_the_request_lacks():
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    policy = parse("may", document([{**ALLOW, "Sid": "All"}, {**ALLOW, "Condition": condition}, DENY]))
    decision = decide(Request(task, "s3:GetObject", KEY, {}), Policies((policy,)))
    assert [(match.policy, match.sid, match.denies) for match in decision.matches] == [
        ("may", "All", False),
        ("may", "statement 3", True),
    ]
    assert decision.missing_keys == {"aws:sourcevpc"}


_names = st.text("ab*?", min_size=1, max_size=4)
_effects = st.sampled_from(["Allow", "Deny"])
_statements = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": f"s3:{action}", "Resource": resource},
    _effects,
    _names,
    _names,
)


@given(st.lists(_statements, min_size=1, max_size=4), st.lists(_statements, max_size=3), _names, _names)
def test_more_denials_never_allow_more_and_more_grants_never_deny_more(statements, added, action, resource):
    def allowed(policy):
        return outcome(action=f"s3:{action}", on=resource, identity=policy) is Outcome.ALLOWED

    before = allowed(statements)
    assert allowed([*statements, *(each for each in added if each["Effect"] == "Deny")]) <= before
    assert allowed([*statements, *(each for each in added if each["Effect"] == "Allow")]) >= before


@given(st.text("ab*?.$", max_size=6), st.text("ab.$", max_size=6))
def test_a_pattern_matches_like_a_shell_pattern(pattern, value):
    def shell(pattern, value):
        if not pattern:
            return not value
        if pattern[0] == "*":
            return any(shell(pattern[1:], value[skipped:]) for skipped in range(len(value) + 1))
        return bool(value) and pattern[0] in ("?", value[0]) and shell(pattern[1:], value[1:])

    statement = {**ALLOW, "Resource": pattern}
    assert (outcome(identity=[statement], on=value) is Outcome.ALLOWED) == shell(pattern, value)
