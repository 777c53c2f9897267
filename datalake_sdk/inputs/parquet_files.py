"""Parquet files: united by column name from their footers, decoded one row group at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from datalake_sdk.batches import BatchTask
from datalake_sdk.errors import (
    ConflictingInputTypesError,
    CorruptInputError,
    DeclaredTypeError,
    RepeatedColumnError,
)
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.plain_types import plain_schema
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.naming import normalized_column_name

GROUP_LIMIT = 32 << 20
"""Bytes, without compression, up to which a row group is one task; a larger one is decoded in slices as they are
asked for."""
_SLICE_ROWS = 64 << 10
_READ_SIZE = 1 << 20
_KINDS = {
    "integer": pa.types.is_integer,
    "floating": pa.types.is_floating,
    "decimal": pa.types.is_decimal,
    "date": pa.types.is_date,
    "timestamp": pa.types.is_timestamp,
    "text": lambda data_type: pa.types.is_string(data_type) or pa.types.is_large_string(data_type),
    "binary": lambda data_type: pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type),
}


@dataclass(frozen=True)
class _Footer:
    file: InputFile
    size: int
    metadata: pq.FileMetaData
    schema: pa.Schema

    def open(self) -> pq.ParquetFile:
        # Without these two Arrow holds the compressed row group whole. https://github.com/apache/arrow/issues/39808
        source = self.file.open_for_arrow()
        return pq.ParquetFile(source, metadata=self.metadata, pre_buffer=False, buffer_size=_READ_SIZE)


class ParquetStream:
    """Rows of Parquet files, united by column name.

    Args:
        files: In the order of their rows; at least one.
        options: Declared types, to which columns are cast.
        group_limit: Bytes up to which a row group is decoded at once.
        schema: Of every batch, where these are some of an input's files; None unites these.

    Raises:
        CorruptInputError: A file has no readable footer.
        ConflictingInputTypesError: No type holds a column's types in two files.
    """

    def __init__(
        self,
        files: Sequence[InputFile],
        options: InputOptions,
        group_limit: int = GROUP_LIMIT,
        schema: pa.Schema | None = None,
    ) -> None:
        self._footers = [_footer(file) for file in files]
        self._group_limit = group_limit
        self._declared = {name: options.types[name] for name in options.declared if name in options.types}
        self.schema = schema or _united(self._footers, self._declared)
        self.total_bytes: int | None = sum(footer.size for footer in self._footers)
        self.bytes_read = 0

    def tasks(self) -> Iterator[BatchTask]:
        self.bytes_read = 0
        for footer in self._footers:
            before, groups = self.bytes_read, footer.metadata.num_row_groups
            for group in range(groups):
                yield from self._group_tasks(footer, group)
                self.bytes_read = before + footer.size * (group + 1) // groups

    def settle(self) -> None:
        """Nothing to settle: the footers say the types."""

    def row_groups(self) -> Iterator[tuple[InputFile, Sequence[int]]]:
        """Each file, and the sizes of its row groups in bytes, without compression."""
        for footer in self._footers:
            groups = range(footer.metadata.num_row_groups)
            yield footer.file, [footer.metadata.row_group(group).total_byte_size for group in groups]

    def group_tasks(self, groups: Iterable[int]) -> Iterator[BatchTask]:
        """Tasks for some row groups of the only file."""
        (footer,) = self._footers
        for group in groups:
            yield from self._group_tasks(footer, group)

    def _group_tasks(self, footer: _Footer, group: int) -> Iterator[BatchTask]:
        if footer.metadata.row_group(group).total_byte_size <= self._group_limit:
            yield partial(self._decoded_group, footer, group)
            return
        for batch in _slices(footer, group):
            yield partial(self._fitted, footer, batch)

    def _decoded_group(self, footer: _Footer, group: int) -> pa.RecordBatch:
        try:
            with footer.open() as file:
                table = file.read_row_group(group, use_threads=False)
        except (ValueError, OSError) as error:
            raise CorruptInputError(footer.file.name, str(error)) from None
        arrays = [_whole(column) for column in table.columns]
        return self._fitted(footer, pa.RecordBatch.from_arrays(arrays, schema=table.schema))

    def _fitted(self, footer: _Footer, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        arrays = [
            self._cast(footer, field, columns[field.name])
            if field.name in columns
            else pa.nulls(batch.num_rows, field.type)
            for field in self.schema
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _cast(self, footer: _Footer, field: pa.Field, array: pa.Array) -> pa.Array:
        if array.type == field.type:
            return array
        try:
            return array.cast(field.type)
        except (ValueError, pa.ArrowNotImplementedError) as error:
            if normalized_column_name(field.name) in self._declared:
                value = _first_misfit(array, field.type)
                raise DeclaredTypeError(f"input '{footer.file.name}'", field.name, value, str(field.type)) from None
            first = (footer.file.name, f"{array.type} ({error})")
            raise ConflictingInputTypesError(field.name, first, ("other files", str(field.type))) from None


def _footer(file: InputFile) -> _Footer:
    try:
        with pq.ParquetFile(file.open_for_arrow()) as opened:
            metadata, schema = opened.metadata, opened.schema_arrow
    except (ValueError, OSError) as error:
        raise CorruptInputError(file.name, str(error)) from None
    repeated = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if repeated is not None:
        raise RepeatedColumnError(f"input '{file.name}'", repeated)
    return _Footer(file, file.size, metadata, plain_schema(schema))


def _united(footers: Sequence[_Footer], declared: Mapping[str, pa.DataType]) -> pa.Schema:
    united: dict[str, tuple[str, pa.DataType]] = {}
    for footer in footers:
        for field in footer.schema:
            binding = declared.get(normalized_column_name(field.name))
            first, before = united.get(field.name, (footer.file.name, field.type))
            both = binding or _united_type(before, field.type)
            if both is None:
                second = (footer.file.name, str(field.type))
                raise ConflictingInputTypesError(field.name, (first, str(before)), second)
            united[field.name] = (first, both)
    return pa.schema([(name, data_type) for name, (_, data_type) in united.items()])


def _united_type(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
    kinds = {_kind(first), _kind(second)}
    if kinds == {"integer", "floating"}:
        return pa.float64()
    if kinds == {"date", "timestamp"}:
        return first if pa.types.is_timestamp(first) else second
    if kinds in ({"decimal", "floating"}, {"text", "binary"}):
        return None
    try:
        schemas = [pa.schema([("both", data_type)]) for data_type in (first, second)]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (ValueError, TypeError):
        return None


def _kind(data_type: pa.DataType) -> str:
    return next((kind for kind, belongs in _KINDS.items() if belongs(data_type)), "other")


def _slices(footer: _Footer, group: int) -> Iterator[pa.RecordBatch]:
    try:
        with footer.open() as file:
            yield from file.iter_batches(_SLICE_ROWS, row_groups=[group], use_threads=False)
    except (ValueError, OSError) as error:
        raise CorruptInputError(footer.file.name, str(error)) from None


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _first_misfit(array: pa.Array, target: pa.DataType) -> str:
    for row in range(len(array)):
        try:
            array.slice(row, 1).cast(target)
        except ValueError:
            return str(array[row].as_py())
    return str(array.type)
