"""Fixtures of the emulator's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.aws.emulator.execution import Workshop, policy
from test.aws.emulator.permissions import TASK, TRUST
from test.emulator import Emulator


@pytest.fixture
def shop(aws: Emulator, tmp_path: Path) -> Workshop:
    """Helpers for the emulator, with an ECS cluster and an image whose folder is `shop.folder`."""
    return Workshop(aws, tmp_path)


@pytest.fixture
def caller(aws):
    """`caller(statement, …)(service)` returns a client of a role with these permissions, and enforces IAM."""

    def caller(*statements, trust=TRUST, **role):
        iam = aws.client("iam")
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=policy(trust), **role)
        if statements:
            iam.put_role_policy(RoleName="task", PolicyName="may", PolicyDocument=policy(*statements))
        aws.enforce_iam()
        credentials = aws.assume_role(TASK, "run")
        return lambda service: aws.client(service, credentials)

    return caller


@pytest.fixture
def bucket(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="lake", Key="open/x", Body=b"rows")
    return s3


@pytest.fixture
def key(aws):
    return aws.client("kms").create_key()["KeyMetadata"]["Arn"]
