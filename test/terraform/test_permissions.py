"""Permissions that a run did not use are found for each kind of role, and can be printed for each role."""

from __future__ import annotations

import json

from test.terraform.permission_trace import trace
from test.terraform.permissions import Permission, unused_permissions
from test.terraform.state import Resource

ROLES = "arn:aws:iam::123456789012:role/"
FILES = {"Sid": "Files", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
KEYS = {"Sid": "Keys", "Effect": "Allow", "Action": "kms:GenerateDataKey*", "Resource": "*"}
ADDED = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}


def task(name, *statements):
    """The resources of a task's role."""
    module = f'module.orders.module.ecs_task["{name}"].module.role'
    policy = json.dumps({"Statement": statements})
    return [
        Resource(f"{module}.aws_iam_role.this", "managed", "aws_iam_role", {"arn": ROLES + name, "name": name}),
        Resource(
            f"{module}.aws_iam_role_policy.this", "managed", "aws_iam_role_policy", {"role": name, "policy": policy}
        ),
    ]


def decision(name, action, sid, outcome="ALLOWED"):
    return {
        "principal": ROLES + name,
        "action": action,
        "resource": "arn:aws:s3:::orders/1.csv",
        "outcome": outcome,
        "statements": [{"policy": "task", "sid": sid, "denies": False}],
        "count": 3,
    }


def test_a_permission_is_unused_if_no_role_of_its_kind_uses_it():
    resources = [*task("load", FILES, KEYS, ADDED), *task("report", FILES)]
    decisions = [decision("report", "s3:GetObject", "Files"), decision("load", "kms:GenerateDataKey", "Keys")]
    assert unused_permissions(resources, decisions) == {Permission("ecs_task.role", "Files", "s3:PutObject")}


def test_another_statement_and_a_denied_request_use_nothing():
    decisions = [decision("load", "s3:GetObject", "Folders"), decision("load", "s3:PutObject", "Files", "NO_BOUNDARY")]
    assert unused_permissions(task("load", FILES), decisions) == {
        Permission("ecs_task.role", "Files", "s3:GetObject"),
        Permission("ecs_task.role", "Files", "s3:PutObject"),
    }


def test_attached_policies_of_a_factorys_role_count():
    policy = {"arn": "arn:aws:iam::123456789012:policy/keys", "policy": json.dumps({"Statement": [KEYS]})}
    resources = [
        Resource(f'module.sales.{kind}.failsafe["sales"]', "managed", kind, values)
        for kind, values in {
            "aws_iam_role": {"arn": f"{ROLES}failsafe", "name": "failsafe"},
            "aws_iam_policy": policy,
            "aws_iam_role_policy_attachment": {"role": "failsafe", "policy_arn": policy["arn"]},
        }.items()
    ]
    assert unused_permissions(resources, []) == {Permission("failsafe", "Keys", "kms:GenerateDataKey*")}


def test_a_trace_shows_requests_and_unused_permissions():
    resources = [*task("load", FILES), *task("report", FILES)]
    decisions = [decision("load", "s3:GetObject", "Files"), decision("report", "s3:PutObject", "Files")]
    printed = [line.split() for line in trace(ROLES + "load", resources, decisions)]
    assert ["3", "s3:GetObject", "Files", "arn:aws:s3:::orders/1.csv"] in printed
    assert ["s3:PutObject", "Files", "used", "by", "other", "roles", "of", "its", "kind"] in printed
