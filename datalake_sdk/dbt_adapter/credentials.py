"""The fields of a profile of type `datalake`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import Any

from dbt.adapters.contracts.connection import Credentials
from dbt_common.exceptions import DbtRuntimeError

from datalake_sdk.errors import DatalakeError, MissingSettingError, ProfileFieldsError, ProfileSettingsError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment

CATALOG = "lake"
"""The single database of a lake, in dbt's sense: its schemas are the databases of the lake."""


def _variable(name: str) -> Any:
    return field(default_factory=lambda: os.environ.get(name) or None)


@dataclass
class DatalakeCredentials(Credentials):
    """Identifies an environment; each field except `schema` defaults to the variable that containers of tasks have.

    Args:
        schema: Database of models without `schema`, without the prefix of the stage.
        database: Always `lake`.
        project_name: Project; `PROJECT_NAME` by default.
        domain_name: Business domain; `DOMAIN_NAME` by default.
        stage_name: Stage; `STAGE_NAME` by default.
        region: AWS region; `AWS_REGION` by default.
        local_root: Folder of an embedded lake; `DATALAKE_LOCAL_ROOT` by default.
        table_storage: `s3` or `s3_tables`; `TABLE_STORAGE` by default.
    """

    database: str = CATALOG
    schema: str = ""
    project_name: str | None = _variable("PROJECT_NAME")
    domain_name: str | None = _variable("DOMAIN_NAME")
    stage_name: str | None = _variable("STAGE_NAME")
    region: str | None = _variable("AWS_REGION")
    local_root: str | None = _variable("DATALAKE_LOCAL_ROOT")
    table_storage: str | None = _variable("TABLE_STORAGE")

    @property
    def type(self) -> str:
        return "datalake"

    @property
    def unique_field(self) -> str:
        return str(self.local_root or f"{self.project_name}_{self.domain_name}")

    def _connection_keys(self) -> tuple[str, ...]:
        return tuple(each.name for each in fields(type(self)) if not each.name.startswith("_"))

    @classmethod
    def validate(cls, data: Any) -> None:
        """Checks the fields of the profile.

        Raises:
            DbtRuntimeError: Fields are unknown or missing.
        """
        valid = [each.name for each in fields(cls) if not each.name.startswith("_")]
        unknown = sorted(set(data) - {*valid, "threads"})
        if unknown:
            raise DbtRuntimeError(str(ProfileFieldsError(unknown, valid)))
        if not data.get("schema"):
            raise DbtRuntimeError(str(ProfileSettingsError(["schema"])))
        super().validate(data)

    def platform(self) -> Platform:
        """Opens the lake.

        Raises:
            DbtRuntimeError: The profile does not identify a lake.
        """
        names = (self.project_name, self.domain_name, self.stage_name)
        try:
            return open_platform(
                resolve_environment(*names, self.region, self.local_root, table_storage=self.table_storage)
            )
        except MissingSettingError as error:
            missing = [name for name in ("project_name", "domain_name", "stage_name") if not getattr(self, name)]
            raise DbtRuntimeError(str(ProfileSettingsError(missing))) from error
        except DatalakeError as error:
            raise DbtRuntimeError(str(error)) from error
