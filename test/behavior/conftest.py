"""A lake to write into; every behaviour runs on each platform that exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest

from datalake_sdk.operations.ingest import IngestionResult, ingest_dataframe
from datalake_sdk.operations.lookup import load_table
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import (
    Environment,
    IngestionMode,
    OutputTable,
    TableConfiguration,
    TableName,
)
from test.emulator import Emulator
from test.emulator.domain import empty_domain


class Lake:
    """Writes and reads one table in few words."""

    table = TableName("sales", "orders")

    def __init__(self, root: Path | None = None, stage: str = "dev") -> None:
        self.local_root = root
        self.platform = open_platform(Environment("shop", "sales", stage, local_root=root))

    @property
    def root(self) -> Path:
        """Folder of an embedded lake."""
        assert self.local_root is not None, "mark the test as needing local_files"
        return self.local_root

    def again(self) -> Lake:
        """The same lake, as another process opens it."""
        return Lake(self.local_root)

    def named(self, table: str) -> Lake:
        """The same lake, with another table in hand."""
        other = Lake(self.local_root, self.platform.environment.stage_name)
        other.table = TableName("sales", table)
        return other

    def ingest(
        self,
        rows: pa.Table | pa.RecordBatchReader | Iterable[Mapping[str, Any]],
        mode: str = "append",
        keys: tuple[str, ...] = (),
        partitions: tuple[str, ...] | None = None,
        ingestion_id: str | None = None,
        configuration: TableConfiguration | None = None,
    ) -> IngestionResult:
        batch = rows if hasattr(rows, "__arrow_c_stream__") else pa.Table.from_pylist(list(rows))
        output = OutputTable(IngestionMode(mode), keys, partitions, configuration or TableConfiguration())
        return ingest_dataframe(self.platform, self.table, batch, output, ingestion_id=ingestion_id)

    def upsert(self, rows: pa.Table | Iterable[Mapping[str, Any]], keys: tuple[str, ...] = ("id",)) -> IngestionResult:
        return self.ingest(rows, "upsert", keys)

    def rows(self) -> list[dict[str, Any]]:
        """All rows, ordered by their values."""
        return sorted(read_table(self.platform, self.table).read_all().to_pylist(), key=repr)

    def iceberg(self) -> Any:
        """The pyiceberg table."""
        return load_table(self.platform, self.table)

    def exists(self) -> bool:
        return bool(self.platform.catalog.table_exists(self.table.identifier(self.platform.environment)))

    def files(self) -> set[str]:
        """Locations of all files in storage."""
        if self.local_root is not None:
            return {f"file://{path}" for path in self.local_root.rglob("*") if path.is_file()}
        s3, bucket = boto3.client("s3"), self.platform.environment.data_bucket
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
        return {f"s3://{bucket}/{key}" for key in keys if not key.endswith("/")}

    def data_files(self) -> set[str]:
        """Locations of the data files in storage, referenced or not."""
        return {file for file in self.files() if "/data/" in file and file.endswith(".parquet")}

    def schema(self) -> dict[str, str]:
        return {field.name: str(field.field_type) for field in self.iceberg().schema().fields}


@pytest.fixture(params=["local", "aws"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "local":
        return Lake(tmp_path / "lake")
    if request.node.get_closest_marker("local_files"):
        pytest.skip("AWS lacks the capability local_files")
    domain = request.getfixturevalue("domain")
    assert domain
    return Lake()


@pytest.fixture
def production(request: pytest.FixtureRequest, lake: Lake) -> Lake:
    """Another stage beside the lake."""
    if lake.local_root is None:
        empty_domain(request.getfixturevalue("account"), Environment("shop", "sales", "prod"), databases=("sales",))
    return Lake(lake.local_root, "prod")


@pytest.fixture
def domain(account: Emulator) -> Environment:
    """What domain_factory makes, as far as writing and reading tables needs it; without any table."""
    return empty_domain(account, Environment("shop", "sales", "dev"), databases=("sales",))


class Interrupted:
    """A catalog that lets somebody else in before each of the first commits."""

    def __init__(self, catalog: Any, other: Callable[[], object], times: int = 1) -> None:
        self._catalog = catalog
        self._other = other
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def commit_table(self, *arguments: Any) -> Any:
        if self._times:
            self._times -= 1
            self._other()
        return self._catalog.commit_table(*arguments)


@pytest.fixture
def interrupted(lake):
    """A second view of the lake, whose next commit comes too late."""

    def interrupt(other: Callable[[Lake], object], times: int = 1) -> Lake:
        late = lake.again()
        late.platform.__dict__["catalog"] = Interrupted(late.platform.catalog, lambda: other(lake), times)
        return late

    return interrupt
