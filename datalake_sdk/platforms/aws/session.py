"""AWS sessions: region, credentials, retries and endpoints, shared by boto3 and Arrow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from datalake_sdk.platforms.aws.failures import aws_errors

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.credentials import ReadOnlyCredentials
    from botocore.loaders import Loader
    from botocore.session import Session as BotocoreSession
    from pyarrow.fs import S3FileSystem

DEFAULT_REGION = "eu-west-1"
_LONGEST_FUNCTION_SECONDS = 900
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_REFRESHED_BY_LIBRARIES = ("container-role", "iam-role", "assume-role-with-web-identity")
"""Methods of credentials that Arrow and Java find and refresh themselves; all other credentials are passed to them.
https://arrow.apache.org/docs/python/filesystems.html#s3
https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/credentials-chain.html"""


class AwsSession:
    """Clients of AWS services. Creating a session or a client calls no service.

    Args:
        region: None uses the region of the environment or the profile, or `eu-west-1` if neither is set.
        boto_session: Session whose credentials, configuration and region are used; None uses those of the process.
    """

    def __init__(self, region: str | None = None, boto_session: Session | None = None) -> None:
        self._given_region = region
        self._given_session = boto_session
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """Region of every client."""
        return str(self.boto3_session.region_name or self._given_region or DEFAULT_REGION)

    @cached_property
    def boto3_session(self) -> Session:
        """The session that creates all clients.

        Raises:
            AwsConfigurationError: `AWS_PROFILE` names a profile that does not exist.
        """
        import boto3

        if self._given_session is not None:
            return self._given_session
        with aws_errors():
            return boto3.Session(botocore_session=self._core)

    def client(self, service: str) -> Any:
        """Returns the boto3 client of a service; clients are cached.

        Raises:
            AwsConfigurationError: The configuration, the region or an endpoint is invalid.
        """
        if service not in self._clients:
            with aws_errors():
                self._clients[service] = self.boto3_session.client(service, region_name=self.region)
        return self._clients[service]

    def function_client(self) -> Any:
        """Returns a boto3 client of Lambda that waits for the answer of the longest function, and calls it once."""
        from botocore.config import Config

        patient = Config(read_timeout=_LONGEST_FUNCTION_SECONDS, retries={"total_max_attempts": 1})
        with aws_errors():
            return self.boto3_session.client("lambda", region_name=self.region, config=patient)

    def filesystem(self) -> S3FileSystem:
        """Returns Arrow's S3 file system with the current credentials."""
        return s3_filesystem(self.storage_properties())

    def storage_properties(self) -> dict[str, str]:
        """Returns the options of `s3_filesystem` under pyiceberg's names."""
        keys = self.passed_credentials()
        properties = {
            "s3.region": self.region,
            "s3.endpoint": self.endpoint("s3"),
            "s3.access-key-id": keys.access_key if keys else None,
            "s3.secret-access-key": keys.secret_key if keys else None,
            "s3.session-token": keys.token if keys else None,
        }
        return {name: value for name, value in properties.items() if value}

    def passed_credentials(self) -> ReadOnlyCredentials | None:
        """Returns the credentials to pass to other clients; None if those find and refresh them themselves.

        Raises:
            NoCredentialsError: No credentials were found.
        """
        from botocore.exceptions import NoCredentialsError

        with aws_errors():
            credentials = self.boto3_session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            return None if credentials.method in _REFRESHED_BY_LIBRARIES else credentials.get_frozen_credentials()

    def endpoint(self, service: str) -> str | None:
        """Returns the endpoint configured for a service, for libraries that ignore the configuration; None if not set.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html

        Raises:
            AwsConfigurationError: The configuration is invalid.
        """
        from botocore.configprovider import ConfiguredEndpointProvider

        core = self._core
        if core.get_config_variable("ignore_configured_endpoint_urls"):
            return None
        with aws_errors():
            configured = ConfiguredEndpointProvider(core.full_config, core.get_scoped_config(), service).provide()
        return configured or None

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource in the caller's account and region."""
        return f"arn:{self._partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def account(self) -> str:
        """Id of the caller's account."""
        return self.caller_arn.split(":")[4]

    @cached_property
    def caller_arn(self) -> str:
        """ARN of the caller: a user or a role session."""
        with aws_errors():
            return str(self.client("sts").get_caller_identity()["Arn"])

    @property
    def _partition(self) -> str:
        return self.caller_arn.split(":")[1]

    @cached_property
    def _core(self) -> BotocoreSession:
        import botocore.session

        if self._given_session is not None:
            # boto3 has no public attribute for the botocore session.
            core: BotocoreSession = self._given_session._session
            return core
        with aws_errors():
            core = botocore.session.get_session()
            core.register_component("data_loader", _service_models(core.get_config_variable("data_path")))
            # botocore reads AWS_DEFAULT_REGION only; other SDKs and Lambda use AWS_REGION.
            # https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
            region = self._given_region or os.environ.get("AWS_REGION") or core.get_config_variable("region")
            core.set_config_variable("region", region or DEFAULT_REGION)
            if core.get_config_variable("retry_mode") == "legacy":
                core.set_config_variable("retry_mode", "standard")
        return core


def s3_filesystem(properties: Mapping[str, str]) -> S3FileSystem:
    """Returns Arrow's S3 file system, cached per process to reuse connections.

    Args:
        properties: Result of `AwsSession.storage_properties`; other entries are ignored.
    """
    return _s3_filesystem(
        os.getpid(),
        region=properties.get("s3.region"),
        endpoint_override=properties.get("s3.endpoint"),
        access_key=properties.get("s3.access-key-id"),
        secret_key=properties.get("s3.secret-access-key"),
        session_token=properties.get("s3.session-token"),
    )


@lru_cache(maxsize=8)
def _s3_filesystem(_process: int, **options: str | None) -> S3FileSystem:
    from pyarrow.fs import S3FileSystem

    # Without this option, even the smallest file is written as a multipart upload of three requests.
    # https://github.com/apache/arrow/issues/40557
    return S3FileSystem(allow_delayed_open=True, **options)


@cache
def _service_models(data_path: str | None) -> Loader:
    """Returns botocore's service models, parsed once per process."""
    from botocore.loaders import create_loader

    return create_loader(data_path)
