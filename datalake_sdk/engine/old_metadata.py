"""Removes metadata files that a commit has superseded."""

from __future__ import annotations

import logging

from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.engine.storage import remove_files
from datalake_sdk.engine.table_properties import REMOVE_OLD_METADATA
from datalake_sdk.errors import DatalakeError

logger = logging.getLogger(__name__)


def remove_old_metadata(base: Table, committed: TableMetadata) -> None:
    """Deletes metadata files that a commit dropped from the metadata log, if the table's properties enable it.

    A concurrent commit may have deleted some of them already. A file that cannot be deleted is left to maintenance.

    Args:
        base: The table before the commit.
        committed: Its metadata after the commit.
    """
    table = ".".join(base.name())
    try:
        if REMOVE_OLD_METADATA.read(table, committed.properties):
            remove_files(base.io, _dropped(base.metadata, committed))
    except (DatalakeError, OSError) as error:
        logger.info("%s: old metadata could not be removed: %s", table, error)


def _dropped(base: TableMetadata, committed: TableMetadata) -> list[str]:
    kept = {entry.metadata_file for entry in committed.metadata_log}
    return [entry.metadata_file for entry in base.metadata_log if entry.metadata_file not in kept]
