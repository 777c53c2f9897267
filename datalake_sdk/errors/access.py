"""Denied access: the caller, the action, the resource, and the next step for each kind of policy."""

from __future__ import annotations

import json

from datalake_sdk.errors.base import TerminalError

LAKE_FORMATION = "Lake Formation's "
"""Prefix of the actions that Lake Formation denies, for example `Lake Formation's SELECT`."""
_READS = {
    "glue:GetDatabase",
    "glue:GetTable",
    "s3:GetObject",
    "s3:ListBucket",
    "s3tables:GetTableData",
    "s3tables:GetTableMetadataLocation",
    # Lake Formation does not always name the missing permission.
    *(LAKE_FORMATION + permission for permission in ("DESCRIBE", "PERMISSIONS", "SELECT")),
}
_WRITES_TO_PATHS = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}
_WRITES_TO_TABLES = {
    *_WRITES_TO_PATHS,
    "glue:CreateTable",
    "glue:UpdateTable",
    "s3:DeleteObject",
    "s3tables:CreateTable",
    "s3tables:PutTableData",
    "s3tables:UpdateTableMetadataLocation",
    *(LAKE_FORMATION + permission for permission in ("ALTER", "CREATE TABLE", "DELETE", "INSERT")),
}
"""Actions that the declared inputs and outputs of a task grant."""
_OF_ENDPOINT, _OF_RESOURCE, _OF_TRUST = "VPC endpoint policy", "resource-based polic", "role trust policy"
_OWNERS = {
    "service control policy": "the administrators of the AWS organization",
    "resource control policy": "the administrators of the AWS organization that owns the resource",
    _OF_ENDPOINT: "the owner of the VPC endpoint",
    "permissions boundary": "the owner of the role's permissions boundary",
    "session": "the owner of the session policy",
    _OF_TRUST: "the owner of the role to assume",
    _OF_RESOURCE: "the owner of the resource",
    "identity-based policy": "the owner of the role",
}
"""Who can change a policy, by its name in AWS's reason. An endpoint's policy may deny through a service control policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""


class AccessDeniedError(TerminalError):
    """The caller has no permission for an action.

    Args:
        action: IAM action, for example `s3:GetObject`; the name of the operation if AWS does not return the action.
        resource: ARN, or a Lake Formation table; empty if unknown.
        reason: Reason that AWS returned; may be empty.
        caller: ARN of the user or role session; empty if unknown.
        declared: Declaration of a task that includes the permission: a table, `sales.orders`, or a location,
            `s3://inbox/orders/`; empty if there is none.
    """

    def __init__(self, action: str, resource: str, reason: str, caller: str = "", declared: str = "") -> None:
        target = f" on '{resource}'" if resource else ""
        who = f" for {_principal(caller)}" if caller else ""
        self.action = action
        self.resource = resource
        self.reason = reason
        self.caller = caller
        self.declared = declared
        super().__init__(
            f"access denied: {action}{target}{who}" + (f": {reason}" if reason else ""), hint=_next_step(self)
        )


def _principal(arn: str) -> str:
    """`role 'load' (arn:aws:sts::123456789012:assumed-role/load/session)`."""
    kind, _, name = arn.split(":")[-1].partition("/")
    kind = {"assumed-role": "role", "root": "the root user"}.get(kind, kind)
    return f"{kind} '{name.split('/')[0] if kind == 'role' else name}' ({arn})" if name else f"{kind} ({arn})"


def _next_step(denied: AccessDeniedError) -> str:
    policy = next((name for name in _OWNERS if name in denied.reason), "")
    if "explicit deny" in denied.reason:
        owner = _OWNERS.get(policy, "the owner of the policy")
        return f"An explicit deny in a policy overrides every permission: ask {owner} for an exception."
    if not policy and denied.reason.startswith("because"):
        return "No permission is missing; see the reason for what denies the request."
    if policy in ("", "identity-based policy"):
        return _declaration(denied)
    return (
        "Permissions of the role alone do not suffice: "
        f"ask {_OWNERS[policy]} to add to its policy: {_statement(denied, policy)}"
    )


def _declaration(denied: AccessDeniedError) -> str:
    """The line to add to a task in Terraform, and additional steps that the permission may require."""
    if denied.action.startswith(LAKE_FORMATION) and not denied.declared:
        return _grant(denied)
    steps = [f"Add to the task in Terraform: {_line(denied)}.", *_additional_steps(denied)]
    return " ".join([*steps, "Outside of a task, ask the owner of the domain for the permission."])


def _line(denied: AccessDeniedError) -> str:
    declared, is_path = denied.declared, denied.declared.startswith("s3://")
    writes = denied.action in (_WRITES_TO_PATHS if is_path else _WRITES_TO_TABLES)
    if not declared or not (writes or denied.action in _READS):
        service, resource = denied.action.partition(":")[0].lower(), denied.resource or "*"
        permission = f'{{ actions = ["{denied.action}"], resources = ["{resource}"] }}'
        return f"additional_permissions = {{ {service} = {permission} }}"
    if is_path:
        return f'{"output" if writes else "input"}_paths = ["{declared}"]'
    return f'output_tables = {{ "{declared}" = {{}} }}' if writes else f'input_tables = ["{declared}"]'


def _additional_steps(denied: AccessDeniedError) -> list[str]:
    if denied.action.startswith(LAKE_FORMATION):
        return [f"If the task has it already: {_grant(denied)}"]
    if denied.action.startswith("kms:"):
        statement = _statement(denied, _OF_RESOURCE)
        return [f"A key of another account, or one that does not delegate to IAM, needs: {statement}."]
    if denied.action == "s3:GetObject" and "/metadata/" in denied.resource:
        return ["Consumers of a domain with Lake Formation can read tables only with `datalake_sdk query`."]
    if denied.action.startswith("s3:") and not denied.reason.startswith("because no identity"):
        return ["The policy of a bucket of another account must allow it too."]
    return []


def _grant(denied: AccessDeniedError) -> str:
    permission = denied.action.removeprefix(LAKE_FORMATION)
    return f"Ask the owner of '{denied.resource}' to grant {permission} in Lake Formation to {_role(denied)}."


def _statement(denied: AccessDeniedError, policy: str) -> str:
    # In a key policy, * is the key: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    resource = "*" if denied.action.startswith("kms:") and policy == _OF_RESOURCE else denied.resource or "*"
    principals: dict[str, object] = {
        _OF_RESOURCE: {"AWS": _role(denied)},
        _OF_TRUST: {"AWS": _role(denied)},
        # https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#vpc-endpoint-policies-gateway
        _OF_ENDPOINT: "*",
    }
    statement = {
        "Effect": "Allow",
        **({"Principal": principals[policy]} if policy in principals else {}),
        "Action": denied.action,
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
        **({"Resource": resource} if policy != _OF_TRUST else {}),
    }
    return json.dumps(statement)


def _role(denied: AccessDeniedError) -> str:
    """ARN of the caller's role, without its path, which the ARN of a session does not contain."""
    partition, _, _, account, name = [*denied.caller.split(":")[1:], *[""] * 5][:5]
    if not name.startswith("assumed-role/"):
        return denied.caller or "the role"
    return f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"
