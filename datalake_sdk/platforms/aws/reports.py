"""Secrets and claims for failure reports: the Slack secret, and an object for each failure that was reported."""

from __future__ import annotations

from datalake_sdk.errors import SlackSecretError
from datalake_sdk.platforms.aws.conditional_writes import read_text, write_text
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

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
    if write_text(session, bucket, key, owner, IfNoneMatch="*"):
        return True
    found, version = read_text(session, bucket, key)
    return found == owner or (found == _RELEASED and write_text(session, bucket, key, owner, IfMatch=version))


def release(session: AwsSession, bucket: str, key: str) -> None:
    """Releases a claim, so that any owner can claim the work again.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object.
    """
    write_text(session, bucket, key, _RELEASED)
