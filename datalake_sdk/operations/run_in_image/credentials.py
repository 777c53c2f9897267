"""AWS settings of a container."""

from __future__ import annotations

import os

from datalake_sdk.errors import NoCredentialsError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.runtime.environment import REGION

_ENDPOINTS = "AWS_ENDPOINT_URL"
"""Prefix of variables: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""


def aws_variables(platform: Platform) -> dict[str, str]:
    """Returns the variables with the current credentials, region and endpoints of an environment.

    Credentials of a role or of IAM Identity Center expire, and those of an IAM user do not.

    Raises:
        NoCredentialsError: No credentials were found.
        DatalakeError: They cannot be obtained, for example because the login has expired.
    """
    session = platform.boto_session
    assert session is not None
    with platform.service_errors():
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        keys = credentials.get_frozen_credentials()
    values = {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        # Fargate sets both: boto3 reads the second one only.
        REGION: session.region_name,
        "AWS_DEFAULT_REGION": session.region_name,
        **{name: value for name, value in os.environ.items() if name.startswith(_ENDPOINTS)},
    }
    return {name: value for name, value in values.items() if value}
