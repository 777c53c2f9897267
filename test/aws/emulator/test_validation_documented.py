"""Rules that AWS documents and that botocore's models do not have."""

from __future__ import annotations

import json

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


@pytest.fixture
def refused(aws):
    """`refused(service, call, **parameters)`: code and message of the error."""

    def refused(service, call, **parameters):
        with pytest.raises(ClientError) as caught:
            getattr(aws.client(service), call)(**parameters)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return refused


def policy(size):
    """A policy of a given size, apart from white space."""
    start, end = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:', '","Resource":"*"}]}'
    return start + "x" * (size - len(start) - len(end)) + end + " \n" * 100


@pytest.fixture
def role(aws):
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return aws.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=document)["Role"]["RoleName"]


def test_the_inline_policies_of_a_role_have_10240_characters_together(aws, refused, role):
    iam = aws.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="tables", PolicyDocument=policy(5_120))
    iam.put_role_policy(RoleName=role, PolicyName="services", PolicyDocument=policy(5_120))
    expected = "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role task"
    more = {"RoleName": role, "PolicyDocument": policy(5_121)}
    assert refused("iam", "put_role_policy", **more, PolicyName="services") == expected
    assert refused("iam", "put_role_policy", **more, PolicyName="more") == expected


def test_a_managed_policy_has_6144_characters(aws, refused):
    expected = "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"
    arn = aws.client("iam").create_policy(PolicyName="reader", PolicyDocument=policy(6_144))["Policy"]["Arn"]
    assert refused("iam", "create_policy", PolicyName="writer", PolicyDocument=policy(6_145)) == expected
    assert refused("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=policy(6_145)) == expected


def test_a_trust_policy_has_2048_characters(refused, role):
    expected = "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"
    assert refused("iam", "create_role", RoleName="b", AssumeRolePolicyDocument=policy(2_049)) == expected
    assert refused("iam", "update_assume_role_policy", RoleName=role, PolicyDocument=policy(2_049)) == expected


def test_a_role_has_10_managed_policies(aws, refused, role):
    iam = aws.client("iam")
    policies = [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=policy(200))["Policy"]["Arn"] for number in range(11)
    ]
    for arn in (*policies[:10], policies[0]):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    expected = "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"
    assert refused("iam", "attach_role_policy", RoleName=role, PolicyArn=policies[10]) == expected


def test_the_environment_of_a_function_has_4_kilobytes(refused):
    function = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/f", "Code": {"ZipFile": b""}}
    variables = {"TEXT": "x" * 4_086}
    code, message = refused("lambda", "create_function", **function, Environment={"Variables": variables})
    assert code == "InvalidParameterValueException"
    assert 'exceeded the 4KB limit. String measured: {"TEXT":"xxx' in message


def test_a_rule_has_5_targets(aws, refused):
    events = aws.client("events")
    events.put_rule(Name="failures", EventPattern='{"source": ["aws.states"]}')
    topic = "arn:aws:sns:eu-west-1:123456789012:failures"
    targets = [{"Id": str(number), "Arn": topic} for number in range(6)]
    for target in (*targets[:5], targets[0]):
        events.put_targets(Rule="failures", Targets=[target])
    expected = "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    assert refused("events", "put_targets", Rule="failures", Targets=targets[5:]) == expected


def test_a_standard_parameter_has_4096_characters(aws, refused):
    parameter = {"Name": "/task", "Type": "String", "Value": "x" * 4_097}
    code, message = refused("ssm", "put_parameter", **parameter)
    assert (code, message[:80]) == (
        "ValidationException",
        "Standard tier parameters support a maximum parameter value of 4096 characters. To"[:80],
    )
    aws.client("ssm").put_parameter(**parameter, Tier="Advanced")


@pytest.mark.parametrize(
    ("service", "call", "parameters", "code", "message"),
    [
        (
            "logs",
            "create_log_group",
            {"logGroupName": "aws/tasks"},
            "InvalidParameterException",
            "Log groups starting with AWS/ are reserved for AWS.",
        ),
        (
            "logs",
            "put_retention_policy",
            {"logGroupName": "tasks", "retentionInDays": 10},
            "InvalidParameterException",
            "1 validation error detected: Value '10' at 'retentionInDays' failed to satisfy constraint: Member must "
            "satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
            "2557, 2922, 3288, 3653]",
        ),
        (
            "sqs",
            "create_queue",
            {"QueueName": "tasks", "Attributes": {"MessageRetentionPeriod": "1209601"}},
            "InvalidAttributeValue",
            "Invalid value for the parameter MessageRetentionPeriod.",
        ),
        ("s3", "put_object", {"Bucket": "lake", "Key": "é" * 513}, "KeyTooLongError", "Your key is too long"),
        (
            "emr",
            "create_studio",
            {
                "AuthMode": "IAM",
                "DefaultS3Location": "s3://lake/studio",
                "EngineSecurityGroupId": "sg-1",
                "Name": "studio",
                "ServiceRole": "studio",
                "SubnetIds": [f"subnet-{number}" for number in range(6)],
                "VpcId": "vpc-1",
                "WorkspaceSecurityGroupId": "sg-2",
            },
            "InvalidRequestException",
            "A Studio can have a maximum of 5 subnets.",
        ),
        (
            "glue",
            "create_database",
            {"DatabaseInput": {"Name": "sales"}, "Tags": {"AWS:owner": "sales"}},
            "ValidationException",
            "aws: prefixed tag key names are not allowed for external use.",
        ),
        (
            "ec2",
            "create_vpc",
            {
                "CidrBlock": "10.0.0.0/16",
                "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "aws:owner", "Value": "sales"}]}],
            },
            "InvalidParameterValue",
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        (
            "sns",
            "create_topic",
            {"Name": "failures of orders"},
            "InvalidParameter",
            "Topic names must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and "
            "hyphens, and must be between 1 and 256 characters long.",
        ),
        (
            "sqs",
            "create_queue",
            {"QueueName": "failures of orders"},
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ),
    ],
)
def test_a_value_that_the_documentation_does_not_allow_is_refused(refused, service, call, parameters, code, message):
    assert refused(service, call, **parameters) == (code, message)


def test_a_resource_has_50_tags(aws, refused):
    function = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/f", "Code": {"ZipFile": b""}}
    tags = {f"tag{number}": "x" for number in range(51)}
    expected = "ValidationException", "A resource can have a maximum of 50 tags."
    assert refused("lambda", "create_function", **function, Tags=tags) == expected
