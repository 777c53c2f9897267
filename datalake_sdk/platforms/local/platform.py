"""An embedded lake: a folder with a SQLite catalog, data files and DuckDB for SQL."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.errors import InputNotFoundError, LeftoverFilesError, MissingExtraError, OutsideLakeError
from datalake_sdk.platforms.base import Capabilities, CatalogEntry, RemovedFiles, SqlEngine, TableFile
from datalake_sdk.platforms.local.catalog import LocalCatalog, check_root
from datalake_sdk.platforms.local.run_events import LocalRunEvents
from datalake_sdk.platforms.lookup import loaded_entry
from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

    from datalake_sdk.redshift.database import RedshiftDatabase


class LocalPlatform:
    """The platform of an environment in a folder; creating it writes nothing.

    Args:
        environment: Environment whose `local_root` is `root`.
        root: Folder of the lake, which may not exist yet.

    Raises:
        LakeRootError: The folder cannot contain a lake.
    """

    capabilities = Capabilities(remote=False)
    boto_session = None

    def __init__(self, environment: Environment, root: Path) -> None:
        self.environment = environment
        self._root = root.expanduser().resolve()
        check_root(self._root)

    @cached_property
    def sql(self) -> SqlEngine:
        """The SQL engine; sqlglot and DuckDB are imported on first use.

        Raises:
            MissingExtraError: sqlglot is not installed.
        """
        try:
            from datalake_sdk.platforms.local.sql import LocalSql
        except ModuleNotFoundError as error:
            raise MissingExtraError("local", error.name or str(error)) from error
        return LocalSql(self._root)

    @cached_property
    def catalog(self) -> Catalog:
        return LocalCatalog(self._root)

    def catalog_entry(self, database: str, table: str) -> CatalogEntry | None:
        return loaded_entry(self.catalog, database, table)

    @cached_property
    def run_events(self) -> LocalRunEvents:
        return LocalRunEvents(self._root, self.environment)

    @property
    def permissions(self) -> None:
        """None: the folder's file permissions apply."""

    @property
    def secrets(self) -> None:
        """Always None: secrets are environment variables."""

    @property
    def tasks(self) -> None:
        """Always None: an embedded lake has no deployed pipelines."""

    @property
    def pipelines(self) -> None:
        """Always None: an embedded lake has no deployed pipelines."""

    @property
    def datasets(self) -> None:
        """Always None: an embedded lake has no deployed pipelines."""

    @property
    def investigations(self) -> None:
        """Always None: an embedded lake has no deployed pipelines."""

    @property
    def models(self) -> None:
        """Always None: an embedded lake has no inference profiles."""

    @property
    def agent_role(self) -> None:
        """None: a folder has no roles."""

    @property
    def database_links(self) -> None:
        """None: databases cannot be shared with a folder."""

    def redshift(self, database: RedshiftDatabase) -> None:
        """None: Redshift cannot read a folder."""

    def service_errors(self) -> AbstractContextManager[None]:
        return nullcontext()

    def denial(self, error: Exception) -> None:
        """Always None: an embedded lake has no roles."""

    def input_filesystem(self, path: str) -> FileSystem:
        """The lake's folder if it contains a folder with the name of the bucket, otherwise S3.

        S3 is opened with the region, endpoint and credentials of the process environment.

        Raises:
            InputNotFoundError: The path contains `..`, which in the lake's folder may lead out of it.
        """
        from pyarrow.fs import LocalFileSystem, S3FileSystem, SubTreeFileSystem

        bucket, *folders = path.removeprefix("s3://").split("/")
        if bucket.strip(".") and (self._root / bucket).is_dir():
            if ".." in folders:
                raise InputNotFoundError(path, [])
            return SubTreeFileSystem(str(self._root), LocalFileSystem())
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return S3FileSystem(endpoint_override=endpoint)

    @property
    def data_location(self) -> str:
        return f"file://{self._root}/{self.environment.data_bucket}"

    def table_location(self, table: TableName) -> str:
        return f"{self.data_location}/{table.database}/{table.table}"

    def list_folders(self, location: str) -> list[str]:
        folder = local_path(location)
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def list_files(self, location: str) -> Iterator[TableFile]:
        for path in local_path(location).rglob("*"):
            with suppress(FileNotFoundError):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield TableFile(f"file://{path}", status.st_size, status.st_mtime_ns / 1e6)

    def check_removable(self, table: Table) -> None:
        self._folder(table)

    def remove_table_files(self, table: Table) -> RemovedFiles:
        folder = self._folder(table)
        try:
            removed = _remove_tree(folder)
            _remove_if_empty(folder.parent)
        except OSError as error:
            raise LeftoverFilesError(".".join(table.name()), folder, os.strerror(error.errno or 0)) from error
        return removed

    def list_table_files(self, table: Table) -> Iterator[TableFile]:
        self._folder(table)
        return self.list_files(table.location())

    def _folder(self, table: Table) -> Path:
        folder = local_path(table.location()).resolve()
        if not folder.is_relative_to(self._root) or folder == self._root:
            raise OutsideLakeError(".".join(table.name()), table.location(), self._root)
        return folder


def local_path(location: str) -> Path:
    """Returns the path of a location: `file:///…` as pyiceberg writes it, or `file:/…` as Spark does."""
    return Path(location.removeprefix("file:").removeprefix("//"))


def _remove_tree(folder: Path) -> RemovedFiles:
    sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    if folder.exists():
        shutil.rmtree(folder)
    return RemovedFiles(len(sizes), sum(sizes))


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
