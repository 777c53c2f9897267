"""The permissions that requests to EC2 require.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from __future__ import annotations

from collections.abc import Iterator

from moto.ec2.models import ec2_backends

from test.emulator.iam_calls import Call
from test.emulator.iam_keys import Keys, resource_tag_keys, tag_keys
from test.emulator.iam_permission import Permission

_KINDS = {
    "igw": "internet-gateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""Resource types by the prefix of their IDs."""

_CREATED = {
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateInternetGateway": "internet-gateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}

_NOT_AUTHORIZED = {
    "CreateRoute": {"GatewayId"},
    "RevokeSecurityGroupEgress": {"SecurityGroupRuleIds"},
    "RevokeSecurityGroupIngress": {"SecurityGroupRuleIds"},
}
"""Parameters with resources for which an action requires no permission."""


def ec2_permissions(call: Call) -> Iterator[Permission]:
    """Yields a permission for each resource that a call names or creates."""
    action = f"ec2:{call.action}"
    named = [Permission(action, call.arn(each), _tags(call, each)) for each in _named(call)]
    yield from named
    if call.action not in _CREATED:
        if not named:
            yield Permission(action, "*")
        return
    created, requested = call.arn(f"{_CREATED[call.action]}/*"), _requested_tags(call)
    yield Permission(action, created, requested)
    if requested:
        yield Permission("ec2:CreateTags", created, {**requested, "ec2:CreateAction": call.action})


def _named(call: Call) -> list[str]:
    """Returns the resources in the parameters of a call, for example `vpc/vpc-0a1b2c3d`."""
    if call.action.startswith("Describe") and call.action != "DescribeVpcAttribute":
        return []
    ignored = _NOT_AUTHORIZED.get(call.action, set())
    values = [value for name, value in call.parameters.items() if name not in ignored]
    ids = [each for value in values for each in (value if isinstance(value, list) else [value])]
    ids += _route_table_of_association(call)
    kinds = [(_KINDS.get(str(each).partition("-")[0]), each) for each in ids]
    return [f"{kind}/{each}" for kind, each in kinds if kind]


def _route_table_of_association(call: Call) -> list[str]:
    association = call.get("AssociationId")
    tables = ec2_backends[call.account][call.region].route_tables.values()
    return [table.id for table in tables if association in table.all_associations_ids]


def _tags(call: Call, resource: str) -> Keys:
    tags = ec2_backends[call.account][call.region].tags
    requested = tag_keys(call.tags) if call.action == "CreateTags" else {}
    return {**requested, **resource_tag_keys(tags.get(resource.rpartition("/")[2], {}))}


def _requested_tags(call: Call) -> Keys:
    specified = [tag for each in call.get("TagSpecifications") or [] for tag in each["Tags"]]
    return tag_keys({tag["Key"]: tag["Value"] for tag in specified})
