"""Resources, condition keys and policies of resources decide about requests, as on AWS."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import policy
from test.aws.emulator.permissions import ACCOUNT, TASK, TRUST, allow, arn, message
from test.emulator.athena_client import AthenaClient

KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/"


@pytest.mark.parametrize(
    ("service", "call", "needed", "resource"),
    [
        ("kms", lambda it: it.describe_key(KeyId="1"), "kms:DescribeKey", arn("kms", "key/1")),
        (
            "sqs",
            lambda it: it.receive_message(QueueUrl=f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders"),
            "sqs:ReceiveMessage",
            arn("sqs", "orders"),
        ),
        ("sqs", lambda it: it.get_queue_url(QueueName="orders"), "sqs:GetQueueUrl", arn("sqs", "orders")),
        ("sns", lambda it: it.create_topic(Name="failures"), "sns:CreateTopic", arn("sns", "failures")),
        (
            "ecr",
            lambda it: it.batch_get_image(repositoryName="a/b", imageIds=[{"imageTag": "1"}]),
            "ecr:BatchGetImage",
            arn("ecr", "repository/a/b"),
        ),
        ("ecr", lambda it: it.get_authorization_token(), "ecr:GetAuthorizationToken", "*"),
        (
            "events",
            lambda it: it.put_rule(Name="r", ScheduleExpression="rate(1 day)"),
            "events:PutRule",
            arn("events", "rule/r"),
        ),
        (
            "events",
            lambda it: it.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}]),
            "events:PutEvents",
            arn("events", "event-bus/default"),
        ),
        (
            "scheduler",
            lambda it: it.get_schedule(Name="s", GroupName="g"),
            "scheduler:GetSchedule",
            arn("scheduler", "schedule/g/s"),
        ),
        ("pipes", lambda it: it.describe_pipe(Name="p"), "pipes:DescribePipe", arn("pipes", "pipe/p")),
        ("iam", lambda it: it.get_role(RoleName="task"), "iam:GetRole", arn("iam", "role/task", "")),
        ("iam", lambda it: it.list_roles(), "iam:ListRoles", arn("iam", "role/", "")),
        (
            "codeartifact",
            lambda it: it.get_repository_endpoint(domain="shop", repository="sdk", format="pypi"),
            "codeartifact:GetRepositoryEndpoint",
            arn("codeartifact", "repository/shop/sdk"),
        ),
        (
            "bedrock",
            lambda it: it.get_inference_profile(inferenceProfileIdentifier="abcdefghijkl"),
            "bedrock:GetInferenceProfile",
            arn("bedrock", "application-inference-profile/abcdefghijkl"),
        ),
        (
            "emr",
            lambda it: it.describe_studio(StudioId="es-1"),
            "elasticmapreduce:DescribeStudio",
            arn("elasticmapreduce", "studio/es-1"),
        ),
        ("lambda", lambda it: it.get_function(FunctionName="f"), "lambda:GetFunction", arn("lambda", "function:f")),
        ("ssm", lambda it: it.get_parameter(Name="/a/b"), "ssm:GetParameter", arn("ssm", "parameter/a/b")),
        ("ecs", lambda it: it.describe_clusters(clusters=["c"]), "ecs:DescribeClusters", arn("ecs", "cluster/c")),
        (
            "ecs",
            lambda it: it.put_cluster_capacity_providers(
                cluster="c", capacityProviders=[], defaultCapacityProviderStrategy=[]
            ),
            "ecs:PutClusterCapacityProviders",
            arn("ecs", "cluster/c"),
        ),
        (
            "cloudwatch",
            lambda it: it.describe_alarms(AlarmNames=["a"]),
            "cloudwatch:DescribeAlarms",
            arn("cloudwatch", "alarm:a"),
        ),
        (
            "budgets",
            lambda it: it.describe_budget(AccountId=ACCOUNT, BudgetName="b"),
            "budgets:ViewBudget",
            arn("budgets", "budget/b", ""),
        ),
        ("states", lambda it: it.list_state_machines(), "states:ListStateMachines", "*"),
    ],
)
def test_an_action_is_checked_on_its_resource(caller, service, call, needed, resource):
    client = caller(allow("none:*"))({"states": "stepfunctions"}.get(service, service))
    said = message(lambda: call(client))
    assert re.search(f"not authorized to perform: {needed} on resource: {re.escape(resource)}", said)


def test_a_secret_is_the_same_resource_by_its_name_and_its_arn(aws, caller):
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html."""
    secrets = aws.client("secretsmanager")
    own, _ = (secrets.create_secret(Name=name, SecretString=name)["ARN"] for name in ("slack", "other"))
    client = caller(allow("secretsmanager:GetSecretValue", own))("secretsmanager")
    for name in ("slack", own):
        assert client.get_secret_value(SecretId=name)["SecretString"] == "slack"
    for name in ("other", "none"):
        with pytest.raises(ClientError, match=f"GetSecretValue on resource: .*secret:{name}"):
            client.get_secret_value(SecretId=name)


