"""Streams files that store a schema, such as Parquet: columns are combined by name, pieces decoded in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pyarrow as pa

from datalake_sdk.batches import BatchTask, FilesTask, FileTask
from datalake_sdk.errors import (
    ConflictingInputTypesError,
    DatalakeError,
    DeclaredTypeError,
    InvalidValuesError,
    RepeatedColumnError,
)
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.plain_arrays import plain_array
from datalake_sdk.inputs.source import SMALL_SIZE
from datalake_sdk.inputs.type_names import type_name
from datalake_sdk.microseconds import floored_to_microseconds, has_nanoseconds
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.plain_types import plain_type

_KINDS = {
    "integer": pa.types.is_integer,
    "floating": pa.types.is_floating,
    "decimal": pa.types.is_decimal,
    "date": pa.types.is_date,
    "timestamp": pa.types.is_timestamp,
    "text": lambda data_type: pa.types.is_string(data_type) or pa.types.is_large_string(data_type),
    "binary": lambda data_type: pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type),
}


_GROUP_SIZE = 4 << 20
"""Maximum size of small files that are decoded together, in bytes before compression."""


@dataclass(frozen=True)
class Span:
    """A range of a file that can be decoded independently.

    Args:
        start: First position, in units of the format: a row group, a stripe, a byte.
        end: Position after the last one.
        size: Approximate size in bytes.
    """

    start: int
    end: int
    size: int


@dataclass(frozen=True)
class Piece:
    """Rows that are decoded together.

    Args:
        decode: Returns the rows in the file's schema; may run in any thread.
        end: Position in the file after these rows, for progress.
    """

    decode: BatchTask
    end: int


class TypedFile(Protocol):
    """One file of a format that stores a schema.

    Attributes:
        name: For messages.
        size: Size in bytes.
        schema: Columns in plain types.
    """

    name: str
    size: int
    schema: pa.Schema

    def spans(self) -> Iterator[Span]:
        """The smallest ranges that other processes can decode independently, in order."""

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        """The rows of a range; by default of the whole file."""


class TypedStream:
    """Rows of files of one format, with columns combined by name.

    Args:
        files: At least one, in the order of their rows.
        options: Declared types, which columns are cast to.
        schema: Schema of the batches; None combines the schemas of the files.

    Raises:
        RepeatedColumnError: A file has two columns with the same name.
        ConflictingInputTypesError: The types of a column in two files have no common type.
    """

    def __init__(self, files: Sequence[TypedFile], options: InputOptions, schema: pa.Schema | None = None) -> None:
        self.files = files
        self._declared = {name: options.types[name] for name in options.declared if name in options.types}
        self.schema = schema or _combined_schema(files, self._declared)
        self.total_bytes: int | None = sum(file.size for file in files)
        self.bytes_read = 0

    def tasks(self) -> Iterator[BatchTask]:
        self.bytes_read = before = 0
        for files in _groups(self.files):
            yield from self._tasks_of_file(files[0]) if len(files) == 1 else [self._task_of_files(files)]
            before = self.bytes_read = before + sum(file.size for file in files)

    def resolve_types(self) -> None:
        """Does nothing: the files store the types."""

    def fitted(self, name: str, piece: Piece) -> pa.RecordBatch:
        """Decodes rows of the file `name` to the stream's schema; columns missing in the file are null."""
        return self._fitted(name, piece.decode())

    def _tasks_of_file(self, file: TypedFile) -> Iterator[BatchTask]:
        before = self.bytes_read
        for piece in file.pieces():
            yield FileTask(file.name, partial(self.fitted, file.name, piece))
            self.bytes_read = before + piece.end

    def _task_of_files(self, files: Sequence[TypedFile]) -> BatchTask:
        return FilesTask([file.name for file in files], partial(self._fitted_together, files), partial(_counts, files))

    def _fitted_together(self, files: Sequence[TypedFile]) -> pa.RecordBatch:
        batches = [(file.name, piece.decode()) for file in files for piece in file.pieces()]
        if all(batch.schema == batches[0][1].schema for _, batch in batches):
            with suppress(DatalakeError, pa.ArrowException):
                return self._fitted(files[0].name, pa.concat_batches([batch for _, batch in batches]))
        # An error of a batch that is fitted separately names the file.
        fitted = [self._fitted(name, batch) for name, batch in batches]
        return pa.concat_batches([pa.RecordBatch.from_pylist([], self.schema), *fitted])

    def _fitted(self, name: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        arrays = [
            self._cast(name, field, columns[field.name])
            if field.name in columns
            else pa.nulls(batch.num_rows, field.type)
            for field in self.schema
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _cast(self, name: str, field: pa.Field, array: pa.Array) -> pa.Array:
        try:
            plain = plain_array(array, plain_type(array.type))
        except pa.ArrowException as error:
            raise InvalidValuesError(f"input '{name}'", field.name, str(error)) from None
        if plain.type == field.type:
            return plain
        try:
            return _converted(plain, field.type)
        except (ValueError, pa.ArrowNotImplementedError) as error:
            if normalized_column_name(field.name) in self._declared:
                value = _first_unconvertible(plain, field.type)
                raise DeclaredTypeError(f"input '{name}'", field.name, value, type_name(field.type)) from None
            first = (name, f"{plain.type} ({error})")
            raise ConflictingInputTypesError(field.name, first, ("other files", str(field.type))) from None


def _combined_schema(files: Sequence[TypedFile], declared: Mapping[str, pa.DataType]) -> pa.Schema:
    combined: dict[str, tuple[str, pa.DataType]] = {}
    for file in _first_by_schema(files):
        _check_names(file)
        for field in file.schema:
            binding = declared.get(normalized_column_name(field.name))
            first, before = combined.get(field.name, (file.name, field.type))
            both = binding or _combined_type(before, field.type)
            if both is None:
                raise ConflictingInputTypesError(field.name, (first, str(before)), (file.name, str(field.type)))
            combined[field.name] = (first, both)
    return pa.schema([(name, data_type) for name, (_, data_type) in combined.items()])


def _first_by_schema(files: Sequence[TypedFile]) -> Iterable[TypedFile]:
    """The first file of each schema; small files often share the same object."""
    found: dict[int, TypedFile] = {}
    for file in files:
        found.setdefault(id(file.schema), file)
    return found.values()


def _groups(files: Sequence[TypedFile]) -> Iterator[Sequence[TypedFile]]:
    """Consecutive files that are decoded together: several if they are small."""
    group: list[TypedFile] = []
    total = 0
    for file in files:
        size = sum(span.size for span in file.spans()) if file.size <= SMALL_SIZE else _GROUP_SIZE
        if group and total + size > _GROUP_SIZE:
            yield group
            group, total = [], 0
        group.append(file)
        total += size
    yield group


def _counts(files: Sequence[TypedFile]) -> list[int]:
    return [sum(piece.decode().num_rows for piece in file.pieces()) for file in files]


def _check_names(file: TypedFile) -> None:
    names = file.schema.names
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise RepeatedColumnError(f"input '{file.name}'", repeated)


def _combined_type(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
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


def _converted(array: pa.Array, target: pa.DataType) -> pa.Array:
    if has_nanoseconds(array.type) and not has_nanoseconds(target):
        array = floored_to_microseconds(array)
    return array.cast(target)


def _first_unconvertible(array: pa.Array, target: pa.DataType) -> str:
    for row in range(len(array)):
        try:
            _converted(array.slice(row, 1), target)
        except ValueError:
            return str(array[row].as_py())
    return str(array.type)
