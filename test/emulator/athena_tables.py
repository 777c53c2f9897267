"""Tables of queries: Iceberg tables, Parquet tables and views of the emulated Glue catalog."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.dataset as ds
from botocore.exceptions import ClientError
from pyarrow.fs import FileSelector, S3FileSystem
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression
from pyiceberg.expressions.visitors import bind
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table
from sqlglot import exp

from datalake_sdk.engine.metadata_tables import metadata_rows
from datalake_sdk.platforms.aws.file_io import FILE_IO
from datalake_sdk.platforms.aws.session import s3_filesystem
from test.emulator.access import is_enforced
from test.emulator.athena_errors import FailedError
from test.emulator.iam_principals import Principal
from test.emulator.lakeformation_vending import DataAccessDeniedError, data_access
from test.emulator.process import ACCOUNT

_VIEW_START, _VIEW_END = "/* Presto View: ", " */"


@dataclass(frozen=True)
class Caller:
    """The caller of a query, with whose permissions Athena reads and writes.

    Attributes:
        endpoint: Address of the emulator.
        region: Region of the call.
        credentials: Keyword arguments of a boto3 client.
    """

    endpoint: str
    region: str
    credentials: dict[str, str]

    def client(self, service: str) -> Any:
        """Returns a cached client with the caller's credentials."""
        return _client(service, self.endpoint, self.region, *self.credentials.items())

    def principal(self) -> Principal:
        """Returns the principal that the credentials were issued to."""
        token = self.credentials.get("aws_session_token")
        return Principal.from_credentials(ACCOUNT, self.credentials["aws_access_key_id"], token)

    def storage_properties(self) -> dict[str, str]:
        """Returns pyiceberg's properties for S3."""
        names = {"aws_access_key_id": "access-key-id", "aws_secret_access_key": "secret-access-key"}
        keys = {names.get(name, "session-token"): value for name, value in self.credentials.items()}
        properties = keys | {"endpoint": self.endpoint, "region": self.region}
        return {f"s3.{name}": value for name, value in properties.items()}


@dataclass(frozen=True)
class Comparison:
    """A comparison of a column with a literal.

    Attributes:
        column: Name in lowercase.
        condition: Iceberg expression.
    """

    column: str
    condition: BooleanExpression


@dataclass(frozen=True)
class Request:
    """The part of a table that a query needs.

    Attributes:
        columns: Names in lowercase; None for all.
        conditions: Conditions that every needed row meets.
        snapshot_id: None for the current snapshot.
        rows: Whether rows are needed; otherwise only the types are.
    """

    columns: frozenset[str] | None
    conditions: tuple[Comparison, ...] = ()
    snapshot_id: int | None = None
    rows: bool = True


