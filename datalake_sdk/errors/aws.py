"""What AWS refuses, and why: credentials, permissions, places, limits, queries."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed
from datalake_sdk.errors.lake import QueryFailedError

_LOG_IN = "Log in again (aws sso login), or renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."


class NoCredentialsError(UsageError):
    """No credentials, neither in the environment nor in a profile."""

    def __init__(self) -> None:
        super().__init__(
            "there are no AWS credentials",
            hint="Log in (aws sso login, aws configure) and set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY; --local PATH needs none.",
        )


class ExpiredCredentialsError(TerminalError):
    """Credentials or a login that are no longer valid."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the AWS credentials have expired: {reason}", hint=_LOG_IN)


class InvalidCredentialsError(TerminalError):
    """Credentials that AWS does not know."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"AWS does not accept the credentials ({code}): {reason}", hint=_LOG_IN)


class AccessDeniedError(TerminalError):
    """An action that the caller may not perform.

    Args:
        action: As policies name it, for example `s3:GetObject`; where AWS does not say it, the operation's name.
        resource: ARN, or the name of a table in Lake Formation; empty where nobody knows it.
        reason: What AWS adds; may be empty.
        caller: ARN of the user or of the role's session; empty where nobody knows it.
    """

    def __init__(self, action: str, resource: str, reason: str, caller: str = "") -> None:
        place = f" on '{resource}'" if resource else ""
        who = f" for {_principal(caller)}" if caller else ""
        super().__init__(
            f"access denied: {action}{place}{who}" + (f": {reason}" if reason else ""),
            hint=_permission_hint(action, resource, reason),
        )
        self.action = action
        self.resource = resource
        self.caller = caller


def _principal(arn: str) -> str:
    """`role 'load' (arn:aws:sts::123456789012:assumed-role/load/session)`."""
    kind, _, name = arn.split(":")[-1].partition("/")
    kind = {"assumed-role": "role", "root": "the root user"}.get(kind, kind)
    return f"{kind} '{name.split('/')[0] if kind == 'role' else name}' ({arn})" if name else f"{kind} ({arn})"


def _permission_hint(action: str, resource: str, reason: str) -> str:
    if "explicit deny" in reason:
        return "A policy denies it, which no permission outweighs: ask the owner of that policy."
    if action.startswith("Lake Formation"):
        return (
            "For a task, name the table in its input_tables or output_tables: pipeline_factory grants these; "
            "for anybody else, ask the domain's owner."
        )
    wanted = f'{{ actions = ["{action}"], resources = ["{resource or "*"}"] }}'
    return (
        f"For a task, add to its tasks_configuration in Terraform: additional_permissions = {{ extra = {wanted} }}; "
        "for anybody else, ask the domain's owner to allow it."
    )


class ThrottledError(TransientError):
    """A service that refuses calls for coming too fast, after all tries."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"AWS limits how often {operation} may be called: {reason}",
            hint="Try again in a moment, with fewer calls at once; AWS_MAX_ATTEMPTS gives a call more tries.",
        )


class WrongRegionError(UsageError):
    """A bucket or table that is in another region."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"{operation} went to the wrong region: {reason}",
            hint="Give the environment's region: --region, AWS_REGION, or `region` in the profile.",
        )


class UnreachableServiceError(TransientError):
    """A service that cannot be reached, or a region that does not exist."""

    def __init__(self, endpoint: str, reason: str) -> None:
        place = f"'{endpoint}'" if endpoint else "AWS"
        super().__init__(
            f"cannot reach {place}: {reason}",
            hint="Check the network, the proxy, and that the region exists (--region, AWS_REGION) "
            "and offers this service.",
        )


class AwsConfigurationError(UsageError):
    """A configuration that no call can be made with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, hint="Check AWS_PROFILE, ~/.aws/config, the region and AWS_ENDPOINT_URL.")


class NoSuchBucketError(UsageError):
    """A bucket that does not exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            f"there is no bucket '{bucket}'",
            hint="Check project, domain and stage: the environment's buckets are made by domain_factory.",
        )


class AwsRequestError(TerminalError):
    """A call that a service refuses for a reason that has no class of its own."""

    def __init__(self, operation: str, code: str, reason: str) -> None:
        super().__init__(f"AWS refused {operation} ({code}): {reason}")
        self.code = code


class AwsServiceError(TransientError):
    """A call that failed within a service."""

    def __init__(self, operation: str, code: str, reason: str) -> None:
        super().__init__(f"AWS failed at {operation} ({code}): {reason}", hint="Try again in a moment.")
        self.code = code


class NoSuchWorkgroupError(UsageError):
    """An Athena workgroup that does not exist."""

    def __init__(self, workgroup: str, region: str) -> None:
        super().__init__(
            f"there is no Athena workgroup '{workgroup}' in {region}",
            hint="Check project, domain, stage and --region: the workgroup is made by domain_factory.",
        )


class AthenaQueryError(QueryFailedError):
    """A query that Athena refuses or that fails, with Athena's reason.

    Args:
        reason: As Athena words it, for example `TYPE_MISMATCH: line 1:8: …`.
        query_id: Id of the execution.
    """

    def __init__(self, reason: str, query_id: str) -> None:
        super().__init__(reason)
        self.hint = f"Athena's history shows it as query {query_id}."
        self.query_id = query_id


class QueryCancelledError(TerminalError):
    """A query that someone, or a limit of the workgroup, stopped."""

    def __init__(self, reason: str, query_id: str) -> None:
        super().__init__(f"query {query_id} was cancelled" + (f": {reason}" if reason else ""))


class UnsortableResultError(UsageError):
    """A sorted result with columns that Athena's sorted format cannot hold."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(
            f"ORDER BY with array, map or row columns: {listed(columns)}",
            hint="Leave out ORDER BY, or select them as json_format(CAST(column AS JSON)).",
        )
