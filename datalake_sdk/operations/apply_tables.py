"""Creates and evolves tables from their files `db.table.yaml`, before any task writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from datalake_sdk.engine.classified_values import classified_values_hidden
from datalake_sdk.engine.table_definitions import DefinitionPlan, apply_definition, plan_definition
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.errors import DatalakeError, TableDefinitionsError, UnknownDatabaseError
from datalake_sdk.operations.tables_configuration import load_table_configuration
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import IngestionRequest, TableName
from datalake_sdk.table_contract import TableConfiguration

_SUFFIX = ".yaml"


@dataclass(frozen=True)
class TableChanges:
    """Changes of one table, planned or applied.

    Args:
        table: Name in queries, with the stage's prefix.
        creates_table: Whether the table does not exist yet.
        changes: Descriptions of the changes; empty if the table matches its file.
        untyped: Columns in the file without a type, which the first write creates.
    """

    table: str
    creates_table: bool
    changes: tuple[str, ...]
    untyped: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


@dataclass(frozen=True)
class TablesPlan:
    """Checked definitions of tables, and the changes that applying them makes."""

    definitions: Mapping[TableName, TableConfiguration]
    tables: tuple[TableChanges, ...]

    @property
    def is_empty(self) -> bool:
        """Whether all tables match their files."""
        return not any(table.changes for table in self.tables)


def plan_tables(platform: Platform, folders: Sequence[Path]) -> TablesPlan:
    """Compares tables with their files; changes nothing.

    Args:
        platform: Platform that holds the tables.
        folders: Folders of files `db.table.yaml`.

    Raises:
        TableDefinitionsError: A file is invalid, or Iceberg does not allow a change; all problems are listed.
    """
    problems: list[str] = []
    definitions = _definitions(folders, problems)
    tables: list[TableChanges] = []
    with platform.service_errors():
        databases = _missing_databases(platform, definitions)
        for name, configuration in definitions.items():
            try:
                _check_database(platform, name, databases)
                target = _target(platform, name, configuration)
                with classified_values_hidden(platform.catalog, target):
                    tables.append(_changes(target, plan_definition(platform.catalog, target)))
            except DatalakeError as error:
                problems.append(_problem(name, error))
    if problems:
        raise TableDefinitionsError(problems)
    return TablesPlan(definitions, tuple(tables))


def apply_tables(platform: Platform, plan: TablesPlan) -> Iterator[TableChanges]:
    """Applies a plan, one commit for each table that changes.

    Args:
        platform: Platform that holds the tables.
        plan: Plan; a table that has changed since is planned again.

    Yields:
        The applied changes of each table with changes, after its commit.

    Raises:
        DatalakeError: A commit failed; the tables before it have been changed.
    """
    changed = {table.table for table in plan.tables if table.changes}
    for name, configuration in plan.definitions.items():
        target = _target(platform, name, configuration)
        if target.name in changed:
            with platform.service_errors():
                applied = apply_definition(platform.catalog, target)
            yield _changes(target, applied)


def _definitions(folders: Sequence[Path], problems: list[str]) -> dict[TableName, TableConfiguration]:
    found: dict[TableName, tuple[Path, TableConfiguration]] = {}
    for path in _files(folders, problems):
        try:
            name = TableName.parse(path.name.removesuffix(_SUFFIX))
            configuration = load_table_configuration(name, path.parent)
        except DatalakeError as error:
            problems.append(_problem(path, error))
            continue
        other, given = found.setdefault(name, (path, configuration))
        if given != configuration:
            problems.append(f"{path}: '{other}' defines {name} differently")
    return {name: configuration for name, (_, configuration) in sorted(found.items(), key=lambda each: str(each[0]))}


def _problem(subject: object, error: DatalakeError) -> str:
    """The message of an error, which names its table or file, and its hint."""
    message = error.message if str(subject) in error.message else f"{subject}: {error.message}"
    return f"{message}\n  {error.hint}" if error.hint else message


def _files(folders: Sequence[Path], problems: list[str]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{folder}: folder not found")
            continue
        files = sorted(file for file in folder.iterdir() if file.name[0] != ".")
        if not files:
            problems.append(f"{folder}: the folder has no files")
        for file in files:
            if file.suffix == _SUFFIX and file.is_file():
                yield file
            else:
                problems.append(f"{file}: not a table file; its name must be database.table{_SUFFIX}")


def _missing_databases(platform: Platform, definitions: Mapping[TableName, TableConfiguration]) -> set[str]:
    if not platform.capabilities.remote:
        return set()
    wanted = {name.identifier(platform.environment)[0] for name in definitions}
    return {database for database in wanted if not platform.catalog.namespace_exists(database)}


def _check_database(platform: Platform, name: TableName, missing: set[str]) -> None:
    if name.identifier(platform.environment)[0] in missing:
        databases = [".".join(each) for each in platform.catalog.list_namespaces()]
        raise UnknownDatabaseError(name.database, get_close_matches(name.database, databases))


def _target(platform: Platform, name: TableName, configuration: TableConfiguration) -> Target:
    request = IngestionRequest(name, configuration=configuration)
    return Target(name.identifier(platform.environment), platform.table_location(name), request)


def _changes(target: Target, plan: DefinitionPlan) -> TableChanges:
    return TableChanges(target.name, plan.creates_table, plan.changes, plan.untyped)
