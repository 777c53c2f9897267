"""A lake written by pyiceberg alone, to test reading without the SDK's writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.types import LongType, StringType

from datalake_sdk.operations.query import query
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import TableName

PATH_ID, POSITION_ID = 2147483546, 2147483545
"""https://iceberg.apache.org/spec/#reserved-field-ids"""


class PyicebergLake:
    """An embedded lake whose tables are created by pyiceberg."""

    def __init__(self, root: Path, stage: str | None = None) -> None:
        self.root = root
        self.platform = open_platform(resolve_environment(None, None, stage, local_root=root))

    def create(
        self,
        name: str,
        schema: Schema | pa.Schema | None = None,
        rows: Iterable[Mapping[str, Any]] = (),
        spec: PartitionSpec | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> Table:
        """Creates a table, by default with the schema of the rows."""
        batch = pa.Table.from_pylist(list(rows)) if schema is None else None
        table = TableName.parse(name)
        identifier = table.identifier(self.platform.environment)
        self.platform.catalog.create_namespace_if_not_exists(identifier[0])
        created = self.platform.catalog.create_table(
            identifier,
            schema or batch.schema,
            location=self.platform.table_location(table),
            properties=dict(properties or {}),
            **({"partition_spec": spec} if spec else {}),
        )
        if rows:
            self.append(created, rows)
        return created

    def append(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
        """Appends rows as one file; returns the snapshot's id."""
        table.append(pa.Table.from_pylist(list(rows), schema=table.schema().as_arrow()))
        return table.current_snapshot().snapshot_id

    def query(self, statement: str) -> list[dict[str, Any]]:
        return query(self.platform, statement).read_all().to_pylist()

    def files(self) -> set[Path]:
        """All files except the run ledger, which is written in the background."""
        return {path for path in self.root.rglob("*") if path.is_file() and "runs" not in path.parts}


@pytest.fixture
def lake(tmp_path: Path) -> PyicebergLake:
    return PyicebergLake(tmp_path / "lake")


@pytest.fixture
def stages(lake: PyicebergLake) -> dict[str, PyicebergLake]:
    """The same lake as three stages."""
    return {stage: PyicebergLake(lake.root, stage) for stage in ("prod", "dev", "dev_2")}


@pytest.fixture
def delete_positions() -> Any:
    """Commits position deletes as Spark does: `delete_positions(table, [0, 2])` for each data file of the table."""
    return _delete_positions


def _delete_positions(
    table: Table,
    positions: Sequence[int],
    scheme: str = "file://",
    content: DataFileContent = DataFileContent.POSITION_DELETES,
) -> None:
    deletes = [_delete_file(table, task.file, positions, scheme, content) for task in table.scan().plan_files()]
    with (
        table.transaction() as transaction,
        _RowDelta(operation=Operation.OVERWRITE, transaction=transaction, io=table.io) as update,
    ):
        update.deletes = deletes


class _DeletesWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class _RowDelta(_FastAppendFiles):
    deletes: Sequence[DataFile] = ()

    def _manifests(self) -> list[ManifestFile]:
        spec = self.spec(self.deletes[0].spec_id)
        output = self.new_manifest_output()
        with _DeletesWriter(spec, self.schema(), output, self._snapshot_id, self._compression) as writer:
            for file in self.deletes:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                )
        return [writer.to_manifest_file(), *super()._manifests()]


def _delete_file(
    table: Table, file: DataFile, positions: Sequence[int], scheme: str, content: DataFileContent
) -> DataFile:
    path = table.location().removeprefix("file://") + f"/data/{uuid4().hex}-deletes.parquet"
    named = scheme + file.file_path.removeprefix("file://")
    schema = pa.schema([_field("file_path", pa.string(), PATH_ID), _field("pos", pa.int64(), POSITION_ID)])
    pq.write_table(pa.table([[named] * len(positions), list(positions)], schema=schema), path)
    bounds = {PATH_ID: to_bytes(StringType(), file.file_path)}
    written = DataFile.from_args(
        content=content,
        file_path=f"file://{path}",
        file_format=FileFormat.PARQUET,
        partition=file.partition,
        record_count=len(positions),
        file_size_in_bytes=Path(path).stat().st_size,
        lower_bounds={**bounds, POSITION_ID: to_bytes(LongType(), min(positions))},
        upper_bounds={**bounds, POSITION_ID: to_bytes(LongType(), max(positions))},
    )
    written.spec_id = file.spec_id
    return written


def _field(name: str, data_type: pa.DataType, field_id: int) -> pa.Field:
    return pa.field(name, data_type, nullable=False, metadata={"PARQUET:field_id": str(field_id)})
