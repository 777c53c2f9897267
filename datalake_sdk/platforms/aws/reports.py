"""Secrets and claims for failure reports: the Slack secret, and an object for each failure that was reported."""

from __future__ import annotations

from datalake_sdk.errors import AwsRequestError, SlackSecretError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_CONDITION_NOT_MET = "PreconditionFailed"
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
_RELEASED = ""


def read_secret(session: AwsSession, secret: str) -> str:
    """Returns the current value of a secret.

    Args:
        session: Account and region.
        secret: ARN of the secret.

    Raises:
        SlackSecretError: The secret is binary.
    """
    with aws_errors():
        response = session.client("secretsmanager").get_secret_value(SecretId=secret)
    if "SecretString" not in response:
        raise SlackSecretError(secret, "is binary")
    return str(response["SecretString"])


def claim(session: AwsSession, bucket: str, key: str, owner: str) -> bool:
    """Claims work that must be done only once, with an object that only one owner can create.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object, which identifies the work.
        owner: Identifies the caller, which may claim the same work again after an interruption.

    Returns:
        Whether the owner holds the claim.
    """
    if _write_owner(session, bucket, key, owner, IfNoneMatch="*"):
        return True
    with aws_errors():
        claimed = session.client("s3").get_object(Bucket=bucket, Key=key)
        found = claimed["Body"].read().decode()
    return bool(found == owner) or (
        found == _RELEASED and _write_owner(session, bucket, key, owner, IfMatch=claimed["ETag"])
    )


def release(session: AwsSession, bucket: str, key: str) -> None:
    """Releases a claim, so that any owner can claim the work again.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object.
    """
    _write_owner(session, bucket, key, _RELEASED)


def _write_owner(session: AwsSession, bucket: str, key: str, owner: str, **condition: str) -> bool:
    """Writes the owner of a claim; returns whether the condition was met."""
    try:
        with aws_errors():
            session.client("s3").put_object(Bucket=bucket, Key=key, Body=owner.encode(), **condition)
    except AwsRequestError as error:
        if error.code != _CONDITION_NOT_MET:
            raise
        return False
    return True
