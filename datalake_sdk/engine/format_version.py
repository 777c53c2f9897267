"""Format versions of Iceberg: https://iceberg.apache.org/spec/#format-versioning."""

from __future__ import annotations

from pyiceberg.table import Table

from datalake_sdk.errors import UnsupportedFormatVersionError

NEWEST_WRITTEN = 2
"""Later versions have default values, deletion vectors, row ids and more types."""


def check_writable(table: Table) -> None:
    """Checks that the engine can write snapshots of a table.

    Raises:
        UnsupportedFormatVersionError: Its format version is too new.
    """
    if table.format_version > NEWEST_WRITTEN:
        raise UnsupportedFormatVersionError(".".join(table.name()), table.format_version, NEWEST_WRITTEN)
