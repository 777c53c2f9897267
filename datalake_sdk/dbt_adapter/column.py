"""Columns, with Athena's names of types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dbt.adapters.base import Column


@dataclass
class DatalakeColumn(Column):
    """A column of a table or query; its type is complete, for example `decimal(10,2)`."""

    # https://docs.aws.amazon.com/athena/latest/ug/data-types.html
    TYPE_LABELS: ClassVar[dict[str, str]] = {"STRING": "varchar", "TEXT": "varchar", "FLOAT": "double"}

    @property
    def data_type(self) -> str:
        return str(self.dtype)

    def is_string(self) -> bool:
        return str(self.dtype).lower() in ("varchar", "char", "string")

    def string_size(self) -> int:
        raise NotImplementedError("strings of the lake have no maximum length")
