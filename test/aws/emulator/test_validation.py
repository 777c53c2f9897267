"""Validation of requests: services refuse what their model or documentation does not allow, in their own words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from fnmatch import fnmatchcase

import boto3
import pytest
import regex
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from moto.core.utils import get_service_model

from test.emulator.process import ROOT_ACCESS_KEY
from test.emulator.validation_patterns import UNSUPPORTED, compiled
from test.emulator.validation_skipped import SKIPPED

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
GLUE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "glue:*", "Resource": "*"}]}'
APPLICATION = {"name": "spark", "releaseLabel": "emr-7.0.0", "type": "SPARK"}
ROLE = {"RoleName": "loader", "AssumeRolePolicyDocument": TRUST}
LONG = "x" * 65

VALIDATION = "ValidationException"
TEXT = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"
TAG_KEY = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "
    "Member must have length greater than or equal to 1, "
    "Member must satisfy regular expression pattern: [A-Za-z0-9 /_.:=+@-]+]"
)

USED = (
    *("athena", "bedrock", "budgets", "codeartifact", "ec2", "ecr", "ecs", "emr", "emr-serverless", "events", "glue"),
    *("iam", "kms", "lakeformation", "lambda", "logs", "pipes", "s3", "scheduler", "sns", "sqs", "ssm"),
    *("stepfunctions", "sts"),
)
"""Services that the modules and the SDK use."""


@pytest.fixture
def unchecked(aws):
    """`unchecked(service)`: a client that validates nothing."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service: boto3.Session().client(service, endpoint_url=aws.endpoint, config=config)


@pytest.fixture
def refused(unchecked):
    """`refused(service, call, **parameters)`: status, code and message of the error."""

    def refused(service, call, **parameters):
        with pytest.raises(ClientError) as caught:
            getattr(unchecked(service), call)(**parameters)
        error = caught.value.response["Error"]
        return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message")

    return refused


@pytest.fixture
def send(aws):
    """`send(service, query, body, headers)`: status and body of the response to a request that no client sends."""

    def send(service, query="", body=None, headers=None):
        scope = f"AWS4-HMAC-SHA256 Credential={ROOT_ACCESS_KEY}/20260101/{aws.region}/{service}/aws4_request"
        headers = {"Authorization": f"{scope}, SignedHeaders=host, Signature=0", **(headers or {})}
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{aws.endpoint}/{query}", body, headers)) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return send


@pytest.mark.parametrize(
    ("service", "call", "parameters", "code", "value", "constraint"),
    [
        ("glue", "create_database", {}, VALIDATION, "null at 'databaseInput'", "not be null"),
        (
            "glue",
            "create_database",
            {"DatabaseInput": {}},
            VALIDATION,
            "null at 'databaseInput.name'",
            "not be null",
        ),
        (
            "glue",
            "create_database",
            {"DatabaseInput": {"Name": "a\nb"}},
            VALIDATION,
            "'a\nb' at 'databaseInput.name'",
            f"satisfy regular expression pattern: {TEXT}",
        ),
        (
            "glue",
            "get_databases",
            {"MaxResults": 101},
            VALIDATION,
            "'101' at 'maxResults'",
            "have value less than or equal to 100",
        ),
        (
            "glue",
            "get_databases",
            {"ResourceShareType": "MINE"},
            VALIDATION,
            "'MINE' at 'resourceShareType'",
            "satisfy enum value set: [FOREIGN, ALL, FEDERATED]",
        ),
        (
            "logs",
            "create_log_group",
            {"logGroupName": "a b"},
            "InvalidParameterException",
            "'a b' at 'logGroupName'",
            r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
        ),
        (
            "emr-serverless",
            "get_application",
            {"applicationId": "A"},
            VALIDATION,
            "'A' at 'applicationId'",
            "satisfy regular expression pattern: [0-9a-z]+",
        ),
        (
            "lambda",
            "list_functions",
            {"MaxItems": 0},
            VALIDATION,
            "'0' at 'maxItems'",
            "have value greater than or equal to 1",
        ),
        (
            "iam",
            "create_role",
            {**ROLE, "RoleName": LONG},
            "ValidationError",
            f"'{LONG}' at 'roleName'",
            "have length less than or equal to 64",
        ),
        (
            "iam",
            "create_role",
            {**ROLE, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "*", "Value": "b"}]},
            "ValidationError",
            "'*' at 'tags.2.member.key'",
            r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
    ],
)
def test_a_value_that_the_model_does_not_allow_is_refused(refused, service, call, parameters, code, value, constraint):
    message = f"1 validation error detected: Value {value} failed to satisfy constraint: Member must {constraint}"
    assert refused(service, call, **parameters) == (400, code, message)


