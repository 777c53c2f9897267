"""Hides the values of classified columns in the messages of errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.catalog import Catalog

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.write_transaction import Target, load_if_exists
from datalake_sdk.errors import DatalakeError, ValuesError
from datalake_sdk.naming import normalized_column_name


@contextmanager
def classified_values_hidden(catalog: Catalog, target: Target) -> Iterator[None]:
    """Hides the values of columns that the contract of the request, or of the table, classifies.

    Args:
        catalog: Catalog of the table.
        target: Table, and the request.
    """
    try:
        yield
    except ValuesError as error:
        classified = _classified_columns(catalog, target)
        shown = {normalized_column_name(column.split(".")[0]) for column in error.columns}
        if classified is None or (classified and (not shown or shown & classified)):
            error.hide_values()
        raise


def _classified_columns(catalog: Catalog, target: Target) -> frozenset[str] | None:
    """Classified columns; None if the contract cannot be read."""
    configuration = target.request.configuration
    if configuration.is_contract:
        return configuration.classified_columns
    try:
        table = load_if_exists(catalog, target.identifier)
        stored = stored_contract(target.name, table.properties) if table else None
    except DatalakeError:
        return None
    return stored.classified_columns if stored else frozenset()
