"""What reports of failures need from AWS: the secret of their receiver, and a marker for each failure reported."""

from __future__ import annotations

from datalake_sdk.errors import AwsRequestError, SlackSecretError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_EXISTS = "PreconditionFailed"
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""


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
    """Claims work that must be done once, with an object that only one owner can create.

    Args:
        session: Account and region.
        bucket: Bucket of the object.
        key: Key of the object, which identifies the work.
        owner: Who does the work; claims it again if it was interrupted.

    Returns:
        Whether the work is the owner's.
    """
    s3 = session.client("s3")
    try:
        with aws_errors():
            s3.put_object(Bucket=bucket, Key=key, Body=owner.encode(), IfNoneMatch="*")
    except AwsRequestError as error:
        if error.code != _EXISTS:
            raise
        with aws_errors():
            return bool(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() == owner)
    return True
