"""Hides partition values of classified columns in the layout of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from datalake_sdk.engine.partitions import PartitionKey
from datalake_sdk.operations.classified_columns import classified_columns
from datalake_sdk.operations.table_layout import TableLayout
from datalake_sdk.platforms.base import Platform
from datalake_sdk.redaction import MASK


def without_classified_partitions(platform: Platform, layout: TableLayout) -> dict[str, Any]:
    """Returns the fields of a layout; partitions by a classified column have no values."""
    database, table = layout.table.rsplit(".", 1)
    hidden = classified_columns(platform, database, table)
    if any(PartitionKey.parse(key).column in hidden for key in layout.partition_keys):
        partitions = tuple(replace(partition, partition=MASK) for partition in layout.largest_partitions)
        layout = replace(layout, largest_partitions=partitions)
    return layout.as_dict()