class Tables:
    """The catalog with the permissions of one caller; counts scanned bytes."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.scanned = 0
        self.glue = caller.client("glue")
        self.s3 = caller.client("s3")

    @cached_property
    def catalog(self) -> GlueCatalog:
        return self._catalog(self.caller)

    @cached_property
    def filesystem(self) -> S3FileSystem:
        return s3_filesystem(self.caller.storage_properties())

    def _catalog(self, reader: Caller) -> GlueCatalog:
        return GlueCatalog("athena", self.glue, **{"py-io-impl": FILE_IO, **reader.storage_properties()})

    def _access(self, entry: dict[str, Any]) -> tuple[Caller, frozenset[str] | None]:
        """Returns who reads the files of a table, which Lake Formation decides, and the readable columns."""
        if not is_enforced():
            return self.caller, None
        try:
            found = data_access(self.caller.principal(), entry)
        except DataAccessDeniedError as error:
            raise FailedError("PERMISSION_DENIED", str(error)) from error
        if found is None:
            return self.caller, None
        return replace(self.caller, credentials=found.credentials.client_arguments), found.columns

    def entry(self, table: exp.Table) -> dict[str, Any]:
        """Returns the table's entry in Glue.

        Raises:
            FailedError: The table or its database does not exist, or access is denied.
        """
        database, name = table.db.lower(), table.name.lower().partition("$")[0]
        try:
            return dict(self.glue.get_table(DatabaseName=database, Name=name)["Table"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise FailedError("PERMISSION_DENIED", str(error)) from error
        if not self.has_database(database):
            raise FailedError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", table)
        raise FailedError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist", table)

    def has(self, table: exp.Table) -> bool:
        """Whether a table or view exists; its database must exist."""
        try:
            self.entry(table)
        except FailedError as error:
            if error.reason.startswith("TABLE_NOT_FOUND"):
                return False
            raise
        return True

    def has_database(self, database: str) -> bool:
        try:
            self.glue.get_database(Name=database)
        except self.glue.exceptions.EntityNotFoundException:
            return False
        return True

    def iceberg(self, table: exp.Table) -> Table | None:
        """Loads an Iceberg table; returns None for a table in another format."""
        entry = self.entry(table)
        if entry.get("Parameters", {}).get("table_type", "").lower() != "iceberg":
            return None
        reader, _ = self._access(entry)
        try:
            return self._catalog(reader).load_table((entry["DatabaseName"], entry["Name"]))
        except (NoSuchTableError, FileNotFoundError) as error:
            text = f"Metadata not found in metadata location for table {entry['DatabaseName']}.{entry['Name']}"
            raise FailedError("ICEBERG_MISSING_METADATA", text) from error

    def rows(self, table: exp.Table, request: Request, run_view: Callable[[str, str], pa.Table]) -> pa.Table:
        """Returns the rows of a table.

        Args:
            table: The table in the query.
            request: The part of the table that is needed.
            run_view: Runs a view's SQL in its database.
        """
        metadata = table.name.partition("$")[2].lower()
        found = self.iceberg(table)
        if found is not None:
            _, columns = self._access(self.entry(table))
            return metadata_rows(found, metadata) if metadata else self._scan(found, request, columns)
        entry = self.entry(table)
        if entry.get("TableType") == "VIRTUAL_VIEW":
            view = decoded_view(entry)
            return run_view(view["originalSql"], view["schema"])
        return self._hive_rows(entry, request)

    def files_below(self, location: str) -> list[str]:
        """Returns the locations of all objects under a location."""
        selector = FileSelector(location.removeprefix("s3://").rstrip("/"), recursive=True, allow_not_found=True)
        return [f"s3://{info.path}" for info in self.filesystem.get_file_info(selector) if info.is_file]

    def remove(self, location: str) -> None:
        """Deletes all objects under a location."""
        for file in self.files_below(location):
            bucket, _, key = file.removeprefix("s3://").partition("/")
            self.s3.delete_object(Bucket=bucket, Key=key)

    def _scan(self, table: Table, request: Request, columns: frozenset[str] | None) -> pa.Table:
        schema = table.scan(snapshot_id=request.snapshot_id).projection()
        schema = schema if columns is None else schema.select(*columns)
        names = [column.name for column in schema.fields]
        wanted = [name for name in names if request.columns is None or name.lower() in request.columns]
        if not request.rows:
            return schema.select(*(wanted or names[:1])).as_arrow().empty_table()
        condition = _condition(schema, request.conditions)
        scan = table.scan(condition, tuple(wanted or names[:1]), False, request.snapshot_id)
        self.scanned += sum(_bytes(task, schema, set(wanted)) for task in scan.plan_files())
        return scan.to_arrow()

    def _hive_rows(self, entry: dict[str, Any], request: Request) -> pa.Table:
        storage = entry["StorageDescriptor"]
        if "parquet" not in storage["InputFormat"].lower():
            raise FailedError("NOT_SUPPORTED", f"the emulator does not read {storage['InputFormat']}")
        reader, columns = self._access(entry)
        keys = [key["Name"] for key in entry.get("PartitionKeys", ())]
        schema = pa.schema([(name, pa.string()) for name in keys])
        read = ds.dataset(
            storage["Location"].removeprefix("s3://").rstrip("/"),
            filesystem=s3_filesystem(reader.storage_properties()),
            format="parquet",
            partitioning=ds.partitioning(schema, flavor="hive") if keys else None,
        )
        if request.rows:
            self.scanned += sum(read.filesystem.get_file_info(path).size for path in read.files)
            return read.to_table(sorted(columns) if columns else None)
        return read.schema.empty_table()


@lru_cache(maxsize=32)
def _client(service: str, endpoint: str, region: str, *credentials: tuple[str, str]) -> Any:
    return boto3.client(service, endpoint_url=endpoint, region_name=region, **dict(credentials))


def decoded_view(entry: dict[str, Any]) -> dict[str, Any]:
    """Decodes the definition of a view: `originalSql`, `schema` and `columns`."""
    packed = entry["ViewOriginalText"].removeprefix(_VIEW_START).removesuffix(_VIEW_END)
    return dict(json.loads(base64.b64decode(packed)))


def encoded_view(sql: str, database: str, columns: Sequence[tuple[str, str]]) -> str:
    """Encodes the definition of a view as Glue stores it."""
    view = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": name, "type": data_type} for name, data_type in columns],
    }
    return f"{_VIEW_START}{base64.b64encode(json.dumps(view).encode()).decode()}{_VIEW_END}"


def _bytes(task: FileScanTask, schema: Schema, columns: set[str]) -> int:
    """Returns the size of the column chunks that are read, and of the delete files."""
    sizes = task.file.column_sizes or {}
    read = sum(
        size
        for field_id, size in sizes.items()
        if (schema.find_column_name(field_id) or "").partition(".")[0] in columns
    )
    return (read if sizes else task.file.file_size_in_bytes) + sum(
        file.file_size_in_bytes for file in task.delete_files
    )


def _condition(schema: Schema, comparisons: Sequence[Comparison]) -> BooleanExpression:
    """Combines the comparisons that Iceberg can bind to the schema; the engine evaluates all of them."""
    condition: BooleanExpression = AlwaysTrue()
    for comparison in comparisons:
        with suppress(ValueError, TypeError, NotImplementedError):
            bind(schema, comparison.condition, case_sensitive=False)
            condition = And(condition, comparison.condition)
    return condition
