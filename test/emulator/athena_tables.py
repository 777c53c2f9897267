"""The tables that queries name: Iceberg and Parquet tables and views of the emulated Glue catalog."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
from test.emulator.athena_errors import FailedError

_VIEW_START, _VIEW_END = "/* Presto View: ", " */"


@dataclass(frozen=True)
class Caller:
    """Who runs a query: Athena reads and writes with the caller's permissions.

    Attributes:
        endpoint: Address of the emulator.
        region: Region of the call.
        credentials: Keyword arguments of a boto3 client.
    """

    endpoint: str
    region: str
    credentials: dict[str, str]

    def client(self, service: str) -> Any:
        """A client with the caller's credentials; the same one each time."""
        return _client(service, self.endpoint, self.region, *self.credentials.items())

    def storage_properties(self) -> dict[str, str]:
        """pyiceberg's properties for S3."""
        names = {"aws_access_key_id": "access-key-id", "aws_secret_access_key": "secret-access-key"}
        keys = {names.get(name, "session-token"): value for name, value in self.credentials.items()}
        properties = keys | {"endpoint": self.endpoint, "region": self.region}
        return {f"s3.{name}": value for name, value in properties.items()}


@dataclass(frozen=True)
class Comparison:
    """A comparison of a column with a literal.

    Attributes:
        column: In lower case.
        condition: As Iceberg's.
    """

    column: str
    condition: BooleanExpression


@dataclass(frozen=True)
class Request:
    """What a query wants of a table.

    Attributes:
        columns: Lower-case names; None means all.
        conditions: All hold for every row that is needed.
        snapshot_id: None is the current snapshot.
        rows: Whether any row is needed, or the types only.
    """

    columns: frozenset[str] | None
    conditions: tuple[Comparison, ...] = ()
    snapshot_id: int | None = None
    rows: bool = True


class Tables:
    """The catalog as one caller sees it; counts the bytes that are read."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.scanned = 0
        self.glue = caller.client("glue")
        self.s3 = caller.client("s3")

    @cached_property
    def catalog(self) -> GlueCatalog:
        return GlueCatalog("athena", self.glue, **{"py-io-impl": FILE_IO, **self.caller.storage_properties()})

    @cached_property
    def filesystem(self) -> S3FileSystem:
        return s3_filesystem(self.caller.storage_properties())

    def entry(self, table: exp.Table) -> dict[str, Any]:
        """Glue's entry of a table.

        Raises:
            FailedError: There is no such table or database.
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
        """Whether there is a table or view of a name; its database must be there."""
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
        """The Iceberg table of a name; None where it is another kind of table."""
        entry = self.entry(table)
        if entry.get("Parameters", {}).get("table_type", "").lower() != "iceberg":
            return None
        try:
            return self.catalog.load_table((entry["DatabaseName"], entry["Name"]))
        except (NoSuchTableError, FileNotFoundError) as error:
            text = f"Metadata not found in metadata location for table {entry['DatabaseName']}.{entry['Name']}"
            raise FailedError("ICEBERG_MISSING_METADATA", text) from error

    def rows(self, table: exp.Table, request: Request, run_view: Callable[[str, str], pa.Table]) -> pa.Table:
        """A table's rows.

        Args:
            table: The name in the query.
            request: What is wanted of it.
            run_view: Runs a view's SQL in its database.
        """
        metadata = table.name.partition("$")[2].lower()
        found = self.iceberg(table)
        if found is not None:
            return metadata_rows(found, metadata) if metadata else self._scan(found, request)
        entry = self.entry(table)
        if entry.get("TableType") == "VIRTUAL_VIEW":
            view = view_of(entry)
            return run_view(view["originalSql"], view["schema"])
        return self._hive_rows(entry, request)

    def files_below(self, location: str) -> list[str]:
        """Every object below a location."""
        selector = FileSelector(location.removeprefix("s3://").rstrip("/"), recursive=True, allow_not_found=True)
        return [f"s3://{info.path}" for info in self.filesystem.get_file_info(selector) if info.is_file]

    def remove(self, location: str) -> None:
        """Removes every object below a location."""
        for file in self.files_below(location):
            bucket, _, key = file.removeprefix("s3://").partition("/")
            self.s3.delete_object(Bucket=bucket, Key=key)

    def _scan(self, table: Table, request: Request) -> pa.Table:
        schema = table.scan(snapshot_id=request.snapshot_id).projection()
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
        keys = [key["Name"] for key in entry.get("PartitionKeys", ())]
        schema = pa.schema([(name, pa.string()) for name in keys])
        read = ds.dataset(
            storage["Location"].removeprefix("s3://").rstrip("/"),
            filesystem=self.filesystem,
            format="parquet",
            partitioning=ds.partitioning(schema, flavor="hive") if keys else None,
        )
        if request.rows:
            self.scanned += sum(self.filesystem.get_file_info(path).size for path in read.files)
            return read.to_table()
        return read.schema.empty_table()


@lru_cache(maxsize=32)
def _client(service: str, endpoint: str, region: str, *credentials: tuple[str, str]) -> Any:
    return boto3.client(service, endpoint_url=endpoint, region_name=region, **dict(credentials))


def view_of(entry: dict[str, Any]) -> dict[str, Any]:
    """What a view was made from: `originalSql`, `schema` and `columns`."""
    packed = entry["ViewOriginalText"].removeprefix(_VIEW_START).removesuffix(_VIEW_END)
    return dict(json.loads(base64.b64decode(packed)))


def view_text(sql: str, database: str, columns: Sequence[tuple[str, str]]) -> str:
    """A view as Glue keeps it."""
    view = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": name, "type": data_type} for name, data_type in columns],
    }
    return f"{_VIEW_START}{base64.b64encode(json.dumps(view).encode()).decode()}{_VIEW_END}"


def _bytes(task: FileScanTask, schema: Schema, columns: set[str]) -> int:
    """Bytes of a file's column chunks that are read, and of its delete files."""
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
    """The comparisons that make sense for a table; the others are left to the engine."""
    condition: BooleanExpression = AlwaysTrue()
    for comparison in comparisons:
        with suppress(ValueError, TypeError, NotImplementedError):
            bind(schema, comparison.condition, case_sensitive=False)
            condition = And(condition, comparison.condition)
    return condition
