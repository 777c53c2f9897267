"""Writes Parquet data files and creates their Iceberg metadata from the statistics that the Parquet writer collects."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
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
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    PrimitiveType,
    TimestampType,
    TimestamptzType,
)

from datalake_sdk.engine.by_identity import ByIdentity
from datalake_sdk.engine.extension_types import storage
from datalake_sdk.engine.required_columns import null_field, required_nested
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.table_properties import TARGET_FILE_BYTES
from datalake_sdk.errors import RequiredColumnError

ROW_GROUP_ROWS = 131_072
COMPRESSION_LEVEL = 1
_WRITE_BATCH_ROWS = 16_384
"""Rows that Arrow encodes at a time; with its default of 1,024, small files take 7 % more CPU time."""
_DICTIONARY_SHARE = 0.3
_NULL = re.compile("Column '(?P<column>.*)' is declared non-nullable but contains nulls")
"""https://github.com/apache/arrow/blob/main/cpp/src/parquet/arrow/writer.cc"""
_INTEGER_DIGITS = 18
"""Parquet stores decimals of up to this many digits as integers: https://iceberg.apache.org/spec/#parquet"""
_METRICS = "write.metadata.metrics."
"""Properties with this prefix choose the statistics: https://iceberg.apache.org/docs/latest/configuration/#write-properties"""


@dataclass(frozen=True)
class FileLayout:
    """Settings for the data files of one table version; shared by all threads of a write.

    Args:
        table: Name for messages.
        io: The table's storage.
        metadata: The table's metadata after the write; files have its current schema and spec.
        dictionary_columns: Columns to encode with a dictionary.
        optional_columns: Columns that may be null in these files even if the table requires them.
    """

    table: str
    io: FileIO
    metadata: TableMetadata
    dictionary_columns: tuple[str, ...] = ()
    optional_columns: frozenset[str] = frozenset()
    schema: pa.Schema = field(init=False)
    target_bytes: int = field(init=False)
    statistics_plan: dict[int, StatisticsCollector] = field(init=False)
    column_ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        target = TARGET_FILE_BYTES.read(self.table, self.metadata.properties)
        schema = self.metadata.schema()
        object.__setattr__(self, "schema", _with_optional(write_schema(schema), self.optional_columns))
        object.__setattr__(self, "target_bytes", target)
        metrics = {name: value for name, value in self.metadata.properties.items() if name.startswith(_METRICS)}
        object.__setattr__(self, "statistics_plan", _statistics_plan(ByIdentity(schema), tuple(metrics.items())))
        object.__setattr__(self, "column_ids", _column_ids(ByIdentity(schema)))

    def new_path(self, folder: str, suffix: str = "") -> str:
        """A unique path for a new file."""
        name = f"{uuid4().hex}{suffix}.parquet"
        provider = load_location_provider(self.metadata.location, self.metadata.properties)
        return provider.new_data_location(f"{folder}/{name}" if folder else name)


def _with_optional(schema: pa.Schema, columns: Collection[str]) -> pa.Schema:
    if not columns:
        return schema
    return pa.schema([field.with_nullable(field.nullable or field.name in columns) for field in schema])


@lru_cache(maxsize=64)
def _statistics_plan(schema: ByIdentity, metrics: tuple[tuple[str, str], ...]) -> dict[int, StatisticsCollector]:
    return compute_statistics_plan(schema.schema, dict(metrics))


@lru_cache(maxsize=64)
def _column_ids(schema: ByIdentity) -> dict[str, int]:
    return parquet_path_to_id_mapping(schema.schema)


def low_cardinality_columns(sample: pa.RecordBatch | pa.Table) -> tuple[str, ...]:
    """Columns with few enough distinct values for dictionary encoding; never nested columns.

    Args:
        sample: Some of the rows, in the table's schema.
    """
    limit = max(1, int(sample.num_rows * _DICTIONARY_SHARE))
    return tuple(
        name
        for name, column in zip(sample.schema.names, sample.columns, strict=True)
        if not pa.types.is_nested(column.type) and _has_at_most(limit, storage(column))
    )


