"""Registers existing tables in the catalog, for example after a database was deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from pyiceberg.exceptions import TableAlreadyExistsError
from pyiceberg.table import Table

from datalake_sdk import naming
from datalake_sdk.engine.locations import is_inside, location_key
from datalake_sdk.engine.metadata_files import METADATA_FOLDER, find_current_metadata, read_metadata
from datalake_sdk.errors import (
    DatalakeError,
    ForeignLocationError,
    MissingMetadataError,
    NoMetadataError,
    NoRegistrationError,
    NotIcebergTableError,
    TableExistsError,
    UnknownDatabaseError,
)
from datalake_sdk.operations.tables import commit_time, row_count
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName


@dataclass(frozen=True)
class RegisteredTable:
    """A table that was registered, or would be by a dry run.

    Args:
        table: Name in queries, with the stage's prefix.
        location: Location of the table's files.
        metadata_file: Metadata file that the catalog refers to.
        rows: Number of rows of the current snapshot.
        changed_at: Time of the current snapshot, ISO 8601; None if the table has none.
        error: Why the table cannot be registered; None if it was.
    """

    table: str
    location: str
    metadata_file: str | None = None
    rows: int | None = None
    changed_at: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def register_table(
    platform: Platform,
    name: TableName,
    *,
    location: str | None = None,
    metadata_file: str | None = None,
    dry_run: bool = False,
) -> RegisteredTable:
    """Registers an existing Iceberg table.

    Args:
        platform: Platform whose catalog is changed.
        name: Name of the table.
        location: Location of its files, whose newest metadata file is registered; None is that of a new table.
        metadata_file: Metadata file to register instead.
        dry_run: Whether to make all checks without registering the table.

    Raises:
        NoRegistrationError: The tables are in a table bucket.
        TableExistsError: The catalog has a table of this name.
        NoMetadataError: The location has no metadata file.
        UnreadableMetadataError: The metadata file cannot be read.
        AmbiguousMetadataError: Several metadata files may be the newest.
        MissingSnapshotError: No metadata file has a readable current snapshot.
        ForeignLocationError: The location belongs to another database or table.
        UnknownDatabaseError: The database does not exist.
    """
    _check_capability(platform, str(name))
    with platform.service_errors():
        _check_name(platform, name)
        if metadata_file is not None:
            found = read_metadata(_in_database(platform, name, metadata_file), platform.catalog.properties)
        elif location is not None:
            found = _find(platform, _in_database(platform, name, location))
        else:
            found = _find(platform, platform.table_location(name))
        return _register(platform, name, found, _locations(platform, name.database), dry_run)


def register_tables(
    platform: Platform, database: str | None = None, *, dry_run: bool = False
) -> Iterator[RegisteredTable]:
    """Registers all tables that have files in their default location but no catalog entry.

    Args:
        platform: Platform whose catalog is changed.
        database: Database without the stage's prefix; None is all databases that have files.
        dry_run: Whether to make all checks without registering the tables.

    Yields:
        Outcome for each table; a table that cannot be registered has an error.

    Raises:
        InvalidNameError: The name of the database is invalid.
        UnknownDatabaseError: The database has no files and does not exist.
        DatalakeError: The files or the catalog cannot be listed.
    """
    _check_capability(platform, database or platform.environment.name)
    root = platform.data_location
    for each in _databases(platform, database):
        with platform.service_errors():
            taken = _locations(platform, each)
        for table in platform.list_folders(f"{root}/{each}"):
            is_registered = location_key(f"{root}/{each}/{table}") in taken
            outcome = None if is_registered else _outcome(platform, each, table, taken, dry_run)
            if outcome is not None:
                yield outcome


def _check_capability(platform: Platform, name: str) -> None:
    if platform.capabilities.managed_storage:
        raise NoRegistrationError(name)


def _databases(platform: Platform, database: str | None) -> list[str]:
    """Returns the database, or all databases that have files."""
    if database is None:
        return platform.list_folders(platform.data_location)
    naming.check_identifier("database_name", database)
    found = platform.list_folders(platform.data_location)
    with platform.service_errors():
        exists = (platform.environment.database_prefix + database,) in platform.catalog.list_namespaces()
    if database not in found and not exists:
        raise UnknownDatabaseError(database, get_close_matches(database, found))
    return [database]


def _outcome(
    platform: Platform, database: str, table: str, taken: Mapping[str, str], dry_run: bool
) -> RegisteredTable | None:
    """Registers the table in a folder; returns None if the folder contains no table."""
    location = f"{platform.data_location}/{database}/{table}"
    try:
        with platform.service_errors():
            found = _find(platform, location)
            name = TableName(database, table)
            _check_name(platform, name)
            return _register(platform, name, found, taken, dry_run)
    except NoMetadataError:
        return None
    except DatalakeError as error:
        full_name = f"{platform.environment.database_prefix}{database}.{table}"
        return RegisteredTable(full_name, location, error=str(error))


def _in_database(platform: Platform, name: TableName, location: str) -> str:
    """Returns a location in the database's folder as the platform writes it, for example with `s3:` for `s3a:`."""
    folder = f"{platform.data_location}/{name.database}"
    if not is_inside(location, folder):
        raise ForeignLocationError(_full_name(platform, name), location, f"is not in '{folder}'")
    return folder + location_key(location).removeprefix(location_key(folder))


