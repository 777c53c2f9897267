"""IAM policies are enforced on demand, and denials have the wording of AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pyarrow as pa
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from pyiceberg.catalog import load_catalog

ACCOUNT = "123456789012"
GLUE = f"arn:aws:glue:eu-west-1:{ACCOUNT}"
MACHINE = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:m"
WRITES = ["glue:GetDatabase", "glue:GetTable", "glue:CreateTable", "glue:UpdateTable"]
WRITES += ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
APPLICATION, JOB_RUN = "00faketestapp", "00faketestrun"
TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
TRUST_ECS = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def allowed(aws):
    """`allowed("s3:GetObject", "arn…", …)(service)` returns a client of a role with only this permission."""

    def allowed(action, *resources):
        _role(aws, "task", [{"Effect": "Allow", "Action": action, "Resource": resources}])
        aws.enforce_iam()
        credentials = aws.assume_role(f"arn:aws:iam::{ACCOUNT}:role/task", "run")
        return lambda service: aws.client(service, credentials)

    return allowed


@pytest.fixture
def lake(aws):
    aws.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": aws.region})
    for key in ("open/a=1/x.parquet", "secret/x.parquet"):
        aws.client("s3").put_object(Bucket="lake", Key=key, Body=b"rows")
    aws.client("glue").create_database(DatabaseInput={"Name": "sales"})
    for table in ("orders", "refunds"):
        aws.client("glue").create_table(DatabaseName="sales", TableInput={"Name": table})
    return aws


def test_a_missing_permission_on_a_table_names_caller_action_and_resource(lake, allowed):
    glue = allowed("glue:GetTable", f"{GLUE}:catalog", f"{GLUE}:database/sales", f"{GLUE}:table/sales/orders")("glue")
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Name"] == "orders"
    with pytest.raises(glue.exceptions.AccessDeniedException) as caught:
        glue.get_table(DatabaseName="sales", Name="refunds")
    assert caught.value.response["Error"]["Message"] == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/task/run is not authorized to perform: glue:GetTable on resource: "
        f"{GLUE}:table/sales/refunds because no identity-based policy allows the glue:GetTable action"
    )


@pytest.mark.parametrize("missing", ["catalog", "database/sales", "table/sales/orders"])
def test_a_table_requires_permissions_on_its_database_and_catalog(lake, allowed, missing):
    whole = {f"{GLUE}:{path}" for path in ("catalog", "database/sales", "table/sales/orders")}
    glue = allowed("glue:UpdateTable", *whole - {f"{GLUE}:{missing}"})("glue")
    with pytest.raises(
        glue.exceptions.AccessDeniedException, match=f"UpdateTable on resource: {GLUE}:{missing} because"
    ):
        glue.update_table(DatabaseName="sales", TableInput={"Name": "orders"})


def test_access_to_an_object_outside_the_allowed_prefix_is_denied(lake, allowed):
    s3 = allowed("s3:*Object", "arn:aws:s3:::lake/open/*")("s3")
    assert s3.get_object(Bucket="lake", Key="open/a=1/x.parquet")["Body"].read() == b"rows"
    s3.put_object(Bucket="lake", Key="open/y", Body=b"rows")
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket="lake", Key="secret/x.parquet")
    assert caught.value.response["Error"] == {
        "Code": "AccessDenied",
        "Message": (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/task/run is not authorized to perform: s3:GetObject "
            'on resource: "arn:aws:s3:::lake/secret/x.parquet" '
            "because no identity-based policy allows the s3:GetObject action"
        ),
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_s3_gives_other_accounts_no_reason(lake, allowed):
    owner = lake.client("s3", lake.assume_role("arn:aws:iam::210987654321:role/owner"))
    owner.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": lake.region})
    owner.put_object(Bucket="theirs", Key="x", Body=b"rows")
    with pytest.raises(ClientError) as caught:
        allowed("s3:PutObject", "*")("s3").get_object(Bucket="theirs", Key="x")
    assert caught.value.response["Error"] == {"Code": "AccessDenied", "Message": "Access Denied"}


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (lambda s3: s3.list_objects_v2(Bucket="lake"), "s3:ListBucket"),
        (lambda s3: s3.list_buckets(), "s3:ListAllMyBuckets"),
        (lambda s3: s3.delete_object(Bucket="lake", Key="open/x"), "s3:DeleteObject"),
        (lambda s3: s3.create_multipart_upload(Bucket="lake", Key="open/x"), "s3:PutObject"),
        (lambda s3: s3.copy_object(Bucket="lake", Key="open/z", CopySource="lake/open/x"), "s3:PutObject"),
        (lambda s3: s3.get_bucket_encryption(Bucket="lake"), "s3:GetEncryptionConfiguration"),
        (lambda s3: s3.get_bucket_notification_configuration(Bucket="lake"), "s3:GetBucketNotification"),
    ],
)
def test_calls_to_s3_require_the_iam_action(lake, allowed, call, needed):
    with pytest.raises(ClientError, match=f"not authorized to perform: {needed} on resource"):
        call(allowed("glue:*", "*")("s3"))


def test_not_found_is_returned_only_to_callers_that_may_list_the_bucket(lake, allowed):
    with pytest.raises(ClientError, match='s3:ListBucket on resource: "arn:aws:s3:::lake"'):
        allowed("s3:GetObject", "*")("s3").get_object(Bucket="lake", Key="open/none")
    with pytest.raises(ClientError, match="NoSuchKey"):
        lake.client("s3").get_object(Bucket="lake", Key="open/none")


def test_a_bulk_delete_requires_permission_for_each_object(lake, allowed):
    s3 = allowed("s3:DeleteObject", "arn:aws:s3:::lake/open/*")("s3")
    objects = [{"Key": "open/a=1/x.parquet"}, {"Key": "secret/x.parquet"}]
    assert "AccessDenied" in {
        error["Code"] for error in s3.delete_objects(Bucket="lake", Delete={"Objects": objects})["Errors"]
    }
    assert "Errors" not in s3.delete_objects(Bucket="lake", Delete={"Objects": objects[:1]})


def test_a_copy_requires_permission_to_read_its_source(lake, allowed):
    s3 = allowed("s3:PutObject", "arn:aws:s3:::lake/*")("s3")
    with pytest.raises(ClientError, match=r"s3:GetObject on resource: .arn:aws:s3:::lake/secret/x.parquet"):
        s3.copy_object(Bucket="lake", Key="open/z", CopySource={"Bucket": "lake", "Key": "secret/x.parquet"})


@pytest.mark.parametrize(
    ("service", "call", "message"),
    [
        (
            "stepfunctions",
            lambda it: it.start_execution(stateMachineArn=MACHINE),
            f"states:StartExecution on resource: {MACHINE} ",
        ),
        (
            "athena",
            lambda it: it.start_query_execution(QueryString="SELECT 1", WorkGroup="shop"),
            f"athena:StartQueryExecution on resource: arn:aws:athena:eu-west-1:{ACCOUNT}:workgroup/shop ",
        ),
        ("lakeformation", lambda it: it.list_permissions(), r"lakeformation:ListPermissions on resource: \* "),
        (
            "logs",
            lambda it: it.get_log_events(logGroupName="g", logStreamName="s"),
            f"logs:GetLogEvents on resource: arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g:log-stream:s ",
        ),
        (
            "ecs",
            lambda it: it.run_task(taskDefinition="t:1"),
            f"ecs:RunTask on resource: arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/t:1 ",
        ),
        (
            "emr-serverless",
            lambda it: it.get_job_run(applicationId=APPLICATION, jobRunId=JOB_RUN),
            f"emr-serverless:GetJobRun on resource: .*:/applications/{APPLICATION}/jobruns/{JOB_RUN} ",
        ),
        ("iam", lambda it: it.list_roles(), "iam:ListRoles on resource: "),
        ("cloudwatch", lambda it: it.list_metrics(), "cloudwatch:ListMetrics on resource: "),
        (
            "sts",
            lambda it: it.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", RoleSessionName="run"),
            "sts:AssumeRole on resource: arn:aws:iam::",
        ),
    ],
)
def test_every_service_denies_access_in_its_own_format(aws, allowed, service, call, message):
    with pytest.raises(ClientError, match=message) as caught:
        call(allowed("s3:*", "*")(service))
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_denials_use_the_protocol_of_the_request(aws, allowed):
    """Clients of some languages use the query protocol of CloudWatch: its errors are XML."""
    allowed("s3:*", "*")
    credentials = aws.assume_role(f"arn:aws:iam::{ACCOUNT}:role/task", "run")
    request = AWSRequest("POST", aws.endpoint, data={"Action": "ListMetrics", "Version": "2010-08-01"})
    SigV4Auth(Credentials(*credentials.values()), "monitoring", aws.region).add_auth(request)
    prepared = request.prepare()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(prepared.url, prepared.body.encode(), {**prepared.headers}))
    with caught.value as response:
        assert response.status == 403
        assert b"<Code>AccessDenied</Code>" in response.read()


def test_a_role_with_the_minimum_permissions_writes_and_reads_a_table(lake, allowed):
    allowed(
        WRITES,
        f"{GLUE}:catalog",
        f"{GLUE}:database/sales",
        f"{GLUE}:table/sales/*",
        "arn:aws:s3:::lake",
        "arn:aws:s3:::lake/sales/*",
    )
    table = _catalog(lake).create_table("sales.clicks", pa.schema([("id", pa.int64())]), "s3://lake/sales/clicks")
    table.append(pa.table({"id": [1]}))
    assert table.scan().to_arrow()["id"].to_pylist() == [1]


def test_a_role_that_may_not_write_objects_cannot_create_a_table(lake, allowed):
    allowed([action for action in WRITES if action != "s3:PutObject"], "*")
    with pytest.raises(OSError, match=r"ACCESS_DENIED.*not authorized to perform: s3:PutObject"):
        _catalog(lake).create_table("sales.clicks", pa.schema([("id", pa.int64())]), "s3://lake/sales/clicks")


def test_get_caller_identity_requires_no_permission(aws, allowed):
    assert allowed("s3:GetObject", "*")("sts").get_caller_identity()["Arn"].endswith("assumed-role/task/run")


def test_a_role_that_does_not_trust_the_caller_cannot_be_assumed(aws, allowed):
    aws.client("iam").create_role(RoleName="closed", AssumeRolePolicyDocument=_policy(TRUST_ECS))
    sts = allowed("sts:AssumeRole", "*")("sts")
    with pytest.raises(ClientError, match="sts:AssumeRole on resource: .*role/closed"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/closed", RoleSessionName="run")
    assert sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/task", RoleSessionName="run")["Credentials"]


def test_access_is_not_denied_before_and_after_enforcement(lake, allowed):
    s3 = allowed("glue:*", "*")("s3")
    lake.stop_enforcing_iam()
    assert s3.get_object(Bucket="lake", Key="secret/x.parquet")["Body"].read() == b"rows"


def test_a_reset_ends_enforcement(aws):
    aws.enforce_iam()
    aws.reset()
    stranger = {"aws_access_key_id": "AKIAUNKNOWN000000000", "aws_secret_access_key": "x"}
    assert aws.client("s3", stranger).list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("glue", "get_databases", "UnrecognizedClientException"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ],
)
def test_unknown_credentials_are_rejected(aws, service, call, code):
    aws.enforce_iam()
    client = aws.client(service, {"aws_access_key_id": "AKIAUNKNOWN000000000", "aws_secret_access_key": "x"})
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "ExpiredToken"),
        ("glue", "get_databases", "ExpiredTokenException"),
        ("sts", "get_caller_identity", "ExpiredToken"),
    ],
)
def test_credentials_can_be_expired(aws, service, call, code):
    _role(aws, "task", [])
    credentials = aws.assume_role(f"arn:aws:iam::{ACCOUNT}:role/task")
    aws.expire_credentials(credentials)
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service, credentials), call)()
    assert caught.value.response["Error"]["Code"] == code


def test_managed_policies_of_aws_can_be_attached_and_survive_a_reset(aws):
    for _ in range(2):
        aws.reset()
        _role(aws, "task", [])
        policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        aws.client("iam").attach_role_policy(RoleName="task", PolicyArn=policy)
        assert aws.client("iam").get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1


def _catalog(aws):
    """Returns a catalog with the credentials of the role that `allowed` created."""
    credentials = aws.assume_role(f"arn:aws:iam::{ACCOUNT}:role/task")
    names = {"aws_access_key_id": "access-key-id", "aws_secret_access_key": "secret-access-key"}
    names["aws_session_token"] = "session-token"
    properties = {f"client.{names[name]}": value for name, value in credentials.items()}
    return load_catalog(
        "test", **properties, **{"type": "glue", "s3.endpoint": aws.endpoint, "client.region": aws.region}
    )


def _role(aws, name, statements):
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(TRUST))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=_policy(*statements))


def _policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
