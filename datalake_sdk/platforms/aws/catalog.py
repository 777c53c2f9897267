"""pyiceberg's Glue catalog, extended to distinguish a rejected commit from one whose response was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import METADATA_LOCATION, PREVIOUS_METADATA_LOCATION
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchIcebergTableError,
    NoSuchNamespaceError,
    NoSuchPropertyException,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import Identifier, Properties

from datalake_sdk.engine.iceberg_internals import GlueHooks
from datalake_sdk.engine.metadata_cache import MetadataCache
from datalake_sdk.errors import (
    DatalakeError,
    MissingMetadataError,
    NotIcebergTableError,
    UnknownCommitStateError,
    UnknownDatabaseError,
)
from datalake_sdk.naming import DESCRIPTION_PROPERTY
from datalake_sdk.parallel import REQUEST_THREADS
from datalake_sdk.platforms.aws.failures import aws_errors, error_code
from datalake_sdk.platforms.aws.file_io import FILE_IO, S3FileIO
from datalake_sdk.platforms.aws.objects import S3Objects
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.lookup import LoadsDatabases

CATALOG_NAME = "glue_catalog"
_DESCRIPTION_LIMIT, _COMMENT_LIMIT = 2048, 255
"""Maximum number of bytes; a comment is a single line."""
_SERVER_ERROR = 500
_TIMED_OUT = "OperationTimeoutException"
"""Glue may return this error although the update was applied.
https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html"""


class AwsCatalog(GlueHooks, GlueCatalog, LoadsDatabases):
    """An environment's tables in the account's Glue catalog.

    The current metadata of tables is cached.

    Args:
        session: Account and region.
        data_bucket: Bucket to which listings are restricted; any table can be loaded.
    """

    def __init__(self, session: AwsSession, data_bucket: str) -> None:
        properties = {"py-io-impl": FILE_IO, **session.storage_properties()}
        self._aws = session
        super().__init__(CATALOG_NAME, session.client("glue"), **properties)
        self._data_location = f"s3://{data_bucket}/"
        self._objects = S3Objects(session.client("s3"))
        self._read = MetadataCache()

    def load_table(self, identifier: str | Identifier) -> Table:
        with _load_errors(".".join(self.identifier_to_tuple(identifier))):
            return super().load_table(identifier)

    def load_databases(self, databases: Sequence[str]) -> list[Table]:
        with ThreadPoolExecutor(REQUEST_THREADS, "catalog") as pool:
            listed = pool.map(partial(self._load_database, pool), databases)
            return [loading.result() for loads in listed for loading in loads]

    def _load_database(self, pool: ThreadPoolExecutor, database: str) -> list[Future[Table]]:
        return [pool.submit(self._load_listed, entry) for entry in self._own_entries(database)]

    def _load_listed(self, entry: Any) -> Table:
        with _load_errors(f"{entry['DatabaseName']}.{entry['Name']}"):
            return self.table_of_entry(entry)

    def table_of_entry(self, entry: Any) -> Table:
        names = entry["DatabaseName"], entry["Name"]
        location = entry["Parameters"].get(METADATA_LOCATION)
        read = self._read.find(names, location)
        if read is not None:
            return Table(names, read, location, self.file_io(read.properties, location), self)
        table = super().table_of_entry(entry)
        self._read.keep(names, table.metadata_location, table.metadata)
        return table

    def file_io(self, properties: Properties, location: str | None) -> FileIO:
        # Keys of a login expire while the process runs.
        io = load_file_io({**self.properties, **self._aws.storage_properties(), **properties}, location)
        if isinstance(io, S3FileIO):
            io.objects = self._objects
        return io

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        """Lists the account's own databases, without resource links."""
        with aws_errors():
            pages = self.glue.get_paginator("get_databases").paginate()
            databases = [database for page in pages for database in page["DatabaseList"]]
        return [(database["Name"],) for database in databases if "TargetDatabase" not in database]

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        """Lists the Iceberg tables of a database that are located in the environment's data bucket."""
        database = self.identifier_to_database(namespace)
        return [(database, entry["Name"]) for entry in self._own_entries(database)]

    def _own_entries(self, database: str) -> Iterator[Any]:
        with aws_errors():
            for page in self.glue.get_paginator("get_tables").paginate(DatabaseName=database):
                yield from filter(self._is_own, page["TableList"])

    def drop_table(self, identifier: str | Identifier) -> None:
        with aws_errors():
            super().drop_table(identifier)

    def register_table(self, identifier: str | Identifier, metadata_location: str, overwrite: bool = False) -> Table:
        with aws_errors():
            return super().register_table(identifier, metadata_location, overwrite)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        try:
            with aws_errors():
                committed = super().commit_table(table, requirements, updates)
        except NoSuchNamespaceError as error:
            raise UnknownDatabaseError(table.name()[0], []) from error
        database, name = table.name()
        self._read.keep((database, name), committed.metadata_location, committed.metadata)
        return committed

    def _is_own(self, table: Any) -> bool:
        kind = str(table.get("Parameters", {}).get("table_type", ""))
        location = str(table.get("StorageDescriptor", {}).get("Location", ""))
        return kind.lower() == "iceberg" and location.startswith(self._data_location)

    @contextmanager
    def glue_write(self, database: str, table: str, table_input: Any) -> Iterator[None]:
        _describe(table_input)
        # botocore retries a call whose response was lost; the result of the retry does not show whether the first
        # call succeeded.
        # https://docs.aws.amazon.com/boto3/latest/guide/retries.html#standard-retry-mode
        try:
            yield
        except (CommitFailedException, TableAlreadyExistsError, BotoCoreError, ClientError) as error:
            parameters = table_input["Parameters"]
            history = self._history(database, table, error)
            if parameters[METADATA_LOCATION] in history:
                return
            # Glue rejects an update of a version that has already been replaced, even if it arrives late.
            has_successor = parameters.get(PREVIOUS_METADATA_LOCATION) in history[:-1]
            if has_successor or _was_rejected(error):
                raise
            raise UnknownCommitStateError(f"{database}.{table}", str(error)) from error

    def _history(self, database: str, table: str, cause: Exception) -> tuple[str, ...]:
        """Returns the table's metadata files, oldest first; empty if there is no Iceberg table."""
        try:
            current = super().load_table((database, table))
        except NoSuchTableError:
            return ()
        except (BotoCoreError, ClientError, DatalakeError, OSError) as error:
            raise UnknownCommitStateError(f"{database}.{table}", f"{cause}; then {error}") from cause
        return (*(entry.metadata_file for entry in current.metadata.metadata_log), current.metadata_location)


