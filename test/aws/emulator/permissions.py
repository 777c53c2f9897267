"""Policies of a role, and messages of denied requests."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
TASK = f"arn:aws:iam::{ACCOUNT}:role/task"
TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}


def allow(actions, resources="*", effect="Allow", **more):
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


def message(call):
    """Returns the message of an error of AWS."""
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Message"]


def arn(service, rest, region="eu-west-1"):
    """Returns an ARN in the account of the emulator."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"