def test_keys_of_a_map_are_validated(refused):
    expected = f"1 validation error detected: Value '{{Größe=L}}' at 'tags' failed to satisfy constraint: {TAG_KEY}"
    answer = refused("emr-serverless", "create_application", **APPLICATION, tags={"Größe": "L"})
    assert answer == (400, VALIDATION, expected)


def test_all_violations_are_listed(refused):
    _, _, message = refused("logs", "describe_log_groups", logGroupNamePrefix="")
    assert message == (
        "2 validation errors detected: Value '' at 'logGroupNamePrefix' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; Value '' at 'logGroupNamePrefix' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
    )


def test_sensitive_values_do_not_appear_in_messages(refused):
    function = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/f", "Code": {"ZipFile": b""}}
    _, _, message = refused("lambda", "create_function", **function, Environment={"Variables": {"1": "secret"}})
    assert "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy" in message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ({"CatalogId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"AttributesToGet": "NAME"}, "STRING_VALUE can not be converted to a collection"),
        ({"CatalogId": {}}, "Start of structure or map found where not expected"),
        ({"CatalogId": []}, "Start of list found where not expected"),
    ],
)
def test_a_value_of_another_type_is_refused(send, parameters, message):
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSGlue.GetDatabases"}
    status, answer = send("glue", body=json.dumps(parameters).encode(), headers=headers)
    assert (status, json.loads(answer)) == (400, {"__type": "SerializationException", "message": message})


@pytest.mark.parametrize(
    ("call", "parameters", "code", "message"),
    [
        ("create_vpc_endpoint", {}, "MissingParameter", "The request must contain the parameter VpcId"),
        (
            "create_vpc",
            {"InstanceTenancy": "shared"},
            "InvalidParameterValue",
            "Value (shared) for parameter InstanceTenancy is invalid. "
            "Member must satisfy enum value set: [default, dedicated, host]",
        ),
    ],
)
def test_ec2_refuses_in_its_own_words(refused, call, parameters, code, message):
    assert refused("ec2", call, **parameters) == (400, code, message)


def test_ec2_refuses_unknown_parameters(send):
    status, answer = send("ec2", "?Action=DescribeVpcs&Version=2016-11-15&Colour=red")
    assert status == 400
    assert "<Code>UnknownParameter</Code><Message>The parameter Colour is not recognized" in answer


def test_ecr_refuses_in_its_own_words(refused):
    message = "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '"
    _, code, given = refused("ecr", "create_repository", repositoryName="Orders")
    assert (code, given[: len(message)], given[-2:]) == ("InvalidParameterException", message, "''")


@pytest.mark.parametrize(
    ("call", "parameters", "code"),
    [
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "On"}}, "MalformedXML"),
        ("put_object", {"Key": "a", "StorageClass": "COLD"}, "InvalidArgument"),
        ("list_objects_v2", {"EncodingType": "base64"}, "InvalidArgument"),
    ],
)
def test_s3_refuses_in_its_own_words(refused, call, parameters, code):
    assert refused("s3", call, Bucket="lake", **parameters)[:2] == (400, code)


def test_a_refused_request_has_no_effect(aws, refused):
    refused("glue", "create_database", DatabaseInput={"Name": "sales", "Description": "a\x00"})
    assert aws.client("glue").get_databases()["DatabaseList"] == []


def test_requests_are_counted_since_the_last_reset(aws, refused):
    aws.client("glue").get_databases()
    aws.client("glue").get_databases()
    refused("glue", "get_databases", MaxResults=0)
    assert aws.control("validated_requests") == {"glue": {"GetDatabases": {"accepted": 2, "refused": 1}}}
    aws.reset()
    assert aws.control("validated_requests") == {}


