"""What reports of failures need from AWS: the secret of their receiver, and a marker for each failure reported."""

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
    """Claims work that must be done once, with an object that only one owner can write.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object, which identifies the work.
        owner: Who does the work; claims it again if it was interrupted.

    Returns:
        Whether the work is the owner's.
    """
    if _written(session, bucket, key, owner, IfNoneMatch="*"):
        return True
    with aws_errors():
        claimed = session.client("s3").get_object(Bucket=bucket, Key=key)
        found = claimed["Body"].read().decode()
    return bool(found == owner) or (
        found == _RELEASED and _written(session, bucket, key, owner, IfMatch=claimed["ETag"])
    )


def release(session: AwsSession, bucket: str, key: str) -> None:
    """Lets anyone claim work again that its owner could not do.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object.
    """
    _written(session, bucket, key, _RELEASED)


def _written(session: AwsSession, bucket: str, key: str, owner: str, **condition: str) -> bool:
    """Writes the owner of work; returns whether the condition was met."""
    try:
        with aws_errors():
            session.client("s3").put_object(Bucket=bucket, Key=key, Body=owner.encode(), **condition)
    except AwsRequestError as error:
        if error.code != _CONDITION_NOT_MET:
            raise
        return False
    return True
