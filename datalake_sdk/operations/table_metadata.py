"""Existence, descriptions and properties of a table."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from datalake_sdk.engine.descriptions import store_descriptions
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import TableConfiguration

logger = logging.getLogger(__name__)


def table_exists(platform: Platform, table: TableName) -> bool:
    """Whether a table exists."""
    with platform.service_errors():
        return bool(platform.catalog.table_exists(table.identifier(platform.environment)))


def update_table_metadata(
    platform: Platform, table: TableName, configuration: TableConfiguration, properties: Mapping[str, str]
) -> bool:
    """Stores descriptions and properties of a table without writing rows.

    Args:
        platform: Platform that holds the table.
        table: Table; ignored if it does not exist.
        configuration: Descriptions of the table and its columns.
        properties: Table properties to set.

    Returns:
        Whether the table was changed.
    """
    with platform.service_errors():
        changed = store_descriptions(
            platform.catalog, table.identifier(platform.environment), configuration, properties
        )
    if changed:
        logger.info("%s: descriptions updated", table)
    return changed