def test_an_operation_without_a_model_is_counted(aws, send):
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSGlue.PaintTable"}
    assert send("glue", body=b"{}", headers=headers)[0] == 501
    assert aws.control("validated_requests") == {"glue": {"PaintTable": {"unmodelled": 1}}}


def test_every_request_to_s3_is_validated(aws):
    s3, bucket = aws.client("s3"), {"Bucket": "lake"}
    s3.create_bucket(**bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    upload = {**bucket, "Key": "orders/a b.csv"}
    upload_id = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, UploadId=upload_id, PartNumber=1, Body=b"id\n")["ETag"]
    parts = {"Parts": [{"ETag": part, "PartNumber": 1}]}
    s3.complete_multipart_upload(**upload, UploadId=upload_id, MultipartUpload=parts)
    for call in (s3.head_object, s3.get_object, s3.get_object_tagging):
        call(**upload)
    for call in (s3.head_bucket, s3.list_objects_v2, s3.list_object_versions, s3.get_bucket_location):
        call(**bucket)
    s3.list_buckets()
    s3.delete_objects(**bucket, Delete={"Objects": [{"Key": upload["Key"]}]})
    s3.put_object(**upload, Body=b"id\n")
    s3.copy_object(**bucket, Key="b", CopySource=upload)
    s3.delete_object(**upload)
    validated = aws.control("validated_requests")["s3"]
    assert len(validated) == 16
    assert set(map(str, validated.values())) == {str({"accepted": 1})}


def test_s3_accepts_the_checksum_mode_of_the_sdk_for_cpp(aws, unchecked):
    upload = {"Bucket": "lake", "Key": "a"}
    aws.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": aws.region})
    aws.client("s3").put_object(**upload, Body=b"id\n")
    assert unchecked("s3").get_object(**upload, ChecksumMode="enabled")["Body"].read() == b"id\n"


@pytest.mark.parametrize("pattern", SKIPPED)
def test_skipped_constraints_are_those_of_existing_members(pattern):
    service, operation, member = pattern.split(".", 2)
    shapes = [
        get_service_model(service).operation_model(name).input_shape
        for name in get_service_model(service).operation_names
        if fnmatchcase(name, operation)
    ]
    names = [name for shape in shapes if shape for name in shape.members]
    assert member.partition(".")[0] in [name[:1].lower() + name[1:] for name in names]


def test_requests_of_a_state_machine_are_validated(aws):
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:glue:getDatabases",
        "Parameters": {"MaxResults": 101},
        "End": True,
    }
    states = aws.client("stepfunctions")
    iam = aws.client("iam")
    role = iam.create_role(**ROLE)["Role"]["Arn"]
    iam.put_role_policy(RoleName="loader", PolicyName="glue", PolicyDocument=GLUE)
    definition = json.dumps({"StartAt": "List", "States": {"List": task}})
    machine = states.create_state_machine(name="list", definition=definition, roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    assert "Member must have value less than or equal to 100" in aws.wait_for(execution, "FAILED")["cause"]


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        (r"[a-z]+", "sales\n", False),
        (r"[a-z]", "sales", False),
        (r"\w+", "é", False),
        (r"\d+", "٣", False),
        (r"[\p{L}]+", "é", True),
        (r"\p{Alpha}+", "é", False),
        (r"\p{Punct}+", "$+-", True),
        (r"[\p{Print}&&[^|]]+", "a|b", False),
        (r"[\uD800\uDC00-\uDBFF\uDFFF]", "😀", True),
        (r"[\x{60}]", "`", True),
    ],
)
def test_patterns_match_whole_values_as_in_java(pattern, value, matches):
    assert bool(compiled(pattern).fullmatch(value)) == matches


def test_patterns_that_cannot_be_compiled_are_listed():
    loader, failing = Loader(), {}
    for service in (*USED, *UNSUPPORTED.values()):
        for shape in loader.load_service_model(service, "service-2")["shapes"].values():
            try:
                compiled(shape.get("pattern", ""))
            except regex.error:
                failing[shape["pattern"]] = service
    assert failing == UNSUPPORTED
