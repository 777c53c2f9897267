"""The lake that a command works on, selected by the options of the group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from datalake_sdk.cli.imports import uncollected_imports
from datalake_sdk.errors import LocalRunError
from datalake_sdk.naming import check_identifier, normalized_stage_name

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import Platform
    from datalake_sdk.settings import Environment


@dataclass(frozen=True)
class Lake:
    """Options of the group; None if neither the option nor its environment variable is set."""

    project_name: str | None
    domain_name: str | None
    stage_name: str | None
    region: str | None
    local_root: Path | None
    consumer_group: str | None
    table_storage: str | None

    @property
    def is_selected(self) -> bool:
        """Whether an option or a variable selects an environment."""
        return bool(self.local_root or self.project_name or self.domain_name or self.stage_name)

    @property
    def stage(self) -> str:
        """Name of the stage."""
        from datalake_sdk.platforms.select import LOCAL_NAMES

        return self.stage_name or LOCAL_NAMES["stage_name"]

    def open_stage(self, stage_name: str) -> Platform:
        """Opens another stage of the same domain.

        Raises:
            MissingSettingError: A name is missing and the lake is not local.
            InvalidNameError: A name is invalid for a service.
        """
        return self._at(stage_name).open()

    def open_on_aws(self, stage_name: str) -> Platform:
        """Opens a stage of the same domain on AWS.

        Raises:
            MissingSettingError: The name of the project or of the domain is missing.
            InvalidNameError: A name is invalid for a service.
        """
        return replace(self._at(stage_name), local_root=None).open()

    def open(self) -> Platform:
        """Opens the lake; heavy libraries are imported only now.

        Raises:
            MissingSettingError: A name is missing and the lake is not local.
            InvalidNameError: A name is invalid for a service.
        """
        from datalake_sdk.platforms.select import open_platform

        with uncollected_imports():
            return open_platform(self.environment())

    def local_environment(self, command: str) -> Environment:
        """Names of the environment of an embedded lake.

        Args:
            command: Name of the command that runs a pipeline file.

        Raises:
            LocalRunError: No embedded lake is selected.
            InvalidNameError: A name is invalid for a service.
        """
        if self.local_root is None:
            raise LocalRunError(command)
        return self.environment()

    def environment(self) -> Environment:
        """Names of the environment, without opening it.

        Raises:
            MissingSettingError: A name is missing and the lake is not local.
            InvalidNameError: A name is invalid for a service.
        """
        from datalake_sdk.platforms.select import resolve_environment

        return resolve_environment(
            self.project_name,
            self.domain_name,
            self.stage_name,
            self.region,
            self.local_root,
            self.consumer_group,
            self.table_storage,
        )

    def _at(self, stage_name: str) -> Lake:
        """Unlike the option of the group, an empty name does not select the default."""
        return replace(self, stage_name=check_identifier("stage_name", normalized_stage_name(stage_name)))