def test_ec2_returns_an_encoded_message(caller):
    client = caller(allow("none:*"))("ec2")
    said = message(client.describe_vpcs)
    assert said.startswith("You are not authorized to perform this operation. User: arn:aws:sts::")
    assert "because no identity-based policy allows the ec2:DescribeVpcs action. Encoded authorization failure" in said


TAGGED = [{"ResourceType": "subnet", "Tags": [{"Key": "domain_name", "Value": "sales"}]}]


def test_a_subnet_requires_permissions_on_itself_its_vpc_and_its_tags(aws, caller):
    vpc = aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet, sales = arn("ec2", "subnet/*"), {"StringEquals": {"aws:RequestTag/domain_name": "sales"}}
    needed = {
        f"ec2:CreateSubnet on resource: {arn('ec2', f'vpc/{vpc}')}": allow("ec2:CreateSubnet", arn("ec2", "vpc/*")),
        f"ec2:CreateSubnet on resource: {subnet}": allow("ec2:CreateSubnet", subnet, Condition=sales),
        f"ec2:CreateTags on resource: {subnet}": allow("ec2:CreateTags", Condition=sales),
    }
    ec2 = caller(allow("none:*"))("ec2")
    granted = []
    for denial, statement in needed.items():
        assert denial in message(
            lambda: ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", TagSpecifications=TAGGED)
        )
        granted.append(statement)
        aws.client("iam").put_role_policy(RoleName="task", PolicyName="given", PolicyDocument=policy(*granted))
    assert ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", TagSpecifications=TAGGED)["Subnet"]
    assert "ec2:CreateSubnet" in message(lambda: ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24"))


@pytest.fixture
def tagged(aws):
    """Calls about resources with the tag domain_name = sales, by service."""
    vpc = aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws.client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "domain_name", "Value": "sales"}])
    application = aws.client("emr-serverless").create_application(
        name="sales", type="Spark", releaseLabel="emr-7.0.0", tags={"domain_name": "sales"}
    )
    profile = aws.client("bedrock").create_inference_profile(
        inferenceProfileName="small",
        modelSource={"copyFrom": "arn:aws:bedrock:eu-west-1::foundation-model/small"},
        tags=[{"key": "domain_name", "value": "sales"}],
    )
    key = aws.client("kms").create_key(Tags=[{"TagKey": "domain_name", "TagValue": "sales"}])["KeyMetadata"]["KeyId"]
    studio = aws.client("emr").create_studio(
        Name="sales",
        AuthMode="IAM",
        VpcId=vpc,
        SubnetIds=["subnet-1"],
        ServiceRole=arn("iam", "role/studio", ""),
        WorkspaceSecurityGroupId="sg-1",
        EngineSecurityGroupId="sg-2",
        DefaultS3Location="s3://lake/notebooks",
        Tags=[{"Key": "domain_name", "Value": "sales"}],
    )
    return {
        "ec2": lambda it: it.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport"),
        "emr-serverless": lambda it: it.get_application(applicationId=application["applicationId"]),
        "bedrock": lambda it: it.get_inference_profile(inferenceProfileIdentifier=profile["inferenceProfileArn"]),
        "elasticmapreduce": lambda it: it.describe_studio(StudioId=studio["StudioId"]),
        "kms": lambda it: it.describe_key(KeyId=key),
    }


