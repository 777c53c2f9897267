"""One Parquet data file: rows go in, an Iceberg manifest entry comes out, statistics taken from the writer itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    DataFileStatistics,
    MetricModeTypes,
    MetricsMode,
    StatisticsCollector,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record
from pyiceberg.types import DateType, TimestampType, TimestamptzType
from pyiceberg.utils.properties import property_as_int

from datalake_sdk.engine.extension_types import storage
from datalake_sdk.engine.schema import write_schema

ROW_GROUP_ROWS = 131_072
TARGET_FILE_BYTES = 128 << 20
TARGET_FILE_BYTES_PROPERTY = "write.target-file-size-bytes"
_COMPRESSION_LEVEL = 1
_DICTIONARY_SHARE = 0.3


@dataclass(frozen=True)
class FileLayout:
    """How data files of one table version are written; shared by all writers of one write.

    Args:
        table: Name for messages.
        io: The table's storage.
        metadata: The table as it will be after the write: its current schema and spec are written.
        dictionary_columns: Columns worth a dictionary.
    """

    table: str
    io: FileIO
    metadata: TableMetadata
    dictionary_columns: tuple[str, ...] = ()
    schema: pa.Schema = field(init=False)
    target_bytes: int = field(init=False)
    statistics_plan: dict[int, StatisticsCollector] = field(init=False)
    column_ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        target = property_as_int(self.metadata.properties, TARGET_FILE_BYTES_PROPERTY, TARGET_FILE_BYTES)
        object.__setattr__(self, "schema", write_schema(self.metadata.schema()))
        object.__setattr__(self, "target_bytes", target)
        plan = compute_statistics_plan(self.metadata.schema(), self.metadata.properties)
        object.__setattr__(self, "statistics_plan", plan)
        object.__setattr__(self, "column_ids", parquet_path_to_id_mapping(self.metadata.schema()))

    def new_path(self, folder: str, suffix: str = "") -> str:
        """A path that no other writer uses."""
        name = f"{uuid4().hex}{suffix}.parquet"
        provider = load_location_provider(self.metadata.location, self.metadata.properties)
        return provider.new_data_location(f"{folder}/{name}" if folder else name)


def low_cardinality_columns(sample: pa.RecordBatch | pa.Table) -> tuple[str, ...]:
    """Columns that repeat themselves enough for a dictionary to pay; nested columns never do.

    Args:
        sample: Some of the rows, in the table's schema.
    """
    limit = max(1, int(sample.num_rows * _DICTIONARY_SHARE))
    return tuple(
        name
        for name, column in zip(sample.schema.names, sample.columns, strict=True)
        if not pa.types.is_nested(column.type) and pc.count_distinct(storage(column), mode="all").as_py() <= limit
    )


class DataFileWriter:
    """Writes rows of one partition into one Parquet file.

    Args:
        layout: How to write.
        path: Where; nothing is there yet.
        partition: Partition of all the rows.
    """

    def __init__(self, layout: FileLayout, path: str, partition: Record) -> None:
        self._layout = layout
        self._partition = partition
        self._path = path
        self._metadata: list[pq.FileMetaData] = []
        self._sink = layout.io.new_output(path).create(overwrite=True)
        self._writer = pq.ParquetWriter(
            self._sink,
            layout.schema,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            use_dictionary=list(layout.dictionary_columns),
            store_schema=False,
            max_rows_per_page=ROW_GROUP_ROWS,
            metadata_collector=self._metadata,
        )

    @property
    def is_full(self) -> bool:
        """Whether the file has reached its target size."""
        return bool(self._sink.tell() >= self._layout.target_bytes)

    def write(self, rows: pa.Table) -> None:
        """Adds rows in the layout's schema: one row group, or several when they are many."""
        rows_a_group = rows.num_rows if rows.num_rows < 2 * ROW_GROUP_ROWS else ROW_GROUP_ROWS
        self._writer.write_table(rows, row_group_size=max(rows_a_group, 1))

    def close(self) -> DataFile:
        """Completes the file.

        Returns:
            The manifest entry's data file, with the statistics that Iceberg's readers prune by.
        """
        self._writer.close()
        size = self._sink.tell()
        self._sink.close()
        return self._data_file(self._metadata[0], size)

    def abandon(self) -> None:
        """Releases the file's handle; the file itself is removed by whoever keeps the list of paths."""
        with suppress(OSError, RuntimeError, pa.ArrowException):
            self._writer.close()
        with suppress(OSError):
            self._sink.close()

    def _data_file(self, parquet: pq.FileMetaData, size: int) -> DataFile:
        statistics = _statistics(parquet, self._layout)
        data_file = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self._path,
            file_format=FileFormat.PARQUET,
            partition=self._partition,
            file_size_in_bytes=size,
            sort_order_id=None,
            equality_ids=None,
            key_metadata=None,
            **statistics.to_serialized_dict(),
        )
        data_file.spec_id = self._layout.metadata.default_spec_id
        return data_file


def _statistics(parquet: pq.FileMetaData, layout: FileLayout) -> DataFileStatistics:
    collect = partial(data_file_statistics_from_parquet_metadata, parquet, parquet_column_mapping=layout.column_ids)
    try:
        return collect(stats_columns=layout.statistics_plan)
    except OverflowError:
        return collect(stats_columns=_without_temporal_bounds(layout.statistics_plan))


def _without_temporal_bounds(plan: Mapping[int, StatisticsCollector]) -> dict[int, StatisticsCollector]:
    """Counts only for dates and timestamps: pyiceberg reads bounds as Python's, which end with the year 9999."""
    temporal = (DateType, TimestampType, TimestamptzType)
    counts = MetricsMode(MetricModeTypes.COUNTS)
    return {
        field_id: replace(collector, mode=counts) if isinstance(collector.iceberg_type, temporal) else collector
        for field_id, collector in plan.items()
    }
