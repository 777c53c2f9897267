"""Shortcuts to write and read one table on any platform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from datalake_sdk.contracts.parsing import parse_table
from datalake_sdk.engine.maintenance import MaintenanceResult
from datalake_sdk.engine.writer import Writer
from datalake_sdk.operations.ingest import IngestionResult, ingest
from datalake_sdk.operations.maintain_table import maintain_table, native_writer
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import (
    DuplicateKeys,
    EmptyBatch,
    Environment,
    IngestionMode,
    IngestionRequest,
    TableName,
    TableStorage,
    new_ingestion_id,
)
from datalake_sdk.table_contract import TableConfiguration


class Lake:
    """One table of a lake."""

    table = TableName("sales", "orders")

    def __init__(self, root: Path | None = None, stage: str = "dev") -> None:
        self.local_root = root
        self.platform = open_platform(self.environment(root, stage))

    @staticmethod
    def environment(root: Path | None, stage: str) -> Environment:
        return Environment("shop", "sales", stage, local_root=root)

    @property
    def root(self) -> Path:
        """Folder of an embedded lake."""
        assert self.local_root is not None, "mark the test with local_files"
        return self.local_root

    def again(self) -> Lake:
        """The same lake, opened again as another process would."""
        return type(self)(self.local_root)

    def named(self, table: str) -> Lake:
        """The same lake, for another table."""
        other = type(self)(self.local_root, self.platform.environment.stage_name)
        other.table = TableName("sales", table)
        return other

    def native(self) -> Lake:
        """The same table, written by the native engine."""
        return self

    def ingest(
        self,
        rows: pa.Table | pa.RecordBatchReader | Iterable[Mapping[str, Any]],
        mode: str = "append",
        keys: tuple[str, ...] = (),
        partitions: tuple[str, ...] | None = None,
        ingestion_id: str | None = None,
        configuration: TableConfiguration | None = None,
        empty: str = "ignore",
        on_duplicate: str = "refuse",
        contract: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> IngestionResult:
        if contract is not None:
            configuration = parse_table("contract", contract)
        batch = rows if hasattr(rows, "__arrow_c_stream__") else pa.Table.from_pylist(list(rows))
        return self.write(
            batch,
            IngestionMode(mode),
            upsert_keys=keys,
            partition_keys=partitions,
            configuration=configuration or TableConfiguration(),
            ingestion_id=ingestion_id or new_ingestion_id(),
            empty=EmptyBatch(empty),
            on_duplicate=DuplicateKeys(on_duplicate),
            **options,
        )

    def write(self, batch: Any, mode: IngestionMode = IngestionMode.APPEND, **fields: Any) -> IngestionResult:
        """Writes a dataframe or files; takes the fields of `IngestionRequest`."""
        return ingest(self.platform, IngestionRequest(self.table, mode, **fields), batch, writer=self.writer())

    def writer(self) -> Writer:
        """The engine under test."""
        return native_writer(self.platform)

    def upsert(self, rows: pa.Table | Iterable[Mapping[str, Any]], keys: tuple[str, ...] = ("id",)) -> IngestionResult:
        return self.ingest(rows, "upsert", keys)

    def maintain(self, force: bool = True) -> MaintenanceResult:
        return maintain_table(self.platform, self.table, force=force, writer=self.writer()).maintenance

    def configure(self, properties: Mapping[str, str]) -> None:
        """Sets table properties."""
        with self.iceberg().transaction() as transaction:
            transaction.set_properties(dict(properties))

    def use_storage(self, prefix: str) -> None:
        """Makes pyiceberg use a test's FileIO class, whose name is `prefix` followed by `IO`, or by `S3IO` on AWS."""
        self.platform.catalog.properties["py-io-impl"] = prefix + ("S3IO" if self.local_root is None else "IO")

    def rows(self) -> list[dict[str, Any]]:
        """All rows, ordered by their values."""
        return sorted(self.arrow().to_pylist(), key=repr)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return read_table(self.platform, self.table).read_all()

    def iceberg(self) -> Any:
        """The pyiceberg table."""
        return load_table(self.platform, self.table)

    def exists(self) -> bool:
        return bool(self.platform.catalog.table_exists(self.table.identifier(self.platform.environment)))

    def files(self) -> set[str]:
        """Locations of all files in storage, without the run ledger."""
        if self.local_root is not None:
            files = (path for path in self.local_root.rglob("*") if path.is_file() and "runs" not in path.parts)
            return {f"file://{path}" for path in files}
        bucket = self.platform.environment.data_bucket
        pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
        return {f"s3://{bucket}/{key}" for key in keys if not key.endswith("/")}

    def data_files(self) -> set[str]:
        """Locations of the data files in storage, referenced or not."""
        return {file for file in self.files() if "/data/" in file and file.endswith(".parquet")}

    def referenced_files(self) -> set[str]:
        """Locations of the data files that a snapshot refers to; Spark writes them with one slash."""
        locations = self.iceberg().inspect.all_data_files()["file_path"].to_pylist()
        return {re.sub("^file:/(?=[^/])", "file:///", location) for location in locations}

    def schema(self) -> dict[str, str]:
        return {field.name: str(field.field_type) for field in self.iceberg().schema().fields}


@cache
def _s3() -> Any:
    return AwsSession().client("s3")


class TableBucketLake(Lake):
    """One table of a table bucket of S3 Tables."""

    @staticmethod
    def environment(root: Path | None, stage: str) -> Environment:
        return Environment("shop", "sales", stage, table_storage=TableStorage.S3_TABLES)
