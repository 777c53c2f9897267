"""The embedded lake's catalog: pyiceberg's SQL catalog in one SQLite file, safe for many processes at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from datalake_sdk.errors import (
    CorruptCatalogError,
    DatalakeError,
    LakeBusyError,
    LakeRootError,
    MissingMetadataError,
    NotWritableLakeError,
)

CATALOG_NAME = "glue_catalog"
"""Spark finds pyiceberg's tables only under the same catalog name: it is a column of the SQLite tables."""
CATALOG_FILE = "catalog.db"
_ERRORS: dict[str, Callable[[Path, str], DatalakeError]] = {
    "database is locked": LakeBusyError,
    "readonly database": NotWritableLakeError,
    "unable to open database file": NotWritableLakeError,
    "database or disk is full": NotWritableLakeError,
    "file is not a database": CorruptCatalogError,
    "malformed": CorruptCatalogError,
}
"""Parts of SQLite's messages: https://www.sqlite.org/rescode.html"""


class LocalCatalog(SqlCatalog):
    """A catalog that reads as empty until something is written; only then are the folder and its file created.

    SQLite keeps its rollback journal: write-ahead logging needs shared memory, which network folders and containers'
    mounts do not have, and a commit here is one row.

    Args:
        root: Folder of the lake.
        busy_seconds: How long to wait for other processes that hold the catalog.
    """

    def __init__(self, root: Path, busy_seconds: float = 60) -> None:
        self._file = root / CATALOG_FILE
        self._busy_seconds = busy_seconds
        self._opened = False
        super().__init__(CATALOG_NAME, uri=f"sqlite:///{self._file}", warehouse=f"file://{root}")

    def _init_catalog(self) -> None:
        self.engine = create_engine(
            URL.create("sqlite", database=str(self._file)),
            poolclass=NullPool,
            connect_args={"timeout": self._busy_seconds},
        )
        event.listen(self.engine, "handle_error", self._raise_reworded)
        self._schema_version = "v1"
        self._exists()

    def create_tables(self) -> None:
        # Metadata.create_all looks first and creates then: of two processes that start a lake, one would fail.
        with self.engine.begin() as connection:
            for table in SqlCatalogBaseTable.metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))

    def load_table(self, identifier: str | Identifier) -> Table:
        if not self._exists():
            raise NoSuchTableError(f"Table does not exist: {identifier}")
        try:
            return super().load_table(identifier)
        except FileNotFoundError as error:
            raise MissingMetadataError(".".join(Catalog.identifier_to_tuple(identifier)), str(error)) from error

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        return super().list_tables(namespace) if self._exists() else []

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        return super().list_namespaces(namespace) if self._exists() else []

    def namespace_exists(self, identifier: str | Identifier) -> bool:
        return self._exists() and super().namespace_exists(identifier)

    def create_namespace(self, namespace: str | Identifier, properties: Properties = EMPTY_DICT) -> None:
        self._create_lake()
        try:
            super().create_namespace(namespace, properties)
        except IntegrityError as error:
            raise NamespaceAlreadyExistsError(f"Namespace {namespace} already exists") from error

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        self.create_namespace_if_not_exists(Catalog.namespace_from(table.name()))
        return super().commit_table(table, requirements, updates)

    def _exists(self) -> bool:
        exists = self._file.exists()
        if exists and not self._opened:
            super()._init_catalog()
        self._opened = exists
        return exists

    def _create_lake(self) -> None:
        if self._exists():
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritableLakeError(self._file.parent, os.strerror(error.errno or 0)) from error
        super()._init_catalog()
        self._opened = True

    def _raise_reworded(self, context: ExceptionContext) -> None:
        message = str(context.original_exception)
        for part, error in _ERRORS.items():
            if part in message:
                raise error(self._file, message) from context.original_exception


def check_root(root: Path) -> None:
    """Checks that a folder is an embedded lake or can become one; creates nothing.

    Raises:
        LakeRootError: It is a file, cannot be written to although there is no lake in it yet, or has a character in
            its name that Iceberg's locations cannot hold.
    """
    # pyiceberg reads locations as URLs: all from '#' or '?' on would be cut off.
    if set("#?") & set(str(root)):
        raise LakeRootError(root, "its path has '#' or '?', which locations of Iceberg tables cannot hold")
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    if not nearest.is_dir():
        raise LakeRootError(root, f"'{nearest}' is a file" if nearest != root else "it is a file")
    if not (root / CATALOG_FILE).exists() and not os.access(nearest, os.W_OK | os.X_OK):
        raise LakeRootError(root, f"'{nearest}' is not writable")
