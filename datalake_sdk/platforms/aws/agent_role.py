"""The read-only role of Datalfred, which `domain_factory` creates and publishes in Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalake_sdk import naming
from datalake_sdk.errors import AccessDeniedError, AgentRoleError, AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

if TYPE_CHECKING:
    from boto3 import Session

_DURATION_SECONDS = 900
"""The minimum: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


def find_agent_role(session: AwsSession, environment: str) -> str | None:
    """Returns the ARN of the role with which Datalfred queries; None if the domain has none.

    Args:
        session: Account and region.
        environment: Name of the environment.

    Raises:
        AccessDeniedError: The caller may not read the parameter with the ARN.
    """
    try:
        with aws_errors():
            found = session.client("ssm").get_parameter(Name=naming.agent_role_parameter_name(environment))
    except AwsRequestError as error:
        if error.code != "ParameterNotFound":
            raise
        return None
    return str(found["Parameter"]["Value"])


def assumed_session(session: AwsSession, role: str) -> Session:
    """Returns a session with temporary credentials of a role, which last for 15 minutes.

    Args:
        session: Caller and region.
        role: ARN of the role.

    Raises:
        AgentRoleError: The caller may not assume the role.
    """
    import boto3

    try:
        with aws_errors():
            assumed = session.client("sts").assume_role(
                RoleArn=role, RoleSessionName=naming.AGENT_GROUP, DurationSeconds=_DURATION_SECONDS
            )
    except AccessDeniedError as error:
        raise AgentRoleError(role, error.message) from error
    keys = assumed["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], session.region)
