"""Entries of tables in Glue, which a caller without access to the files of a table can read."""

from __future__ import annotations

from typing import Any

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.base import CatalogEntry


def catalog_entry(glue: Any, database: str, table: str) -> CatalogEntry | None:
    """Reads the entry of a table; None if it does not exist.

    Args:
        glue: Client of Glue.
        database: Database with the stage prefix.
        table: Table.
    """
    with aws_errors():
        try:
            found = glue.get_table(DatabaseName=database, Name=table)["Table"]
        except glue.exceptions.EntityNotFoundException:
            return None
    columns = found.get("StorageDescriptor", {}).get("Columns", ())
    # pyiceberg also lists the columns of earlier schemas.
    # https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/catalog/glue.py
    current = [column for column in columns if column.get("Parameters", {}).get("iceberg.field.current") != "false"]
    return CatalogEntry({column["Name"]: column.get("Type", "") for column in current}, found.get("Parameters", {}))
