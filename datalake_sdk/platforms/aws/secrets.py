"""Secrets in Secrets Manager."""

from __future__ import annotations

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession


class SecretsManager:
    """Reads secrets.

    Args:
        session: Account, region and credentials.
    """

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def read(self, arn: str) -> str | None:
        try:
            with aws_errors():
                found = self._session.client("secretsmanager").get_secret_value(SecretId=arn)
        except AwsRequestError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return None
        text: str | None = found.get("SecretString")
        return text
