"""The Iceberg REST catalog of a table bucket of S3 Tables.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-open-source.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError
from pyiceberg.catalog import BOTOCORE_SESSION
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import (
    CommitStateUnknownException,
    ForbiddenError,
    NoSuchNamespaceError,
    NoSuchTableError,
    RESTError,
    ServerError,
    ServiceUnavailableError,
    TooManyRequestsError,
    UnauthorizedError,
)
from pyiceberg.io import InputFile, OutputFile, load_file_io
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableResponse, CreateTableTransaction, StagedTable, Table
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import AddSnapshotUpdate, AssertCreate, TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from requests.exceptions import RequestException

from datalake_sdk.engine.contract_requirement import AssertSameContract
from datalake_sdk.engine.created_tables import CreatesTablesFirst
from datalake_sdk.errors import (
    AwsRequestError,
    AwsServiceError,
    DatalakeError,
    InvalidCredentialsError,
    NoSuchBucketError,
    ThrottledError,
    UnknownCommitStateError,
    UnknownDatabaseError,
    UnreachableServiceError,
)
from datalake_sdk.platforms.aws.denials import request_denied
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.file_io import S3FileIO
from datalake_sdk.platforms.aws.requests import Request
from datalake_sdk.platforms.aws.session import AwsSession

SERVICE = "s3tables"
"""Name of the service in signatures, ARNs and IAM actions."""
FILE_IO = f"{__name__}.TableBucketFileIO"
_CATALOG_NAME = "s3_tables"
_NOT_FOUND = "NotFoundException"
_UNASSIGNED = "s3://unassigned"
"""Location of a planned table; S3 Tables assigns the location when it creates the table."""


def table_bucket_arn(session: AwsSession, table_bucket: str) -> str:
    """Returns the ARN of a table bucket, which is the warehouse of its REST catalog."""
    return session.arn(SERVICE, f"bucket/{table_bucket}")


def rest_endpoint(session: AwsSession) -> str:
    """Returns the address of the REST catalog."""
    return f"{str(session.client(SERVICE).meta.endpoint_url).rstrip('/')}/iceberg"


class TableBucketFileIO(S3FileIO):
    """File access to a table bucket, in which clients cannot delete objects."""

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Does nothing: S3 Tables removes unreferenced files.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html
        """


