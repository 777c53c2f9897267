"""Completes the quarantine of a table after a write, or after a process that was killed between the two commits."""

from __future__ import annotations

import logging

from pyiceberg.table import Table

from datalake_sdk.engine.quarantine.log import QuarantineLog
from datalake_sdk.engine.quarantine.publish import apply_pending
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import DatalakeError, UnfinishedQuarantineError
from datalake_sdk.naming import quarantine_table_name
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName

logger = logging.getLogger(__name__)


def quarantine_of(name: TableName) -> TableName:
    """Returns the name of the quarantine of a table."""
    return TableName(name.database, quarantine_table_name(name.table))


def finish_quarantine(platform: Platform, name: TableName) -> Table | None:
    """Applies the changes of the quarantine that commits of a table have promised; usually there are none.

    Returns:
        The table; None if it does not exist.

    Raises:
        UnfinishedQuarantineError: A change could not be applied; it remains pending, and no row is lost.
    """
    table = load_if_exists(platform.catalog, name.identifier(platform.environment))
    pending = () if table is None else QuarantineLog.of(table.properties).pending
    if table is None or not pending:
        return table
    try:
        with platform.service_errors():
            apply_pending(platform.catalog, table, name, platform.table_location(quarantine_of(name)))
    except UnfinishedQuarantineError:
        raise
    except DatalakeError as error:
        raise UnfinishedQuarantineError(str(name), sum(each.rows for each in pending), str(error)) from error
    return table


def try_to_finish_quarantine(platform: Platform, name: TableName) -> Table | None:
    """Like `finish_quarantine`, but logs a failure, for example if the caller may only read.

    Returns:
        The table; None if it does not exist.
    """
    try:
        return finish_quarantine(platform, name)
    except DatalakeError as error:
        logger.warning("%s", error)
        return load_if_exists(platform.catalog, name.identifier(platform.environment))
