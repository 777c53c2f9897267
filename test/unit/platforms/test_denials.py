"""Messages with which services and libraries deny access, and the next step for each."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from datalake_sdk.errors import AccessDeniedError, TransientError
from datalake_sdk.platforms.aws.denials import access_denied
from datalake_sdk.platforms.aws.library_denials import denial_behind, library_denial
from datalake_sdk.runtime.reporting import failure_of

USER = "arn:aws:iam::123456789012:user/MaryMajor"
ROLE = "arn:aws:sts::123456789012:assumed-role/daily_load/run"
OBJECT = "arn:aws:s3:::inbox/orders/day.csv"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/8c6a0b7a"

pytestmark = pytest.mark.usefixtures("unreachable_sts")


def denial(action, resource, reason="because no identity-based policy allows the {} action", caller=ROLE):
    return f"User: {caller} is not authorized to perform: {action} on resource: {resource} {reason.format(action)}"


@pytest.fixture
def task(monkeypatch):
    """Environment variables of a task."""
    for name, value in {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}.items():
        monkeypatch.setenv(name, value)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html,
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("because no service control policy allows the {} action", "ask the administrators of the AWS organization to"),
        ("with an explicit deny in a service control policy", "ask the administrators of the AWS organization for"),
        (
            "with an explicit deny in a service control policy: "
            "arn:aws:organizations::111122223333:policy/o-1a2b3c/service_control_policy/p-4d5e6f",
            "ask the administrators of the AWS organization for",
        ),
        ("with an explicit deny in a resource control policy", "organization that owns the resource for an exception"),
        ("because no VPC endpoint policy allows the {} action", "ask the owner of the VPC endpoint to add"),
        ("with an explicit deny in a VPC endpoint policy", "ask the owner of the VPC endpoint for an exception"),
        (
            "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
            "ask the administrators of the AWS organization for",
        ),
        ("because no permissions boundary allows the {} action", "the owner of the role's permissions boundary to add"),
        ("with an explicit deny in a permissions boundary", "the owner of the role's permissions boundary for an"),
        ("because no session policy allows the {} action", "ask the owner of the session policy to add"),
        ("with an explicit deny in a sessions policy", "ask the owner of the session policy for an exception"),
        ("because no resource-based policy allows the {} action", "ask the owner of the resource to add"),
        ("with an explicit deny in a resource-based policy", "ask the owner of the resource for an exception"),
        ("because no identity-based policy allows the {} action", 'input_paths = ["s3://inbox/orders/"]'),
        ("with an explicit deny in an identity-based policy", "ask the owner of the role for an exception"),
        (
            "because public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting",
            "No permission is missing",
        ),
    ],
)
@pytest.mark.parametrize("trailer", ["", ".", " (Service: S3, Status Code: 403, Request ID: 6DMA39KR4MV8YCZD)"])
def test_each_kind_of_policy_has_its_next_step(reason, step, trailer):
    denied = access_denied(denial("s3:GetObject", f'"{OBJECT}"', reason) + trailer)
    assert denied.message == (
        f"access denied: s3:GetObject on '{OBJECT}' for role 'daily_load' ({ROLE}): {reason.format('s3:GetObject')}"
    )
    assert step in denied.hint
    assert ("input_paths" in denied.hint) == step.startswith("input_paths")


@pytest.mark.parametrize(
    ("message", "action", "resource", "reason"),
    [
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        (
            f"User: {USER} is not authorized to perform: codecommit:ListRepositories because no VPC endpoint policy "
            "allows the codecommit:ListRepositories action",
            "codecommit:ListRepositories",
            "",
            "because no VPC endpoint policy allows the codecommit:ListRepositories action",
        ),
        (
            f"User: {USER} is not authorized to perform: sts:AssumeRole with an explicit deny in the role trust policy",
            "sts:AssumeRole",
            "",
            "with an explicit deny in the role trust policy",
        ),
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        (
            f"You are not authorized to perform this operation. User: {USER} is not authorized to perform: "
            "ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action. "
            "Encoded authorization failure message: OIau77IwNA-RjpafXihrUW41WAUxaBKe",
            "ec2:DescribeVpcs",
            "",
            "because no identity-based policy allows the ec2:DescribeVpcs action",
        ),
        # https://docs.aws.amazon.com/singlesignon/latest/userguide/cmk-related-errors.html
        (
            f"User: {ROLE} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext "
            "because no identity-based policy allows the kms:Decrypt action",
            "kms:Decrypt",
            "",
            "because no identity-based policy allows the kms:Decrypt action",
        ),
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
        (
            f"User: {ROLE} is not authorized to perform: kms:Decrypt on this resource because the resource does not "
            "exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly "
            "denies access",
            "kms:Decrypt",
            "",
            "because the resource does not exist in this Region, no resource-based policies allow access, or a "
            "resource-based policy explicitly denies access",
        ),
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
        (
            f"User: {ROLE} is not authorized to perform: secretsmanager:GetSecretValue on resource: shop because no "
            "identity-based policy allows the secretsmanager:GetSecretValue action",
            "secretsmanager:GetSecretValue",
            "shop",
            "because no identity-based policy allows the secretsmanager:GetSecretValue action",
        ),
    ],
)
def test_the_formats_of_services_are_parsed(message, action, resource, reason):
    denied = access_denied(message)
    assert (denied.action, denied.resource, denied.reason) == (action, resource, reason)
    assert denied.caller in (USER, ROLE)


GLUE = "arn:aws:glue:eu-west-1:123456789012"
BUCKET = "arn:aws:s3:::shop-sales-dev-data"


@pytest.mark.parametrize(
    ("action", "resource", "line"),
    [
        ("glue:GetTable", f"{GLUE}:table/dev_sales/orders", 'input_tables = ["sales.orders"]'),
        ("glue:UpdateTable", f"{GLUE}:table/dev_sales/orders", 'output_tables = { "sales.orders" = {} }'),
        ("glue:GetDatabase", f"{GLUE}:database/dev_sales", 'input_tables = ["sales.<table>"]'),
        ("s3:GetObject", f"{BUCKET}/sales/orders/data/0.parquet", 'input_tables = ["sales.orders"]'),
        ("s3:PutObject", f"{BUCKET}/sales/orders/data/0.parquet", 'output_tables = { "sales.orders" = {} }'),
        (
            "s3:GetObject",
            "arn:aws:s3:::shop-crm-dev-data/crm/people/data/0.parquet",
            'input_paths = ["s3://shop-crm-dev-data/crm/people/data/"]',
        ),
        ("s3:GetObject", "arn:aws:s3:::inbox/day.csv", 'input_paths = ["s3://inbox/day.csv"]'),
        ("s3:ListBucket", "arn:aws:s3:::inbox", 'input_paths = ["s3://inbox/"]'),
        ("s3:PutObject", "arn:aws:s3:::outbox/a/b.csv", 'output_paths = ["s3://outbox/a/"]'),
        (
            "s3:DeleteObject",
            "arn:aws:s3:::outbox/a/b.csv",
            'additional_permissions = { s3 = { actions = ["s3:DeleteObject"], resources = '
            '["arn:aws:s3:::outbox/a/b.csv"] } }',
        ),
        (
            "glue:DeleteTable",
            f"{GLUE}:table/dev_sales/orders",
            'additional_permissions = { glue = { actions = ["glue:DeleteTable"], resources = '
            f'["{GLUE}:table/dev_sales/orders"] }} }}',
        ),
        (
            "SNS:Publish",
            "arn:aws:sns:eu-west-1:123456789012:orders",
            'additional_permissions = { sns = { actions = ["SNS:Publish"], resources = '
            '["arn:aws:sns:eu-west-1:123456789012:orders"] } }',
        ),
    ],
)
def test_a_missing_permission_names_the_line_to_add(task, action, resource, line):
    assert f"Add to the task in Terraform: {line}." in access_denied(denial(action, resource)).hint


def test_a_denied_key_names_the_statement_of_its_policy():
    statement = (
        '{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/daily_load"}, '
        '"Action": "kms:Decrypt", "Resource": "*"}'
    )
    missing = access_denied(denial("kms:Decrypt", KEY))
    assert f'kms = {{ actions = ["kms:Decrypt"], resources = ["{KEY}"] }}' in missing.hint
    assert statement in missing.hint
    refused = access_denied(denial("kms:Decrypt", KEY, "because no resource-based policy allows the {} action"))
    assert refused.hint.endswith(statement)


@pytest.mark.parametrize(
    ("action", "resource", "policy", "statement"),
    [
        (
            "s3:GetObject",
            OBJECT,
            "VPC endpoint policy",
            f'{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "{OBJECT}"}}',
        ),
        (
            "sts:AssumeRole",
            "arn:aws:iam::210987654321:role/reader",
            "role trust policy",
            '{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/daily_load"}, '
            '"Action": "sts:AssumeRole"}',
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:123456789012:orders",
            "permissions boundary",
            '{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:orders"}',
        ),
    ],
)
def test_a_statement_has_the_elements_that_its_kind_of_policy_requires(action, resource, policy, statement):
    denied = access_denied(denial(action, resource, f"because no {policy} allows the {{}} action"))
    assert denied.hint.endswith(f"to add to its policy: {statement}")


def test_the_hint_for_table_metadata_suggests_the_query_command():
    denied = access_denied(denial("s3:GetObject", '"arn:aws:s3:::data/sales/orders/metadata/1.metadata.json"'))
    assert "only with `datalake_sdk query`" in denied.hint


# https://docs.aws.amazon.com/lake-formation/latest/dg/troubleshooting.html
@pytest.mark.parametrize(
    ("message", "action", "line"),
    [
        ("Required Select on orders", "SELECT", 'input_tables = ["<database>.orders"]'),
        ("Required Insert on dev_sales.orders", "INSERT", 'output_tables = { "sales.orders" = {} }'),
        (
            "on (Database name: dev_sales, Table Name: orders)",
            "PERMISSIONS",
            'input_tables = ["sales.orders"]',
        ),
    ],
)
def test_denials_of_lake_formation_name_the_declaration_and_the_grant(task, message, action, line):
    separator = ": " if message.startswith("Required") else " "
    denied = access_denied(f"Insufficient Lake Formation permission(s){separator}{message}")
    assert denied.action == f"Lake Formation's {action}"
    assert f"Add to the task in Terraform: {line}." in denied.hint
    assert f"to grant {action} in Lake Formation" in denied.hint


def test_a_location_that_is_not_granted_has_no_declaration():
    denied = access_denied("Insufficient Lake Formation permission(s) on s3://shop-sales-dev-data/sales/orders")
    assert "to grant DATA LOCATION ACCESS" in denied.hint
    assert "Terraform" not in denied.hint


def test_other_messages_are_not_denials():
    assert access_denied("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved") is None


# https://repost.aws/knowledge-center/access-denied-athena
@pytest.mark.parametrize(
    ("message", "action", "resource"),
    [
        (
            "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; "
            "Error Code: AccessDenied; Request ID: 72VA5FB0; S3 Extended Request ID: cykX1CZ/; Proxy: null), "
            "S3 Extended Request ID: cykX1CZ/ (Path: s3://source/athena_data.csv)",
            "s3:GetObject",
            "arn:aws:s3:::source/athena_data.csv",
        ),
        (
            "Access denied when writing output to url: s3://results/q.csv . Please ensure you are allowed to.",
            "s3:PutObject",
            "arn:aws:s3:::results/q.csv",
        ),
    ],
)
def test_denials_of_athena_are_parsed(message, action, resource):
    denied = access_denied(message)
    assert (denied.action, denied.resource) == (action, resource)


@pytest.mark.parametrize(
    ("message", "action", "resource", "line"),
    [
        # https://github.com/duckdb/duckdb-httpfs/issues/327
        (
            "HTTP Error: HTTP GET error reading 'https://inbox.s3.amazonaws.com/orders/day%3D1/x.parquet' in region "
            "'' (HTTP 403 Forbidden)\n\nAccessDenied: Access Denied",
            "s3:GetObject",
            "arn:aws:s3:::inbox/orders/day=1/x.parquet",
            'input_paths = ["s3://inbox/orders/day=1/"]',
        ),
        # https://github.com/duckdb/duckdb-httpfs/pull/46
        (
            "HTTP Error: HTTP GET error reading 's3://inbox/?encoding-type=url&list-type=2&prefix=orders%2F' in region "
            "'us-east-1' (HTTP 403 Forbidden)",
            "s3:ListBucket",
            "arn:aws:s3:::inbox",
            'input_paths = ["s3://inbox/orders/"]',
        ),
        (
            "HTTP PUT error on 'https://s3.eu-west-1.amazonaws.com/outbox/a/b.csv' (HTTP 403)",
            "s3:PutObject",
            "arn:aws:s3:::outbox/a/b.csv",
            'output_paths = ["s3://outbox/a/"]',
        ),
        # https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/troubleshooting_s3a.html
        (
            "java.nio.file.AccessDeniedException: s3a://inbox/orders/day.csv: getFileStatus on "
            "s3a://inbox/orders/day.csv: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon "
            "S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: myshortreqid):403 Forbidden",
            "s3:GetObject",
            "arn:aws:s3:::inbox/orders/day.csv",
            'input_paths = ["s3://inbox/orders/"]',
        ),
        (
            "java.nio.file.AccessDeniedException: s3a://outbox/a/part-0: Writing Object on a/part-0: "
            "software.amazon.awssdk.services.s3.model.S3Exception: Access Denied (Service: S3, Status Code: 403, "
            "Request ID: F08EV50F85AYKF1V):AccessDenied",
            "s3:PutObject",
            "arn:aws:s3:::outbox/a/part-0",
            'output_paths = ["s3://outbox/a/"]',
        ),
    ],
)
def test_denials_that_libraries_report_without_a_reason_are_parsed(message, action, resource, line):
    denied = library_denial(message)
    assert (denied.action, denied.resource) == (action, resource)
    assert f"Add to the task in Terraform: {line}." in denied.hint


@pytest.mark.parametrize(
    "message",
    [
        "HTTP GET error on 'https://api.example.com/v1/orders' (HTTP 403)",
        "java.nio.file.AccessDeniedException: s3a://bucket/logs: org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException: "
        "No AWS Credentials provided",
        "[Errno 13] Permission denied: '/data/day.csv'",
    ],
)
def test_other_failures_of_libraries_are_not_denials(message):
    assert library_denial(message) is None


def test_the_cause_of_an_error_of_s3fs_names_the_resource():
    # https://github.com/fsspec/s3fs/blob/main/s3fs/errors.py
    cause = ClientError({"Error": {"Code": "AccessDenied", "Message": denial("s3:GetObject", OBJECT)}}, "GetObject")
    error = PermissionError("Forbidden")
    error.__cause__ = cause
    assert denial_behind(error).resource == OBJECT


def test_an_exception_raised_while_a_denial_was_handled_is_reported_itself():
    error = KeyError("orders")
    error.__context__ = ClientError(
        {"Error": {"Code": "AccessDenied", "Message": denial("s3:GetObject", OBJECT)}}, "GetObject"
    )
    assert denial_behind(error) is None


def test_a_denial_is_terminal():
    denied = access_denied(denial("s3:GetObject", OBJECT))
    assert isinstance(denied, AccessDeniedError)
    assert not isinstance(denied, TransientError)
    assert failure_of(denied).error == "TerminalError"
