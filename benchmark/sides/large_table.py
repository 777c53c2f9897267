"""Builds a table with many data files, of which only those of the last day have rows to read.

Each day has the same number of files, each of 1,000 consecutive ids. The other files exist only in the manifests, or
are empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntry, ManifestEntryStatus, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.typedef import Record
from pyiceberg.types import PrimitiveType

from benchmark.sides.datalake_sdk import TABLE, platform
from datalake_sdk.engine.data_file import DataFileWriter, FileLayout
from datalake_sdk.engine.iceberg_internals import CachedTransaction, SnapshotProducer
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import IngestionRequest

ROWS_PER_FILE = 1_000
_BYTES = 128 << 20
_DAY = 86_400_000_000
"""Microseconds."""
_LONG_AGO = 1_600_000_000
_COUNTS = ("record_count", "column_sizes", "value_counts", "null_value_counts", "nan_value_counts")


@dataclass(frozen=True)
class Shape:
    """Numbers of files, days and manifests, and the partition key."""

    files: int
    days: int
    manifests: int
    partition_key: str

    @property
    def rows_per_day(self) -> int:
        """Rows of each day."""
        return self.files // self.days * ROWS_PER_FILE

    def rows(self, first: int, count: int) -> pa.Table:
        """Consecutive rows of the table."""
        ids = np.arange(first, first + count)
        days, position = np.divmod(ids, self.rows_per_day)
        return pa.table(
            {
                "id": ids,
                "dt": pa.array(days.astype(np.int32)).cast(pa.date32()),
                "ts": pa.array(days * _DAY + position).cast(pa.timestamp("us")),
                "name": [f"name_{number % 997}" for number in ids],
                "category": [f"c{number % 8}" for number in ids],
                "amount": ids * 0.5,
                "score": ids % 7919 / 3,
                "quantity": ids % 100,
            }
        )

    def values(self, row: int) -> dict[str, int]:
        """Values of a row, as in the metadata of Iceberg."""
        day, position = divmod(row, self.rows_per_day)
        return {"id": row, "dt": day, "ts": day * _DAY + position}


def build(folder: str, files: int, days: int, manifests: int, partition_key: str, stored: bool) -> None:
    """Creates the table.

    Args:
        folder: Folder of the lake.
        files: Number of data files.
        days: Number of days.
        manifests: Number of manifests.
        partition_key: Partition key.
        stored: Whether all data files exist, and all files are old.
    """
    shape = Shape(files, days, manifests, partition_key)
    batch(folder, shape, 1)
    ingest(
        platform(folder), IngestionRequest(TABLE, partition_keys=(partition_key,)), FileInput(f"{folder}/batch.parquet")
    )
    table = load_table(platform(folder), TABLE)
    transaction = CachedTransaction(table)
    _Fabricated(transaction, shape, _Files(table, shape, stored)).commit()
    transaction.commit_transaction()
    if stored:
        for path in Path(folder).rglob("*"):
            os.utime(path, (_LONG_AGO, _LONG_AGO))


def batch(folder: str, shape: Shape, count: int) -> str:
    """Writes a batch with rows from the middle of the last day, and returns its path."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = f"{folder}/batch.parquet"
    pq.write_table(shape.rows(shape.rows_per_day * shape.days - shape.rows_per_day // 2, count), path)
    return path


class _Fabricated(SnapshotProducer):
    """A snapshot with the given data files only."""

    def __init__(self, transaction: Transaction, shape: Shape, files: _Files) -> None:
        super().__init__(Operation.OVERWRITE, transaction, {})
        self._shape, self._files = shape, iter(files)

    def manifests(self) -> list[ManifestFile]:
        return [self._manifest() for _ in range(self._shape.manifests)]

    def summary(self, properties: Mapping[str, str]) -> Summary:
        files = self._shape.files
        totals = {"total-data-files": str(files), "total-records": str(files * ROWS_PER_FILE)}
        return Summary(Operation.OVERWRITE, **totals, **properties)

    def _manifest(self) -> ManifestFile:
        with self.manifest_writer(ManifestContent.DATA, self.transaction.table_metadata.default_spec_id) as writer:
            for _ in range(self._shape.files // self._shape.manifests):
                writer.add(ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, data_file=next(self._files)))
        return writer.to_manifest_file()


@dataclass(frozen=True)
class _Files:
    """The data files of the table, in the order of their rows."""

    table: Table
    shape: Shape
    stored: bool

    def __iter__(self) -> Iterator[DataFile]:
        template = self._written(0)
        for number in range(self.shape.files):
            is_last_day = number >= self.shape.files - self.shape.files // self.shape.days
            yield self._written(number) if is_last_day else self._fabricated(number, template)

    def _partition(self, number: int) -> Record:
        (field,) = self.table.spec().fields
        column = self.table.schema().find_field(field.source_id)
        return Record(
            field.transform.transform(column.field_type)(self.shape.values(number * ROWS_PER_FILE)[column.name])
        )

    def _written(self, number: int) -> DataFile:
        layout = FileLayout("rows", self.table.io, self.table.metadata)
        writer = DataFileWriter(layout, layout.new_path("written"), self._partition(number))
        writer.write(self.shape.rows(number * ROWS_PER_FILE, ROWS_PER_FILE).cast(layout.schema))
        return writer.close()

    def _fabricated(self, number: int, template: DataFile) -> DataFile:
        first = number * ROWS_PER_FILE
        file = DataFile.from_args(
            **{name: getattr(template, name) for name in ("content", "file_format", *_COUNTS)},
            file_path=f"{self.table.location()}/data/{number:032x}.parquet",
            partition=self._partition(number),
            file_size_in_bytes=_BYTES,
            lower_bounds=template.lower_bounds | self._bounds(first),
            upper_bounds=template.upper_bounds | self._bounds(first + ROWS_PER_FILE - 1),
        )
        file.spec_id = template.spec_id
        if self.stored:
            Path(file.file_path.removeprefix("file://")).touch()
        return file

    def _bounds(self, row: int) -> dict[int, bytes]:
        columns = ((self.table.schema().find_field(name), value) for name, value in self.shape.values(row).items())
        return {
            column.field_id: to_bytes(column.field_type, value)
            for column, value in columns
            if isinstance(column.field_type, PrimitiveType)
        }