@pytest.mark.parametrize("service", ["ec2", "emr-serverless", "bedrock", "elasticmapreduce", "kms"])
def test_the_tags_of_a_resource_are_condition_keys(aws, caller, tagged, service):
    def to_read(domain):
        return allow(f"{service}:*", Condition={"StringEquals": {"aws:ResourceTag/domain_name": domain}})

    client = caller(to_read("hr"))(service.replace("elasticmapreduce", "emr"))
    assert "because no identity-based policy" in message(lambda: tagged[service](client))
    aws.client("iam").put_role_policy(RoleName="task", PolicyName="may", PolicyDocument=policy(to_read("sales")))
    assert tagged[service](client)


def test_a_task_with_tags_requires_the_permission_to_tag_the_tasks_of_the_cluster(shop, caller):
    shop.define_task("pass")
    definition = arn("ecs", "task-definition/task")
    condition = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    to_tag = allow("ecs:TagResource", arn("ecs", "task/cluster/*"), Condition=condition)
    ecs = caller(allow("ecs:RunTask", definition), allow("iam:PassRole"))("ecs")
    run = {"cluster": "cluster", "taskDefinition": "task", "tags": [{"key": "a", "value": "b"}]}
    run["networkConfiguration"] = shop.network
    assert "ecs:TagResource on resource: arn:aws:ecs:eu-west-1:123456789012:task/cluster/*" in message(
        lambda: ecs.run_task(**run)
    )
    shop.client("iam").put_role_policy(RoleName="task", PolicyName="tag", PolicyDocument=policy(to_tag))
    assert ecs.run_task(**run, launchType="FARGATE")["tasks"]


@pytest.fixture
def shop(shop):
    """Without the role that `caller` creates."""
    shop.client("iam").delete_role(RoleName="task")
    return shop


def test_the_cluster_of_a_task_is_a_condition_key(caller):
    of_cluster = {"ArnEquals": {"ecs:cluster": arn("ecs", "cluster/main")}}
    ecs = caller(allow("ecs:ListTasks", Condition=of_cluster))("ecs")
    assert "ecs:ListTasks" in message(lambda: ecs.list_tasks(cluster="other"))
    assert "ecs:ListTasks" not in message(lambda: ecs.list_tasks(cluster="main"))


def test_tags_of_a_request_are_condition_keys(caller):
    tagged = {"StringEquals": {"aws:RequestTag/stage": "dev"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}}
    sqs = caller(allow(["sqs:CreateQueue", "sqs:TagQueue"], Condition=tagged))("sqs")
    assert sqs.create_queue(QueueName="a", tags={"stage": "dev"})["QueueUrl"]
    for tags in ({"stage": "prod"}, {"stage": "dev", "more": "x"}, {}):
        assert "sqs:CreateQueue" in message(lambda tags=tags: sqs.create_queue(QueueName="b", tags=tags))


def test_a_listing_may_be_restricted_to_a_prefix(bucket, caller):
    s3 = caller(allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "open/*"}}))("s3")
    assert s3.list_objects_v2(Bucket="lake", Prefix="open/")["KeyCount"] == 1
    for prefix in ({}, {"Prefix": "secret/"}):
        assert "s3:ListBucket" in message(lambda prefix=prefix: s3.list_objects_v2(Bucket="lake", **prefix))


def test_a_missing_object_is_not_found_if_its_key_has_a_prefix_that_may_be_listed(bucket, caller):
    prefix = {"StringLike": {"s3:prefix": "open/*"}}
    s3 = caller(allow("s3:GetObject"), allow("s3:ListBucket", Condition=prefix))("s3")
    assert "key does not exist" in message(lambda: s3.get_object(Bucket="lake", Key="open/none"))
    assert "s3:ListBucket" in message(lambda: s3.get_object(Bucket="lake", Key="secret/none"))


