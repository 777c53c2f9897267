"""The lake that a command works on, as the group's options name it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import Platform


@dataclass(frozen=True)
class Lake:
    """The group's options; None where neither option nor environment variable was given."""

    project_name: str | None
    domain_name: str | None
    stage_name: str | None
    region: str | None
    local_root: Path | None

    @property
    def stage(self) -> str:
        """Name of the stage."""
        from datalake_sdk.platforms.select import LOCAL_NAMES

        return self.stage_name or LOCAL_NAMES["stage_name"]

    def open_stage(self, stage_name: str) -> Platform:
        """Opens another stage of the same domain.

        Raises:
            MissingSettingError: A name is missing and the lake is not local.
            InvalidNameError: A name that a service would refuse.
        """
        return replace(self, stage_name=stage_name).open()

    def open(self) -> Platform:
        """Opens the lake; only now are the heavy libraries imported.

        Raises:
            MissingSettingError: A name is missing and the lake is not local.
            InvalidNameError: A name that a service would refuse.
        """
        from datalake_sdk.platforms.select import open_platform, resolve_environment

        return open_platform(
            resolve_environment(self.project_name, self.domain_name, self.stage_name, self.region, self.local_root)
        )
