"""Rules that AWS documents and that botocore's models do not have."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

CHARACTERS = "are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"


@pytest.fixture
def security_group(aws):
    return aws.client("ec2").create_security_group(GroupName="tasks", Description="Tasks (HTTPS)")["GroupId"]


def test_the_description_of_a_security_group_has_255_characters_of_a_small_set(aws):
    for description in ("The engine's", "x" * 256):
        with pytest.raises(ClientError, match="InvalidParameterValue") as caught:
            aws.client("ec2").create_security_group(GroupName="tasks", Description=description)
        message = caught.value.response["Error"]["Message"]
        assert message == f"Invalid security group description. Valid descriptions {CHARACTERS}"


@pytest.mark.parametrize("call", ["authorize_security_group_ingress", "authorize_security_group_egress"])
@pytest.mark.parametrize("source", ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"])
def test_the_description_of_a_rule_has_255_characters_of_a_small_set(aws, security_group, call, source):
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, source: [{"Description": "The engine's"}]}
    with pytest.raises(ClientError, match="InvalidParameterValue") as caught:
        getattr(aws.client("ec2"), call)(GroupId=security_group, IpPermissions=[rule])
    message = caught.value.response["Error"]["Message"]
    assert message == f"Invalid rule description. Valid descriptions {CHARACTERS}"


def test_an_allowed_description_of_a_rule_is_stored(aws, security_group):
    allowed = "aZ9. _-:/()#,@[]+=&;{}!$*"
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    rule["IpRanges"] = [{"CidrIp": "10.0.0.0/8", "Description": allowed}]
    ec2 = aws.client("ec2")
    ec2.authorize_security_group_ingress(GroupId=security_group, IpPermissions=[rule])
    by_group = [{"Name": "group-id", "Values": [security_group]}]
    rules = ec2.describe_security_group_rules(Filters=by_group)["SecurityGroupRules"]
    assert allowed in [rule.get("Description") for rule in rules]