def test_a_resource_policy_grants_to_a_role_of_the_same_account(aws, bucket, caller):
    queue = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    client = caller()
    assert "s3:GetObject" in message(lambda: client("s3").get_object(Bucket="lake", Key="open/x"))
    granted = allow("s3:GetObject", "arn:aws:s3:::lake/*", Principal={"AWS": TASK})
    bucket.put_bucket_policy(Bucket="lake", Policy=policy(granted))
    assert client("s3").get_object(Bucket="lake", Key="open/x")["Body"].read() == b"rows"
    granted = policy(allow("sqs:SendMessage", arn("sqs", "q"), Principal={"AWS": TASK}))
    aws.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": granted})
    assert client("sqs").send_message(QueueUrl=queue, MessageBody="m")["MessageId"]


def test_a_conditional_deny_of_a_bucket_policy_applies_if_its_condition_is_met(bucket, caller):
    s3 = caller(allow("s3:*"))("s3")
    others = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/other"}}
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    for condition, denied in ((without_tls, False), (others, True)):
        statement = allow("s3:GetObject", "arn:aws:s3:::lake/*", "Deny", Principal="*", Condition=condition)
        bucket.put_bucket_policy(Bucket="lake", Policy=policy(statement))
        if denied:
            said = message(lambda: s3.get_object(Bucket="lake", Key="open/x"))
            assert said.endswith("with an explicit deny in a resource-based policy")
        else:
            assert s3.get_object(Bucket="lake", Key="open/x")["Body"].read() == b"rows"


def test_access_to_another_account_requires_a_permission_and_a_bucket_policy(aws, caller):
    owner = aws.client("s3", aws.assume_role("arn:aws:iam::210987654321:role/owner"))
    owner.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": aws.region})
    owner.put_object(Bucket="theirs", Key="x", Body=b"rows")
    s3 = caller(allow("s3:*"))("s3")
    assert message(lambda: s3.get_object(Bucket="theirs", Key="x")) == "Access Denied"
    granted = allow("s3:GetObject", "arn:aws:s3:::theirs/*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    owner = aws.client("s3", aws.assume_role("arn:aws:iam::210987654321:role/owner"))
    aws.stop_enforcing_iam()
    owner.put_bucket_policy(Bucket="theirs", Policy=policy(granted))
    aws.enforce_iam()
    assert s3.get_object(Bucket="theirs", Key="x")["Body"].read() == b"rows"


def test_a_permissions_boundary_limits_a_role(aws, caller):
    boundary = aws.client("iam").create_policy(PolicyName="limit", PolicyDocument=policy(allow("sqs:*")))
    client = caller(allow("*"), PermissionsBoundary=boundary["Policy"]["Arn"])
    assert client("sqs").list_queues()
    said = message(client("s3").list_buckets)
    assert said.endswith("because no permissions boundary allows the s3:ListAllMyBuckets action")


def test_a_session_policy_limits_a_session(aws, caller):
    caller(allow("*"))
    limit = policy(allow("sqs:*"))
    given = aws.client("sts").assume_role(RoleArn=TASK, RoleSessionName="run", Policy=limit)["Credentials"]
    names = {"AccessKeyId": "aws_access_key_id", "SecretAccessKey": "aws_secret_access_key"}
    credentials = {names.get(name, "aws_session_token"): given[name] for name in (*names, "SessionToken")}
    assert aws.client("sqs", credentials).list_queues()
    said = message(aws.client("s3", credentials).list_buckets)
    assert said.endswith("because no session policy allows the s3:ListAllMyBuckets action")


def test_athena_calls_other_services_with_the_permissions_of_its_caller(aws, bucket, caller):
    output = {"ResultConfiguration": {"OutputLocation": "s3://lake/results/"}}
    aws.client("athena").create_work_group(Name="shop", Configuration=output)
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    client = caller(allow("athena:*"), allow("s3:*", Condition=via))
    assert "s3:GetObject" in message(lambda: client("s3").get_object(Bucket="lake", Key="open/x"))
    athena = AthenaClient(aws, "shop")
    athena.boto = client("athena")
    assert athena.rows("SELECT 1") == [("1",)]


def test_a_trust_policy_may_require_an_external_id(aws, caller):
    sts = caller(allow("sts:AssumeRole"))("sts")
    trust = {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "77"}}}
    aws.client("iam").create_role(RoleName="partner", AssumeRolePolicyDocument=policy(trust))
    partner = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/partner", "RoleSessionName": "run"}
    assert "no role trust policy allows the sts:AssumeRole action" in message(lambda: sts.assume_role(**partner))
    assert sts.assume_role(**partner, ExternalId="77")["Credentials"]


