"""Errors of AWS services: credentials, permissions, regions, limits, queries."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed
from datalake_sdk.errors.queries import QueryFailedError

_LOG_IN = "Log in again (aws sso login), or renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."


class NoCredentialsError(UsageError):
    """No AWS credentials were found."""

    def __init__(self) -> None:
        super().__init__(
            "no AWS credentials found",
            hint="Log in (aws sso login, aws configure) and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY. --local PATH works without credentials.",
        )


class ExpiredCredentialsError(TerminalError):
    """The AWS credentials or the login have expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the AWS credentials have expired: {reason}", hint=_LOG_IN)


class InvalidCredentialsError(TerminalError):
    """AWS rejects the credentials."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"AWS rejects the credentials ({code}): {reason}", hint=_LOG_IN)


class ThrottledError(TransientError):
    """A service still throttled the call after all retries."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"AWS throttled {operation}: {reason}",
            hint="Retry later or with fewer concurrent calls; AWS_MAX_ATTEMPTS sets the number of attempts.",
        )


class WrongRegionError(UsageError):
    """The bucket or table is in another region."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"{operation} was sent to the wrong region: {reason}",
            hint="Set the region of the environment: --region, AWS_REGION, or `region` in the profile.",
        )


class UnreachableServiceError(TransientError):
    """A service cannot be reached, or the region does not exist."""

    def __init__(self, endpoint: str, reason: str) -> None:
        target = f"'{endpoint}'" if endpoint else "AWS"
        super().__init__(
            f"cannot reach {target}: {reason}",
            hint="Check the network, the proxy, and whether the region (--region, AWS_REGION) has the service.",
        )


class AwsConfigurationError(UsageError):
    """The AWS configuration is invalid."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, hint="Check AWS_PROFILE, ~/.aws/config, the region and AWS_ENDPOINT_URL.")


class NoSuchBucketError(UsageError):
    """A bucket does not exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            f"bucket '{bucket}' does not exist",
            hint="Check project, domain and stage: domain_factory creates the buckets of an environment.",
        )


class AwsRequestError(TerminalError):
    """A service rejected a call for a reason without a more specific class.

    The code and reason are those of the service; its API reference explains them. A limit or quota is raised in Service
    Quotas.
    """

    def __init__(self, operation: str, code: str, reason: str) -> None:
        super().__init__(f"AWS rejected {operation} ({code}): {reason}")
        self.code = code


class AwsServiceError(TransientError):
    """A call failed inside a service."""

    def __init__(self, operation: str, code: str, reason: str) -> None:
        super().__init__(f"{operation} failed inside AWS ({code}): {reason}", hint="Retry in a moment.")
        self.code = code


class NoSuchWorkgroupError(UsageError):
    """An Athena workgroup does not exist."""

    def __init__(self, workgroup: str, region: str) -> None:
        super().__init__(
            f"Athena workgroup '{workgroup}' does not exist in {region}",
            hint="Check project, domain, stage, --region and --consumer-group: domain_factory creates the workgroup.",
        )


class AthenaQueryError(QueryFailedError):
    """Athena rejected a query or failed to run it.

    Args:
        reason: Reason that Athena returned, for example `TYPE_MISMATCH: line 1:8: …`.
        query_id: Id of the query execution.
    """

    def __init__(self, reason: str, query_id: str) -> None:
        super().__init__(reason)
        self.hint = f"{self.hint} See query {query_id} in Athena's query history.".lstrip()
        self.query_id = query_id


class QueryCancelledError(TerminalError):
    """A user, or a limit of the workgroup, cancelled a query.

    Run the query again. If a limit of the workgroup cancelled it, read fewer bytes: select columns, and filter by
    partition.
    """

    def __init__(self, reason: str, query_id: str) -> None:
        super().__init__(f"query {query_id} was cancelled" + (f": {reason}" if reason else ""))


class UnsortableResultError(UsageError):
    """A sorted result has columns that the format of sorted results does not support."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(
            f"ORDER BY is not supported for results with array, map or row columns: {listed(columns)}",
            hint="Remove ORDER BY, or select the columns as json_format(CAST(column AS JSON)).",
        )
