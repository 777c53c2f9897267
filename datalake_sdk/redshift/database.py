"""Settings of a database in Redshift."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from datalake_sdk import naming
from datalake_sdk.errors import RedshiftSettingsError

_WORKGROUP = re.compile(r"[a-z0-9-]{3,63}|arn:aws[\w-]*:redshift-serverless:[\w-]+:\d{12}:workgroup/\S+")
_CLUSTER = re.compile(r"[a-z](-?[a-z0-9]+)*")
"""https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html"""
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/\S+")
_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:\S+")


@dataclass(frozen=True)
class RedshiftDatabase:
    """A database of a serverless workgroup or of a provisioned cluster, and how to sign in.

    Without `secret_arn` and `db_user`, the caller's IAM identity is the database user.

    Args:
        database: Name of the database.
        workgroup: Name or ARN of a serverless workgroup.
        cluster: Identifier of a provisioned cluster.
        db_user: Database user of a cluster, with temporary credentials.
        secret_arn: Secret with the user name and password.
        copy_role_arn: Role with which COPY reads staged files; None is the default role of the workgroup or cluster.

    Raises:
        RedshiftSettingsError: A setting is missing or invalid.
    """

    database: str
    workgroup: str | None = None
    cluster: str | None = None
    db_user: str | None = None
    secret_arn: str | None = None
    copy_role_arn: str | None = None

    def __post_init__(self) -> None:
        if not self.database:
            raise RedshiftSettingsError("database", None, "the name of a database, such as 'dev'")
        if (self.workgroup is None) == (self.cluster is None):
            both = None if self.workgroup is None else f"{self.workgroup} and {self.cluster}"
            raise RedshiftSettingsError("workgroup or cluster", both, "one of them")
        _check(
            "workgroup", self.workgroup, _WORKGROUP, "a name of 3 to 63 lower-case letters, digits and '-', or an ARN"
        )
        _check("cluster", self.cluster, _CLUSTER, "the identifier of a cluster, such as 'analytics-1'")
        _check("secret_arn", self.secret_arn, _SECRET, "the ARN of a secret in Secrets Manager")
        _check("copy_role_arn", self.copy_role_arn, _ROLE, "the ARN of an IAM role")
        if self.db_user is not None and (self.cluster is None or self.secret_arn is not None):
            raise RedshiftSettingsError("db_user", self.db_user, "unset with a workgroup or a secret_arn")

    @property
    def name(self) -> str:
        """Name of the workgroup or cluster."""
        return str(self.workgroup or self.cluster)

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | None]) -> RedshiftDatabase:
        """Reads the settings of a task.

        Raises:
            UnknownFieldsError: A setting is unknown.
            RedshiftSettingsError: A setting is missing or invalid.
        """
        naming.check_fields("redshift", settings, [field.name for field in fields(cls)])
        return cls(**{"database": "", **settings})  # type: ignore[arg-type]


def _check(setting: str, value: str | None, pattern: re.Pattern[str], rule: str) -> None:
    if value is not None and not pattern.fullmatch(value):
        raise RedshiftSettingsError(setting, value, rule)