class S3TablesCatalog(RestCatalog, CreatesTablesFirst):
    """Tables of a table bucket; databases are its namespaces.

    Args:
        session: Account and region.
        table_bucket: Name of the table bucket.
    """

    def __init__(self, session: AwsSession, table_bucket: str) -> None:
        self._aws = session
        self._client = session.client(SERVICE)
        self._arn = table_bucket_arn(session, table_bucket)
        properties: dict[str, Any] = {
            "uri": rest_endpoint(session),
            "warehouse": self._arn,
            "rest.sigv4-enabled": "true",
            "rest.signing-name": SERVICE,
            "rest.signing-region": session.region,
            "py-io-impl": FILE_IO,
            **session.storage_properties(),
        }
        # Signs requests with the credentials of the time of the request.
        properties[BOTOCORE_SESSION] = session.signing_session()
        try:
            with _rest_errors("GetTableBucket"):
                super().__init__(_CATALOG_NAME, **properties)
        except AwsRequestError as error:
            if _NOT_FOUND in error.message:
                raise NoSuchBucketError(table_bucket) from error
            raise

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        with _rest_errors("ListNamespaces"):
            return list(super().list_namespaces(namespace))

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        with _rest_errors("ListTables"):
            return list(super().list_tables(namespace))

    def load_table(self, identifier: str | Identifier) -> Table:
        with _rest_errors("GetTableMetadataLocation", self.identifier_to_tuple(identifier)):
            self._use_current_keys()
            table: Table = super().load_table(identifier)
        return table

    def create_table_transaction(
        self,
        identifier: str | Identifier,
        schema: Schema | pa.Schema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> CreateTableTransaction:
        """Plans a table without any request: S3 Tables does not support `stage-create`."""
        assert isinstance(schema, Schema)
        self._use_current_keys()
        metadata = new_table_metadata(schema, partition_spec, sort_order, _UNASSIGNED, dict(properties))
        names = self.identifier_to_tuple(identifier)
        return CreateTableTransaction(
            StagedTable(names, metadata, f"{_UNASSIGNED}/metadata", load_file_io(self.properties), self)
        )

    def create_first(self, planned: Table) -> Table:
        names, metadata = planned.name(), planned.metadata
        properties = {**metadata.properties, "format-version": str(metadata.format_version)}
        try:
            with _rest_errors("CreateTable", names):
                table: Table = self.create_table(names, metadata.schema(), None, metadata.spec(), properties=properties)
                return table
        except NoSuchNamespaceError as error:
            raise UnknownDatabaseError(names[0], []) from error

    def remove_unwritten(self, created: Table) -> None:
        # Each commit changes the version token, so the rows of another writer are never removed.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_DeleteTable.html
        table = self._table(created.name())
        with suppress(ClientError):
            stored = self._client.get_table(**table)
            if stored.get("metadataLocation") == created.metadata_location:
                self._client.delete_table(**table, versionToken=stored["versionToken"])

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        if any(isinstance(requirement, AssertCreate) for requirement in requirements):
            return _response(self.create_first(table))
        try:
            with _rest_errors("UpdateTableMetadataLocation", table.name()):
                self._check_contract(table, requirements)
                response: CommitTableResponse = super().commit_table(table, requirements, updates)
                return response
        except (AwsServiceError, UnreachableServiceError) as error:
            committed = self._committed(table, updates, error)
            if committed is None:
                raise UnknownCommitStateError(".".join(table.name()), error.message) from error
            return committed

    def _use_current_keys(self) -> None:
        """Passes the current keys to the storage of tables; those of a login expire while the process runs."""
        self.properties.update(self._aws.storage_properties())

    def _check_contract(self, table: Table, requirements: tuple[TableRequirement, ...]) -> None:
        """Validates the requirement for the contract, which the service does not know."""
        for requirement in requirements:
            if isinstance(requirement, AssertSameContract):
                requirement.validate(self.load_table(table.name()).metadata)

    def drop_table(self, identifier: str | Identifier, purge_requested: bool = True) -> None:
        """Deletes a table with its files, which S3 Tables cannot keep."""
        try:
            with aws_errors():
                self._client.delete_table(**self._table(self.identifier_to_tuple(identifier)))
        except AwsRequestError as error:
            if error.code != "NotFoundException":
                raise
            raise NoSuchTableError(f"Table does not exist: {identifier}") from error

    def _committed(
        self, table: Table, updates: tuple[TableUpdate, ...], cause: DatalakeError
    ) -> CommitTableResponse | None:
        """Returns the table if it has a snapshot of a commit whose response was lost."""
        try:
            current = self.load_table(table.name())
        except DatalakeError as error:
            raise UnknownCommitStateError(".".join(table.name()), f"{cause.message}; then {error.message}") from cause
        added = [update.snapshot.snapshot_id for update in updates if isinstance(update, AddSnapshotUpdate)]
        if not any(current.snapshot_by_id(snapshot_id) for snapshot_id in added):
            return None
        return _response(current)

    def _table(self, names: Identifier) -> dict[str, str]:
        return {"tableBucketARN": self._arn, "namespace": names[0], "name": names[-1]}


def _response(table: Table) -> CommitTableResponse:
    return CommitTableResponse.model_construct(metadata=table.metadata, metadata_location=table.metadata_location)


@contextmanager
def _rest_errors(operation: str, table: Identifier = ()) -> Iterator[None]:
    """Translates the errors of a REST request, except those about a missing or changed table.

    Args:
        operation: IAM action of the request, without the service.
        table: Namespace and name of the table, if the request is about one.
    """
    try:
        with aws_errors():
            yield
    except ForbiddenError as error:
        parameters = {"namespace": table[0], "name": table[-1]} if table else {}
        raise request_denied(Request(operation, SERVICE, parameters), str(error)) from error
    except UnauthorizedError as error:
        raise InvalidCredentialsError("Unauthorized", str(error)) from error
    except (TooManyRequestsError, ServiceUnavailableError) as error:
        raise ThrottledError(operation, str(error)) from error
    except (CommitStateUnknownException, ServerError) as error:
        raise AwsServiceError(operation, type(error).__name__, str(error)) from error
    except RESTError as error:
        raise AwsRequestError(operation, type(error).__name__, str(error)) from error
    except RequestException as error:
        raise UnreachableServiceError("", str(error)) from error
