"""AWS sessions: region, credentials, retries and endpoints, shared by boto3 and Arrow."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from datalake_sdk.errors import DatalakeError
from datalake_sdk.parallel import REQUEST_THREADS
from datalake_sdk.platforms.aws.failures import aws_errors

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.credentials import Credentials, ReadOnlyCredentials
    from botocore.loaders import Loader
    from botocore.session import Session as BotocoreSession
    from pyarrow.fs import S3FileSystem

logger = logging.getLogger(__name__)

DEFAULT_REGION = "eu-west-1"
_LONGEST_FUNCTION_SECONDS = 900
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_REFRESHED_BY_LIBRARIES = ("container-role", "iam-role", "assume-role-with-web-identity")
"""Methods of credentials that Arrow and Java find and refresh themselves; all other credentials are passed to them.
https://arrow.apache.org/docs/python/filesystems.html#s3
https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/credentials-chain.html"""


_FURTHER_VARIABLES = frozenset(
    {"HOME", "USERPROFILE", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
)
"""Environment variables without the prefix `AWS_` that boto3 reads."""


@dataclass(frozen=True)
class _Clients:
    """A boto3 session and its clients."""

    session: Session
    clients: dict[tuple[str, float | None], Any] = field(default_factory=dict)
    # Threads must not create clients of one session at the same time.
    # https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
    lock: Lock = field(default_factory=Lock)

    def client(self, service: str, region: str, seconds: float | None = None) -> Any:
        """Returns a client; if `seconds` is set, it waits only this long for a connection and an answer, and once."""
        from botocore.config import Config

        with self.lock:
            if (service, seconds) not in self.clients:
                config = Config(max_pool_connections=REQUEST_THREADS)
                if seconds is not None:
                    once = {"total_max_attempts": 1}
                    config = config.merge(Config(connect_timeout=seconds, read_timeout=seconds, retries=once))
                self.clients[service, seconds] = self.session.client(service, region_name=region, config=config)
            return self.clients[service, seconds]


@dataclass(frozen=True)
class _SharedCredentials:
    """Makes credentials of one botocore session those of another one."""

    credentials: Credentials

    def load_credentials(self) -> Credentials:
        return self.credentials


class AwsSession:
    """Clients of AWS services. Creating a session or a client calls no service.

    Sessions of a process share their clients as long as neither the environment nor the configuration files change.

    Args:
        region: None uses the region of the environment or the profile, or `eu-west-1` if neither is set.
        boto_session: Session whose credentials, configuration and region are used; None uses those of the process.
    """

    def __init__(self, region: str | None = None, boto_session: Session | None = None) -> None:
        self._given_region = region
        self._given_session = boto_session

    @property
    def region(self) -> str:
        """Region of every client."""
        return str(self.boto3_session.region_name or self._given_region or DEFAULT_REGION)

    @property
    def boto3_session(self) -> Session:
        """The session that creates all clients.

        Raises:
            AwsConfigurationError: `AWS_PROFILE` names a profile that does not exist.
        """
        return self._clients.session

    def client(self, service: str) -> Any:
        """Returns the boto3 client of a service; clients are cached.

        Raises:
            AwsConfigurationError: The configuration, the region or an endpoint is invalid.
        """
        with aws_errors():
            return self._clients.client(service, self.region)

    @cached_property
    def _clients(self) -> _Clients:
        if self._given_session is not None:
            return _Clients(self._given_session)
        with aws_errors():
            return _process_clients(os.getpid(), self._given_region, *_configuration())

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
        with aws_errors():
            credentials = self._credentials()
            return None if credentials.method in _REFRESHED_BY_LIBRARIES else credentials.get_frozen_credentials()

    def signing_session(self) -> BotocoreSession:
        """Returns a session for a library that signs requests; it has the credentials of this one, and refreshes them.

        Raises:
            NoCredentialsError: No credentials were found.
        """
        from botocore.session import get_session

        # A session belongs to one boto3 session: https://github.com/boto/boto3/blob/develop/boto3/session.py
        with aws_errors():
            session = get_session()
            session.register_component("credential_provider", _SharedCredentials(self._credentials()))
            return session

    def _credentials(self) -> Credentials:
        from botocore.exceptions import NoCredentialsError

        credentials = self.boto3_session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials

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

    def glue_namespace(self, seconds: float) -> str:
        """Returns the ARN of the Glue catalog; without the account if STS does not answer, as in a private network.

        Args:
            seconds: Maximum time to wait for a connection, and for the answer.
        """
        try:
            with aws_errors():
                caller = self._clients.client("sts", self.region, seconds).get_caller_identity()["Arn"]
        except DatalakeError as error:
            logger.debug("the account is unknown: %s", error)
            return f"arn:{self.boto3_session.get_partition_for_region(self.region)}:glue:{self.region}"
        _, partition, _, _, account, *_ = caller.split(":")
        return f"arn:{partition}:glue:{self.region}:{account}"

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

    @property
    def _core(self) -> BotocoreSession:
        # boto3 has no public attribute for the botocore session.
        core: BotocoreSession = self.boto3_session._session
        return core


def _configuration() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[int, int] | None, ...]]:
    """Environment variables and versions of the files that configure boto3."""
    names = [name for name in os.environ if name.startswith("AWS_") or name.upper() in _FURTHER_VARIABLES]
    files = [
        os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ]
    return tuple((name, os.environ[name]) for name in sorted(names)), tuple(map(_version, files))


def _version(file: str) -> tuple[int, int] | None:
    try:
        status = Path(file).expanduser().stat()
    except (OSError, RuntimeError):
        return None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=8)
def _process_clients(_process: int, region: str | None, *_configuration: object) -> _Clients:
    import boto3
    import botocore.session

    core = botocore.session.get_session()
    core.register_component("data_loader", _service_models(core.get_config_variable("data_path")))
    # botocore reads AWS_DEFAULT_REGION only; other SDKs and Lambda use AWS_REGION.
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    configured = region or os.environ.get("AWS_REGION") or core.get_config_variable("region")
    core.set_config_variable("region", configured or DEFAULT_REGION)
    if core.get_config_variable("retry_mode") == "legacy":
        core.set_config_variable("retry_mode", "standard")
    return _Clients(boto3.Session(botocore_session=core))


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


def s3_client(properties: Mapping[str, str]) -> Any:
    """Returns the boto3 client that corresponds to `s3_filesystem`.

    Args:
        properties: Result of `AwsSession.storage_properties`; other entries are ignored.
    """
    session = AwsSession(properties.get("s3.region"))
    keys = {
        "aws_access_key_id": properties.get("s3.access-key-id"),
        "aws_secret_access_key": properties.get("s3.secret-access-key"),
        "aws_session_token": properties.get("s3.session-token"),
    }
    own = session.passed_credentials()
    if own is None or keys["aws_access_key_id"] in (None, own.access_key):
        return session.client("s3")
    return _client_of_keys(os.getpid(), session.region, properties.get("s3.endpoint"), **keys)


@lru_cache(maxsize=8)
def _client_of_keys(_process: int, region: str, endpoint: str | None, **keys: str | None) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=REQUEST_THREADS)
    with aws_errors():
        return boto3.Session(region_name=region, **keys).client("s3", endpoint_url=endpoint, config=config)


@cache
def _service_models(data_path: str | None) -> Loader:
    """Returns botocore's service models, parsed once per process."""
    from botocore.loaders import create_loader

    return create_loader(data_path)