def _has_at_most(distinct: int, column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column has at most this many distinct values; a part of it shows that unique values have more."""
    part, whole = column.slice(0, distinct + distinct // 8 + 1), column
    return all(pc.count_distinct(values, mode="all").as_py() <= distinct for values in (part, whole))


class DataFileWriter:
    """Writes rows of one partition into one Parquet file.

    Args:
        layout: Settings for data files.
        path: Location of the new file.
        partition: Partition of all rows.
    """

    def __init__(self, layout: FileLayout, path: str, partition: Record) -> None:
        self._layout = layout
        self._partition = partition
        self._path = path
        self._metadata: list[pq.FileMetaData] = []
        self._required = required_nested(layout.schema)
        self._nans = dict.fromkeys(_float_columns(layout), 0)
        self._sink = layout.io.new_output(path).create(overwrite=True)
        self._writer = pq.ParquetWriter(
            self._sink,
            layout.schema,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=list(layout.dictionary_columns),
            store_schema=False,
            store_decimal_as_integer=True,
            max_rows_per_page=ROW_GROUP_ROWS,
            write_batch_size=_WRITE_BATCH_ROWS,
            metadata_collector=self._metadata,
        )

    @property
    def is_full(self) -> bool:
        """Whether the file has reached its target size."""
        return bool(self._sink.tell() >= self._layout.target_bytes)

    def write(self, rows: pa.Table) -> None:
        """Writes rows in the layout's schema as one row group, or as several if there are many rows.

        Raises:
            RequiredColumnError: A required column, or a required field of a column, is null.
        """
        if (null_name := null_field(rows, self._required)) is not None:
            raise RequiredColumnError(self._layout.table, null_name)
        rows_per_group = rows.num_rows if rows.num_rows < 2 * ROW_GROUP_ROWS else ROW_GROUP_ROWS
        try:
            self._writer.write_table(rows, row_group_size=max(rows_per_group, 1))
        except pa.ArrowInvalid as error:
            if null := _NULL.search(str(error)):
                path = null_field(rows, rows.column_names) or null["column"]
                raise RequiredColumnError(self._layout.table, path) from error
            raise
        for name in self._nans:
            self._nans[name] += pc.sum(pc.is_nan(rows[name])).as_py() or 0

    def close(self) -> DataFile:
        """Completes the file.

        Returns:
            The file's metadata, with the statistics that readers use to skip files.
        """
        self._writer.close()
        size = self._sink.tell()
        self._sink.close()
        nans = {self._layout.column_ids[name]: count for name, count in self._nans.items()}
        return data_file(self._layout, self._path, self._metadata[0], size, self._partition, nans)

    def abandon(self) -> None:
        """Closes the file handle; the staging area removes the incomplete file."""
        with suppress(OSError, RuntimeError, pa.ArrowException):
            self._writer.close()
        with suppress(OSError):
            self._sink.close()


def _float_columns(layout: FileLayout) -> list[str]:
    """Columns with bounds, in which readers must know whether there are NaN values: no bound includes them."""
    floating = [field.name for field in layout.schema if pa.types.is_floating(field.type)]
    modes = {name: layout.statistics_plan[layout.column_ids[name]].mode.type for name in floating}
    return [name for name in floating if modes[name] != MetricModeTypes.NONE]


def data_file(
    layout: FileLayout,
    path: str,
    parquet: pq.FileMetaData,
    size: int,
    partition: Record,
    nan_counts: Mapping[int, int] | None = None,
) -> DataFile:
    """The Iceberg metadata of a Parquet file.

    Args:
        layout: Settings for data files.
        path: Location of the file.
        parquet: Footer of the file, with the statistics that readers use to skip files.
        size: Size of the file in bytes.
        partition: Partition of all its rows.
        nan_counts: Number of NaN values by field id; None if unknown. Floats then have no bounds: deletions by other
            engines would take them for bounds of all values.
    """
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **_statistics(parquet, layout, has_nan_counts=nan_counts is not None).to_serialized_dict()
        | {"nan_value_counts": nan_counts or None},
    )
    file.spec_id = layout.metadata.default_spec_id
    return file


def _statistics(parquet: pq.FileMetaData, layout: FileLayout, *, has_nan_counts: bool) -> DataFileStatistics:
    collect = partial(data_file_statistics_from_parquet_metadata, parquet, parquet_column_mapping=layout.column_ids)
    plan = _with_stored_decimals(layout.statistics_plan, parquet, layout.column_ids)
    plan = plan if has_nan_counts else _without_bounds(plan, (FloatType, DoubleType))
    try:
        return collect(stats_columns=plan)
    except OverflowError:
        # pyiceberg cannot represent bounds after the year 9999.
        return collect(stats_columns=_without_bounds(plan, (DateType, TimestampType, TimestamptzType)))


def _with_stored_decimals(
    plan: dict[int, StatisticsCollector], parquet: pq.FileMetaData, column_ids: Mapping[str, int]
) -> dict[int, StatisticsCollector]:
    """Adapts the types of decimals to the file, which may store fewer digits than the table: pyiceberg rejects others.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/io/pyarrow.py
    """
    if not any(isinstance(collector.iceberg_type, DecimalType) for collector in plan.values()):
        return plan
    columns = [parquet.schema.column(index) for index in range(parquet.num_columns)]
    stored = {column_ids[column.path]: column.physical_type for column in columns if column.path in column_ids}
    return {field_id: _stored_decimal(collector, stored.get(field_id)) for field_id, collector in plan.items()}


def _stored_decimal(collector: StatisticsCollector, physical_type: str | None) -> StatisticsCollector:
    if not isinstance(collector.iceberg_type, DecimalType):
        return collector
    if physical_type in ("INT32", "INT64"):
        return replace(collector, iceberg_type=DecimalType(_INTEGER_DIGITS, collector.iceberg_type.scale))
    return replace(collector, mode=MetricsMode(MetricModeTypes.COUNTS)) if physical_type == "BYTE_ARRAY" else collector


def _without_bounds(
    plan: Mapping[int, StatisticsCollector], types: tuple[type[PrimitiveType], ...]
) -> dict[int, StatisticsCollector]:
    """Reduces the metrics of columns with the given types to counts."""
    counts = MetricsMode(MetricModeTypes.COUNTS)
    return {
        field_id: replace(collector, mode=counts) if isinstance(collector.iceberg_type, types) else collector
        for field_id, collector in plan.items()
    }
