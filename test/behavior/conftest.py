"""A lake to write into; every behaviour runs on each platform that exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

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


class Lake:
    """Writes and reads one table in few words."""

    table = TableName("sales", "orders")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.platform = open_platform(Environment("shop", "sales", "dev", local_root=root))

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

    def data_files(self) -> set[Path]:
        """Data files on disk, referenced or not."""
        return set(self.root.rglob("data/**/*.parquet"))

    def schema(self) -> dict[str, str]:
        return {field.name: str(field.field_type) for field in self.iceberg().schema().fields}


@pytest.fixture(params=["local"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


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
        late = Lake(lake.root)
        late.platform.__dict__["catalog"] = Interrupted(late.platform.catalog, lambda: other(lake), times)
        return late

    return interrupt