@contextmanager
def _load_errors(table: str) -> Iterator[None]:
    try:
        with aws_errors():
            yield
    except (NoSuchIcebergTableError, NoSuchPropertyException) as error:
        raise NotIcebergTableError(table, str(error)) from error
    except FileNotFoundError as error:
        raise MissingMetadataError(table, str(error)) from error


def _was_rejected(error: Exception) -> bool:
    """Whether a single call was made and Glue rejected it."""
    cause = error if isinstance(error, ClientError) else error.__cause__
    if not isinstance(cause, ClientError) or error_code(cause) == _TIMED_OUT:
        return False
    metadata = cause.response.get("ResponseMetadata", {})
    return bool(metadata.get("HTTPStatusCode", _SERVER_ERROR) < _SERVER_ERROR and metadata.get("RetryAttempts") == 0)


def _describe(table_input: Any) -> None:
    """Sets the descriptions that the consoles of Glue and Athena show; the table's metadata has them in full.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html
    """
    description = table_input["Parameters"].get(DESCRIPTION_PROPERTY)
    if description:
        table_input["Description"] = _cut(description, _DESCRIPTION_LIMIT)
    for column in table_input["StorageDescriptor"]["Columns"]:
        if "Comment" in column:
            column["Comment"] = _cut(" ".join(column["Comment"].split()), _COMMENT_LIMIT)


def _cut(text: str, limit: int) -> str:
    """Returns at most `limit` bytes of a text."""
    encoded = text.encode()
    return text if len(encoded) <= limit else f"{encoded[: limit - 3].decode(errors='ignore')}…"