def test_a_policy_with_an_unknown_operator_is_rejected(aws):
    statement = allow("*", Condition={"StringMatches": {"aws:PrincipalArn": "*"}})
    with pytest.raises(ClientError) as caught:
        aws.client("iam").create_policy(PolicyName="p", PolicyDocument=policy(statement))
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"


@pytest.mark.parametrize("service", ["ecr", "kms", "s3", "sns", "sqs"])
def test_a_resource_policy_with_an_unknown_operator_is_rejected(aws, service):
    document = policy(allow("*", Principal="*", Condition={"StringMatches": {"aws:PrincipalArn": "*"}}))
    calls = {
        "ecr": lambda it: it.set_repository_policy(repositoryName="repository", policyText=document),
        "kms": lambda it: it.create_key(Policy=document),
        "s3": lambda it: it.put_bucket_policy(Bucket="lake", Policy=document),
        "sns": lambda it: it.create_topic(Name="t", Attributes={"Policy": document}),
        "sqs": lambda it: it.create_queue(QueueName="q", Attributes={"Policy": document}),
    }
    with pytest.raises(ClientError) as caught:
        calls[service](aws.client(service))
    assert re.search("Malformed.*Policy|InvalidParameter|InvalidAttribute", caught.value.response["Error"]["Code"])


def test_decisions_are_recorded_until_a_reset(aws, caller):
    s3 = caller(allow("s3:ListAllMyBuckets", Sid="List"))("s3")
    s3.list_buckets()
    s3.list_buckets()
    message(lambda: s3.get_bucket_location(Bucket="lake"))
    found = {each["action"]: each for each in aws.control("access_decisions")}
    assert found["s3:ListAllMyBuckets"] == {
        "principal": TASK,
        "action": "s3:ListAllMyBuckets",
        "resource": "*",
        "outcome": "ALLOWED",
        "statements": [{"policy": "may", "sid": "List", "denies": False}],
        "count": 2,
    }
    assert found["s3:GetBucketLocation"]["outcome"] == "NO_IDENTITY_POLICY"
    aws.reset()
    assert aws.control("access_decisions") == []


def test_condition_keys_without_a_value_are_reported(aws, caller):
    start = aws.log_size()
    s3 = caller(allow("s3:ListAllMyBuckets", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))("s3")
    message(s3.list_buckets)
    assert aws.control("unsupplied_condition_keys") == [{"key": "aws:sourcevpc", "action": "s3:ListAllMyBuckets"}]
    assert "A policy for s3:ListAllMyBuckets uses aws:sourcevpc, which the emulator has no value for" in aws.log(start)


def test_tags_of_the_role_are_condition_keys(aws, caller):
    of_stage = {"StringEquals": {"aws:PrincipalTag/stage": "dev"}}
    s3 = caller(allow("s3:ListAllMyBuckets", Condition=of_stage), Tags=[{"Key": "stage", "Value": "dev"}])("s3")
    assert s3.list_buckets()["Buckets"] == []
    aws.client("iam").tag_role(RoleName="task", Tags=[{"Key": "stage", "Value": "prod"}])
    assert "s3:ListAllMyBuckets" in message(s3.list_buckets)