def _find(platform: Platform, location: str) -> Table:
    files = platform.list_files(f"{location.rstrip('/')}/{METADATA_FOLDER}")
    return find_current_metadata(location, files, platform.catalog.properties)


def _full_name(platform: Platform, name: TableName) -> str:
    return ".".join(name.identifier(platform.environment))


def _check_location(platform: Platform, name: TableName, found: Table, taken: Mapping[str, str]) -> None:
    location, database = found.location(), f"{platform.data_location}/{name.database}"
    reason = ""
    if not is_inside(location, database):
        reason = f"is not in '{database}'"
    elif not is_inside(found.metadata_location, location):
        reason = f"is not that of its metadata file '{found.metadata_location}'"
    else:
        reason = _overlap(location, taken)
    if reason:
        raise ForeignLocationError(_full_name(platform, name), location, reason)


def _overlap(location: str, taken: Mapping[str, str]) -> str:
    """Why a location shares files with those of other tables; empty if it does not."""
    for other, table in taken.items():
        if location_key(location).rstrip("/") == other.rstrip("/"):
            return f"belongs to {table}"
        if is_inside(location, other):
            return f"is in '{other}', which belongs to {table}"
        if is_inside(other, location):
            return f"contains '{other}', which belongs to {table}"
    return ""


def _locations(platform: Platform, database: str) -> dict[str, str]:
    """Maps the locations of a database's tables to their names; skips tables whose metadata is missing."""
    found: dict[str, str] = {}
    namespace = platform.environment.database_prefix + database
    if (namespace,) not in platform.catalog.list_namespaces():
        return found
    for identifier in platform.catalog.list_tables(namespace):
        try:
            found[location_key(platform.catalog.load_table(identifier).location())] = ".".join(identifier)
        except MissingMetadataError:
            continue
    return found


def _register(
    platform: Platform, name: TableName, found: Table, taken: Mapping[str, str], dry_run: bool
) -> RegisteredTable:
    identifier = name.identifier(platform.environment)
    _check_location(platform, name, found, taken)
    if not dry_run:
        try:
            platform.catalog.register_table(identifier, found.metadata_location)
        except TableAlreadyExistsError as error:
            raise TableExistsError(".".join(identifier)) from error
    return _registered(identifier, found)


def _check_name(platform: Platform, name: TableName) -> None:
    identifier = name.identifier(platform.environment)
    try:
        exists = platform.catalog.table_exists(identifier)
    except (MissingMetadataError, NotIcebergTableError):
        exists = True
    if exists:
        raise TableExistsError(".".join(identifier))
    if platform.capabilities.remote and identifier[:1] not in platform.catalog.list_namespaces():
        raise UnknownDatabaseError(name.database, [])


def _registered(identifier: tuple[str, str], found: Table) -> RegisteredTable:
    snapshot = found.current_snapshot()
    return RegisteredTable(
        table=".".join(identifier),
        location=found.location(),
        metadata_file=found.metadata_location,
        rows=row_count(found),
        changed_at=commit_time(snapshot) if snapshot else None,
    )
