"""Patches of pyiceberg's Avro files: caches, and a fix of its decoder.

`test/unit/engine/test_iceberg_avro.py` fails when pyiceberg changes one of the names that they use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pyiceberg.avro import STRUCT_DOUBLE
from pyiceberg.avro import file as avro_file
from pyiceberg.avro import resolver as avro_resolver
from pyiceberg.avro.decoder import BinaryDecoder
from pyiceberg.avro.file import AvroFileHeader
from pyiceberg.avro.reader import DoubleReader, Reader
from pyiceberg.avro.writer import Writer
from pyiceberg.manifest import (
    ManifestWriter,
    data_file_with_partition,
    manifest_entry_schema_with_data_file,
)
from pyiceberg.schema import Schema
from pyiceberg.typedef import EMPTY_DICT, TableVersion
from pyiceberg.types import StructType
from pyiceberg.utils.schema_conversion import AvroSchemaConversion, AvroType

from datalake_sdk.engine.by_identity import ByIdentity


def patch_avro_files() -> None:
    """Applies all patches to this process."""
    _fix_double_partitions()
    _cache_avro_readers()
    _cache_avro_writers()


def _fix_double_partitions() -> None:
    """Makes pyiceberg read the partition values of manifests exactly; its compiled decoder rounds doubles to floats.

    Fixed after 0.12.0: https://github.com/apache/iceberg-python/pull/3808
    """
    DoubleReader.read = _read_double  # type: ignore[method-assign]


def _read_double(self: DoubleReader, decoder: BinaryDecoder) -> float:
    (value,) = STRUCT_DOUBLE.unpack(decoder.read(STRUCT_DOUBLE.size))
    return float(value)


def _cache_avro_readers() -> None:
    """Makes pyiceberg convert an Avro schema and build its reader once per process, not once per manifest.

    https://github.com/apache/iceberg-python/issues/3662
    """
    AvroFileHeader.get_schema = _file_schema  # type: ignore[method-assign]
    avro_file.resolve_reader = avro_resolver.resolve_reader = _reader  # type: ignore[attr-defined]


def _file_schema(self: AvroFileHeader) -> Schema:
    avro_schema = self.meta.get("avro.schema")
    return _get_schema(self) if avro_schema is None else _converted_schema(avro_schema)


@lru_cache(maxsize=256)
def _converted_schema(avro_schema: str) -> Schema:
    return AvroSchemaConversion().avro_to_iceberg(json.loads(avro_schema))


def _reader(
    file_schema: Any,
    read_schema: Any,
    read_types: Mapping[int, Any] = EMPTY_DICT,
    read_enums: Mapping[int, Any] = EMPTY_DICT,
) -> Reader:
    return _cached_reader(
        ByIdentity(file_schema), ByIdentity(read_schema), (*read_types.items(),), (*read_enums.items(),)
    )


@lru_cache(maxsize=256)
def _cached_reader(file: ByIdentity, read: ByIdentity, types: tuple[Any, ...], enums: tuple[Any, ...]) -> Reader:
    return _resolve_reader(file.schema, read.schema, dict(types), dict(enums))


def _cache_avro_writers() -> None:
    """Makes pyiceberg build the schema of a manifest and its writer once per process, not once per manifest.

    https://github.com/apache/iceberg-python/blob/pyiceberg-0.12.0/pyiceberg/manifest.py
    """
    ManifestWriter._with_partition = _entry_schema  # type: ignore[method-assign]
    avro_file.construct_writer = _writer  # type: ignore[attr-defined]
    avro_file.resolve_writer = _resolved_writer  # type: ignore[attr-defined]
    avro_file.AvroSchemaConversion = _CachedConversion  # type: ignore[attr-defined]


def _entry_schema(self: ManifestWriter, format_version: TableVersion) -> Schema:
    return _cached_entry_schema(self._spec.partition_type(self._schema), format_version)


@lru_cache(maxsize=256)
def _cached_entry_schema(partition: StructType, format_version: TableVersion) -> Schema:
    return manifest_entry_schema_with_data_file(format_version, data_file_with_partition(partition, format_version))


class _CachedConversion(AvroSchemaConversion):
    def iceberg_to_avro(self, schema: Schema, schema_name: str | None = None) -> AvroType:
        return _converted_to_avro(ByIdentity(schema), schema_name)


@lru_cache(maxsize=256)
def _converted_to_avro(schema: ByIdentity, name: str | None) -> AvroType:
    return AvroSchemaConversion().iceberg_to_avro(schema.schema, name)


def _writer(file_schema: Any) -> Writer:
    return _cached_writer(ByIdentity(file_schema))


@lru_cache(maxsize=256)
def _cached_writer(file: ByIdentity) -> Writer:
    return avro_resolver.construct_writer(file.schema)


def _resolved_writer(record_schema: Any, file_schema: Any) -> Writer:
    return _cached_resolved_writer(ByIdentity(record_schema), ByIdentity(file_schema))


@lru_cache(maxsize=256)
def _cached_resolved_writer(record: ByIdentity, file: ByIdentity) -> Writer:
    return avro_resolver.resolve_writer(record.schema, file.schema)


_get_schema = AvroFileHeader.get_schema
_resolve_reader = avro_resolver.resolve_reader
