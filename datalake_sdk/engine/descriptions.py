"""Updates the descriptions of a table and its columns without writing rows."""

from __future__ import annotations

from collections.abc import Mapping

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.update import AssertTableUUID
from pyiceberg.typedef import Identifier

from datalake_sdk.engine.iceberg_internals import CachedTransaction, staged_requirements, staged_updates
from datalake_sdk.engine.old_metadata import remove_old_metadata
from datalake_sdk.engine.schema import warn_of_unknown_columns, with_description
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.errors import CommitConflictError
from datalake_sdk.naming import DESCRIPTION_PROPERTY
from datalake_sdk.table_contract import TableConfiguration

_MAX_ATTEMPTS = 10


def store_descriptions(
    catalog: Catalog, identifier: Identifier, configuration: TableConfiguration, properties: Mapping[str, str]
) -> bool:
    """Stores the descriptions of a configuration in a table's metadata.

    Args:
        catalog: The environment's catalog.
        identifier: Database and table as in the catalog.
        configuration: Descriptions; a column without one keeps its current description.
        properties: Table properties to set in the same commit.

    Returns:
        Whether the table was changed; False if it does not exist.

    Raises:
        CommitConflictError: Every attempt conflicted with another writer.
        StorageError: The metadata file could not be written; the table is unchanged.
    """
    for _ in range(_MAX_ATTEMPTS):
        table = load_if_exists(catalog, identifier)
        if table is None:
            return False
        transaction = _described(table, configuration, properties)
        updates = staged_updates(transaction)
        if not updates:
            return False
        same_table = AssertTableUUID(uuid=table.metadata.table_uuid)
        try:
            with storage_errors(".".join(identifier)):
                response = catalog.commit_table(table, (*staged_requirements(transaction), same_table), updates)
        except CommitFailedException:
            continue
        remove_old_metadata(table, response.metadata)
        return True
    raise CommitConflictError(".".join(identifier), _MAX_ATTEMPTS)


def _described(table: Table, configuration: TableConfiguration, properties: Mapping[str, str]) -> CachedTransaction:
    transaction = CachedTransaction(table)
    fields = table.schema().fields
    warn_of_unknown_columns(".".join(table.name()), [field.name for field in fields], configuration)
    changed = [field for field in (with_description(field, configuration) for field in fields) if field not in fields]
    if changed:
        with transaction.update_schema() as update:
            for field in changed:
                update.update_column((field.name,), doc=field.doc)
    wanted = dict(properties)
    if configuration.description:
        wanted[DESCRIPTION_PROPERTY] = configuration.description
    new = {name: value for name, value in wanted.items() if table.properties.get(name) != value}
    if new:
        transaction.set_properties(new)
    return transaction
