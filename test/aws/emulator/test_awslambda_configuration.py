"""Lambda returns the configuration of a function."""

from __future__ import annotations

import json

import pytest

QUEUE = {"TargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead"}
LOGS = {"LogFormat": "JSON", "LogGroup": "functions"}


@pytest.fixture
def client(aws):
    return aws.client("lambda")


@pytest.fixture
def create(aws, client):
    """`create(…)` creates a function from an image and returns its configuration."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="failsafe", AssumeRolePolicyDocument=document)
    aws.client("ecr").create_repository(repositoryName="code")
    image = f"{aws.account}.dkr.ecr.{aws.region}.amazonaws.com/code:1"
    aws.control("push_image", name=image, folder="/")
    given = {"FunctionName": "failsafe", "Role": f"arn:aws:iam::{aws.account}:role/failsafe", "PackageType": "Image"}
    return lambda **more: client.create_function(**given, Code={"ImageUri": image}, **more)


@pytest.fixture
def configuration(client):
    return lambda: client.get_function_configuration(FunctionName="failsafe")


def test_an_image_without_overrides_has_no_image_configuration(create, configuration):
    create()
    assert "ImageConfigResponse" not in configuration()
    assert configuration()["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/failsafe"}


def test_dead_letters_logging_and_overrides_are_stored(create, configuration):
    create(DeadLetterConfig=QUEUE, LoggingConfig=LOGS, ImageConfig={"Command": ["handler.main"]})
    returned = configuration()
    assert (returned["DeadLetterConfig"], returned["LoggingConfig"]) == (QUEUE, LOGS)
    assert returned["ImageConfigResponse"]["ImageConfig"]["Command"] == ["handler.main"]


def test_an_update_changes_the_configuration(client, create, configuration):
    create()
    changed = {"DeadLetterConfig": QUEUE, "LoggingConfig": LOGS, "TracingConfig": {"Mode": "Active"}}
    client.update_function_configuration(FunctionName="failsafe", **changed, ImageConfig={"Command": ["other.main"]})
    returned = configuration()
    assert {name: returned[name] for name in changed} == changed
    assert returned["ImageConfigResponse"]["ImageConfig"]["Command"] == ["other.main"]
