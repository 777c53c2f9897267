"""Tables of the lake in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dbt.adapters.base import BaseRelation
from dbt_common.exceptions import DbtRuntimeError

from datalake_sdk.dbt_adapter.credentials import CATALOG
from datalake_sdk.errors import ForeignCatalogError
from datalake_sdk.settings import TableName


@dataclass(frozen=True, eq=False, repr=False)
class DatalakeRelation(BaseRelation):
    """A table; its schema has no stage prefix, which is added in SQL."""

    require_alias: bool = False  # Athena does not require an alias after a subquery.
    prefix: ClassVar[str] = ""
    """Prefix of the stage of the profile: a process has one profile, and dbt renders relations without it."""

    def render(self) -> str:
        if self.schema is None:  # an ephemeral model
            return str(super().render())
        if self.database not in (None, CATALOG):
            raise DbtRuntimeError(str(ForeignCatalogError(self.database, f"{self.schema}.{self.identifier}")))
        names = [f"{self.prefix}{self.schema}", self.identifier]
        return ".".join(f'"{name}"' for name in names if name is not None)

    @property
    def table_name(self) -> TableName:
        """Name of the table, without the prefix of the stage."""
        return TableName(self.schema, self.identifier)

    def _render_event_time_filtered(self, event_time_filter: Any) -> str:
        # Athena compares timestamps only with timestamps, not with strings.
        # https://docs.aws.amazon.com/athena/latest/ug/data-types-timestamps-comparing.html
        bounds = ((">=", event_time_filter.start), ("<", event_time_filter.end))
        column = event_time_filter.field_name
        return " and ".join(f"{column} {sign} timestamp '{at:%Y-%m-%d %H:%M:%S}'" for sign, at in bounds if at)
