"""Finds tables by name, and suggests similar names for unknown ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from datalake_sdk.engine.types import format_type
from datalake_sdk.errors import DatalakeError, EmptyLakeError, UnknownDatabaseError, UnknownTableError
from datalake_sdk.platforms.base import CatalogEntry, Platform
from datalake_sdk.settings import TableName


class LoadsDatabases(ABC):
    """Mixin for a catalog that loads many tables faster than one after the other."""

    @abstractmethod
    def load_databases(self, databases: Sequence[str]) -> list[Table]:
        """Loads all tables that `list_tables` returns for some databases.

        Args:
            databases: Names in the catalog.
        """


class SeparatesStages(ABC):
    """Mixin for a catalog that knows the stage of each database, also if the stage has no prefix."""

    @abstractmethod
    def databases_of_stage(self, prefix: str) -> list[str]:
        """Returns the databases of a stage, including empty ones.

        Args:
            prefix: Prefix of the stage; empty in production.

        Returns:
            Names in the catalog.
        """


def load_table(platform: Platform, name: TableName) -> Table:
    """Loads a table named without the stage's prefix.

    Raises:
        UnknownTableError: The table does not exist.
        EmptyLakeError: The environment has no tables.
    """
    try:
        return platform.catalog.load_table(name.identifier(platform.environment))
    except NoSuchTableError as error:
        prefix = platform.environment.database_prefix
        databases = [prefix + database for database in _databases(platform, prefix)]
        raise _unknown_table(platform, str(name), databases, prefix) from error


def load_prefixed_table(platform: Platform, database: str, table: str) -> Table:
    """Loads a table of any stage, named with the stage's prefix.

    Raises:
        UnknownTableError: The table does not exist.
        EmptyLakeError: The environment has no tables.
    """
    try:
        return platform.catalog.load_table((database, table))
    except NoSuchTableError as error:
        raise _unknown_table(platform, f"{database}.{table}", _all_databases(platform)) from error


def loaded_entry(catalog: Catalog, database: str, table: str) -> CatalogEntry | None:
    """Reads columns and properties of a table from its metadata; None if it does not exist."""
    try:
        loaded = catalog.load_table((database, table))
    except NoSuchTableError:
        return None
    columns = {field.name: format_type(field.field_type) for field in loaded.schema().fields}
    return CatalogEntry(columns, loaded.properties)


def tables_of_stage(platform: Platform, database: str | None = None) -> list[Table]:
    """Loads the tables of the environment, sorted by name.

    Args:
        platform: Platform that holds the tables.
        database: Database to load, without the stage's prefix; None loads all.

    Raises:
        UnknownDatabaseError: The database does not exist.
        EmptyLakeError: The environment has no databases.
    """
    prefix = platform.environment.database_prefix
    wanted = _databases(platform, prefix) if database is None else [_existing(platform, database)]
    databases, catalog = [prefix + found for found in wanted], platform.catalog
    if isinstance(catalog, LoadsDatabases):
        return sorted(catalog.load_databases(databases), key=Table.name)
    return list(_loaded(catalog, _names(platform, databases)))


def _loaded(catalog: Catalog, names: Iterable[tuple[str, str]]) -> Iterator[Table]:
    """Loads tables, without those that were deleted since they were listed."""
    for name in names:
        with suppress(NoSuchTableError):
            yield catalog.load_table(name)


def names_of_stage(platform: Platform) -> list[tuple[str, str]]:
    """Returns the databases, with the stage's prefix, and names of the environment's tables, sorted; loads no table."""
    prefix = platform.environment.database_prefix
    return _names(platform, [prefix + database for database in _databases(platform, prefix)])


def names_of_lake(platform: Platform) -> list[TableName]:
    """Returns the tables of the stage's databases whose location is in the lake, sorted; loads no table.

    Databases of other domains may have the same prefix. A database without a location is in the lake.
    """
    prefix, folder = platform.environment.database_prefix, platform.data_location.rstrip("/") + "/"
    own = []
    for name in _databases(platform, prefix):
        location = platform.catalog.load_namespace_properties(prefix + name).get("location", "")
        if not location or f"{location}/".startswith(folder):
            own.append(prefix + name)
    return [TableName(database.removeprefix(prefix), table) for database, table in _names(platform, own)]


def table_names(platform: Platform, database: str) -> list[str]:
    """Returns the names of the tables of a database, sorted.

    Args:
        platform: Platform that holds the tables.
        database: Database, without the stage's prefix.

    Raises:
        UnknownDatabaseError: The database does not exist.
        EmptyLakeError: The environment has no databases.
    """
    prefixed = platform.environment.database_prefix + _existing(platform, database)
    return [name for _, name in _names(platform, [prefixed])]


def _existing(platform: Platform, database: str) -> str:
    databases = _databases(platform, platform.environment.database_prefix)
    if not databases:
        raise _empty(platform)
    if database not in databases:
        raise UnknownDatabaseError(database, get_close_matches(database, databases))
    return database


def _databases(platform: Platform, prefix: str) -> list[str]:
    """The stage's databases without its prefix, including empty ones."""
    catalog = platform.catalog
    names = catalog.databases_of_stage(prefix) if isinstance(catalog, SeparatesStages) else _all_databases(platform)
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _all_databases(platform: Platform) -> list[str]:
    return [".".join(namespace) for namespace in platform.catalog.list_namespaces()]


def _names(platform: Platform, databases: Sequence[str]) -> list[tuple[str, str]]:
    return sorted((database, name[-1]) for database in databases for name in platform.catalog.list_tables(database))


def _unknown_table(platform: Platform, name: str, databases: Sequence[str], prefix: str = "") -> DatalakeError:
    known = [".".join(found).removeprefix(prefix) for found in _names(platform, databases)]
    return UnknownTableError(name, get_close_matches(name, known)) if known else _empty(platform)


def _empty(platform: Platform) -> EmptyLakeError:
    environment = platform.environment
    return EmptyLakeError(environment.name, environment.stage_name, environment.local_root)
