"""The embedded lake's Iceberg catalog, safe for concurrent processes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
from pyiceberg.catalog import Catalog, PropertiesUpdateSummary
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    NoSuchViewError,
    TableAlreadyExistsError,
)
from pyiceberg.io import load_file_io
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from datalake_sdk.engine.iceberg_internals import StagingCatalog
from datalake_sdk.engine.locations import is_inside, location_key
from datalake_sdk.engine.metadata_cache import MetadataCache
from datalake_sdk.errors import CopiedLakeError, LakeRootError, MissingMetadataError
from datalake_sdk.platforms.local.sqlite import CATALOG_FILE, CatalogFile
from datalake_sdk.platforms.lookup import SeparatesStages

CATALOG_NAME = "glue_catalog"
"""Spark finds pyiceberg's tables only under the same catalog name: it is a column of the SQLite tables."""
_OF_TABLE = "catalog_name = ? AND table_namespace = ? AND table_name = ?"
_IS_TABLE = "(iceberg_type = 'TABLE' OR iceberg_type IS NULL)"
"""Other engines may keep views in the same table."""
_OF_DATABASE = "FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?"
_INSERT_DATABASE = "INSERT OR IGNORE INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')"


class LocalCatalog(StagingCatalog, SeparatesStages):
    """A catalog that is empty until the first write; creating a table creates its database.

    The current metadata of tables is cached.

    Args:
        root: Folder of the lake.
        busy_seconds: How long to wait for other processes that hold a lock on the catalog.
    """

    def __init__(self, root: Path, busy_seconds: float = 60) -> None:
        super().__init__(CATALOG_NAME, warehouse=f"file://{root}")
        self._root = root
        self._file = CatalogFile(root, busy_seconds)
        self._read = MetadataCache()

    def load_table(self, identifier: str | Identifier) -> Table:
        names = _names(identifier)
        select = f"SELECT metadata_location FROM iceberg_tables WHERE {_OF_TABLE} AND {_IS_TABLE}"
        rows = self._file.read(select, (self.name, *names))
        if not rows:
            raise NoSuchTableError(f"Table does not exist: {'.'.join(names)}")
        location = rows[0][0]
        metadata = self._metadata(names, location)
        if self._is_of_another_lake(location):
            raise CopiedLakeError(".".join(names), location, self._root)
        io = load_file_io({**self.properties, **metadata.properties}, location)
        return Table(Catalog.identifier_to_tuple(identifier), metadata, location, io, self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        current = self._current(table.name())
        staged = self.staged_commit(current, table.name(), requirements, updates)
        if current is None:
            self._file.write((_INSERT_DATABASE, (self.name, _names(table.name())[0])))
        elif staged.metadata == current.metadata:
            return _response(current)
        ToOutputFile.table_metadata(staged.metadata, staged.io.new_output(staged.metadata_location))
        try:
            self._point_to(staged, current)
        except (CommitFailedException, TableAlreadyExistsError):
            with suppress(OSError):
                staged.io.delete(staged.metadata_location)
            raise
        self._read.keep(_names(table.name()), staged.metadata_location, staged.metadata)
        return _response(staged)

    def create_table(
        self,
        identifier: str | Identifier,
        schema: Schema | pa.Schema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> Table:
        transaction = self.create_table_transaction(
            identifier, schema, location, partition_spec, sort_order, properties
        )
        transaction.commit_transaction()
        return self.load_table(identifier)

    def register_table(self, identifier: str | Identifier, metadata_location: str, overwrite: bool = False) -> Table:
        names = (self.name, *_names(identifier))
        if overwrite:
            raise NotImplementedError("overwrite")
        self._insert(names, metadata_location)
        return self.load_table(identifier)

    def rename_table(self, from_identifier: str | Identifier, to_identifier: str | Identifier) -> Table:
        before, after = _names(from_identifier), _names(to_identifier)
        update = f"UPDATE iceberg_tables SET table_namespace = ?, table_name = ? WHERE {_OF_TABLE} AND {_IS_TABLE}"
        try:
            changed = self._file.write((update, (*after, self.name, *before)))
        except sqlite3.IntegrityError as error:
            raise TableAlreadyExistsError(f"Table {'.'.join(after)} already exists") from error
        if not changed:
            raise NoSuchTableError(f"Table does not exist: {'.'.join(before)}")
        return self.load_table(to_identifier)

    def drop_table(self, identifier: str | Identifier) -> None:
        names = _names(identifier)
        delete = f"DELETE FROM iceberg_tables WHERE {_OF_TABLE} AND {_IS_TABLE}"
        if not self._file.write((delete, (self.name, *names))):
            raise NoSuchTableError(f"Table does not exist: {'.'.join(names)}")

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        database = Catalog.namespace_to_string(namespace)
        select = f"SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND {_IS_TABLE}"
        rows = self._file.read(select, (self.name, database))
        return [(*Catalog.identifier_to_tuple(database), name) for (name,) in rows]

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        select = """
            SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?
            UNION SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?
        """
        parent = Catalog.identifier_to_tuple(namespace)
        paths = (Catalog.identifier_to_tuple(path) for (path,) in self._file.read(select, (self.name, self.name)))
        below = (path for path in paths if len(path) > len(parent) and path[: len(parent)] == parent)
        return sorted({path[: len(parent) + 1] for path in below})

    def databases_of_stage(self, prefix: str) -> list[str]:
        select = f"SELECT table_namespace, metadata_location FROM iceberg_tables WHERE catalog_name = ? AND {_IS_TABLE}"
        others: dict[str, bool] = {}
        for database, location in self._file.read(select, (self.name,)):
            others[database] = others.get(database, True) and self._is_of_other_stage(database, location, prefix)
        names = (".".join(namespace) for namespace in self.list_namespaces())
        return [name for name in names if name.startswith(prefix) and not others.get(name, False)]

    def create_namespace(self, namespace: str | Identifier, properties: Properties = EMPTY_DICT) -> None:
        database = Catalog.namespace_to_string(namespace)
        if self.namespace_exists(namespace) or not self._file.write((_INSERT_DATABASE, (self.name, database))):
            raise NamespaceAlreadyExistsError(f"Namespace {database} already exists")
        if properties:
            self.update_namespace_properties(namespace, updates=properties)

    def drop_namespace(self, namespace: str | Identifier) -> None:
        database = Catalog.namespace_to_string(namespace)
        if self.list_tables(namespace):
            raise NamespaceNotEmptyError(f"Namespace {database} is not empty")
        if not self._file.write((f"DELETE {_OF_DATABASE}", (self.name, database))):
            raise NoSuchNamespaceError(f"Namespace does not exist: {database}")

    def load_namespace_properties(self, namespace: str | Identifier) -> Properties:
        database = Catalog.namespace_to_string(namespace)
        rows = self._file.read(f"SELECT property_key, property_value {_OF_DATABASE}", (self.name, database))
        if not rows and not self.list_tables(namespace):
            raise NoSuchNamespaceError(f"Namespace does not exist: {database}")
        return {str(key): value for key, value in rows}

    def update_namespace_properties(
        self, namespace: str | Identifier, removals: set[str] | None = None, updates: Properties = EMPTY_DICT
    ) -> PropertiesUpdateSummary:
        database = Catalog.namespace_to_string(namespace)
        before = self.load_namespace_properties(namespace)
        summary, after = self.updated_properties(before, removals, updates)
        insert = "INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)"
        entries = [(insert, (self.name, database, key, value)) for key, value in {"exists": "true", **after}.items()]
        self._file.write((f"DELETE {_OF_DATABASE}", (self.name, database)), *entries)
        return summary

    def list_views(self, namespace: str | Identifier) -> list[Identifier]:
        return []

    def view_exists(self, identifier: str | Identifier) -> bool:
        return False

    def load_view(self, identifier: str | Identifier) -> NoReturn:
        raise NoSuchViewError(f"View does not exist: {identifier}")

    def drop_view(self, identifier: str | Identifier) -> NoReturn:
        raise NoSuchViewError(f"View does not exist: {identifier}")

    def register_view(self, identifier: str | Identifier, metadata_location: str) -> NoReturn:
        raise NotImplementedError("views")

    def _current(self, identifier: Identifier) -> Table | None:
        try:
            return self.load_table(identifier)
        except NoSuchTableError:
            return None

    def _is_of_another_lake(self, location: str) -> bool:
        """Whether a metadata file is outside of the lake, in a folder that also exists in the lake: it is a copy."""
        if is_inside(location, str(self._root)):
            return False
        bucket_database_table = Path(location_key(location)).parts[-5:-2]
        return self._root.joinpath(*bucket_database_table).is_dir()

    def _is_of_other_stage(self, database: str, metadata_location: str, prefix: str) -> bool:
        """Whether a table was written with another prefix: its folder has the name of the database without prefix."""
        folder = Path(location_key(metadata_location)).parent.parent.parent.name
        if not database.endswith(folder) or not is_inside(metadata_location, str(self._root)):
            return False
        written_with = database.removesuffix(folder)
        return written_with != prefix and written_with[-1:] in ("", "_")

    def _metadata(self, names: tuple[str, str], location: str) -> TableMetadata:
        read = self._read.find(names, location)
        if read is not None:
            return read
        try:
            metadata = FromInputFile.table_metadata(load_file_io(self.properties, location).new_input(location))
        except FileNotFoundError as error:
            raise MissingMetadataError(".".join(names), str(error)) from error
        self._read.keep(names, location, metadata)
        return metadata

    def _point_to(self, staged: StagedTable, current: Table | None) -> None:
        names = (self.name, *_names(staged.name()))
        if current is None:
            self._insert(names, staged.metadata_location)
            return
        update = f"""
            UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = metadata_location
            WHERE {_OF_TABLE} AND metadata_location = ?
        """
        if not self._file.write((update, (staged.metadata_location, *names, current.metadata_location))):
            raise CommitFailedException(f"Table has been updated by another process: {'.'.join(names[1:])}")

    def _insert(self, names: tuple[str, str, str], location: str) -> None:
        insert = "INSERT INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'TABLE')"
        try:
            self._file.write((_INSERT_DATABASE, names[:2]), (insert, (*names, location)))
        except sqlite3.IntegrityError as error:
            raise TableAlreadyExistsError(f"Table {'.'.join(names[1:])} already exists") from error


def check_root(root: Path) -> None:
    """Checks that a folder is an embedded lake or can become one; creates nothing.

    Raises:
        LakeRootError: It is a file, it is neither a lake nor writable, or its path has a character that locations of
            Iceberg tables cannot contain.
    """
    # pyiceberg parses locations as URLs and would drop everything after '#' or '?'.
    if set("#?") & set(str(root)):
        raise LakeRootError(root, "its path has '#' or '?', which locations of Iceberg tables cannot contain")
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    if not nearest.is_dir():
        raise LakeRootError(root, f"'{nearest}' is a file" if nearest != root else "it is a file")
    if not (root / CATALOG_FILE).exists() and not os.access(nearest, os.W_OK | os.X_OK):
        raise LakeRootError(root, f"'{nearest}' is not writable")


def _names(identifier: str | Identifier) -> tuple[str, str]:
    return Catalog.namespace_to_string(Catalog.namespace_from(identifier)), Catalog.table_name_from(identifier)


def _response(table: Table) -> CommitTableResponse:
    return CommitTableResponse.model_construct(metadata=table.metadata, metadata_location=table.metadata_location)
