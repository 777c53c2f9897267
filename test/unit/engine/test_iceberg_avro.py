"""Guards the private names of pyiceberg that the patches of its Avro files use."""

from __future__ import annotations

import struct

import fastavro
import pyarrow as pa
import pytest
from pyiceberg.avro.decoder import new_decoder
from pyiceberg.avro.reader import DoubleReader
from pyiceberg.avro.resolver import ConstructWriter, ReadSchemaResolver, WriteSchemaResolver
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField
from pyiceberg.utils.schema_conversion import AvroSchemaConversion

from datalake_sdk.platforms.local.catalog import LocalCatalog


@pytest.fixture
def catalog(tmp_path):
    catalog = LocalCatalog(tmp_path)
    catalog.create_namespace("a")
    return catalog


@pytest.fixture
def table(catalog):
    return catalog.create_table("a.t", Schema(NestedField(1, "id", LongType())))


def test_pyiceberg_still_rounds_doubles_of_manifests():
    rounded = struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert new_decoder(struct.pack("<d", 0.1)).read_double() == rounded


def test_doubles_of_manifests_are_read_exactly():
    assert DoubleReader().read(new_decoder(struct.pack("<d", 0.1))) == 0.1


def test_avro_schemas_are_converted_and_resolved_once_for_all_manifests(catalog, table, monkeypatch):
    table.append(pa.table({"id": [1]}))
    assert catalog.load_table("a.t").scan().count() == 1
    table.append(pa.table({"id": [2]}))
    monkeypatch.delattr(AvroSchemaConversion, "avro_to_iceberg")
    monkeypatch.delattr(ReadSchemaResolver, "struct")
    assert catalog.load_table("a.t").scan().count() == 2


def test_manifests_are_read_with_the_schema_of_each_file(catalog, table):
    table.append(pa.table({"id": [1]}))
    with table.update_spec() as update:
        update.add_identity("id")
    table.append(pa.table({"id": [2]}))
    current = catalog.load_table("a.t")
    manifests = current.current_snapshot().manifests(current.io)
    entries = [entry.data_file for manifest in manifests for entry in manifest.fetch_manifest_entry(current.io)]
    assert [(file.spec_id, file.partition) for file in entries] == [(1, Record(2)), (0, Record())]


def test_avro_writers_are_built_once_for_all_manifests(catalog, table, monkeypatch):
    table.append(pa.table({"id": [1]}))
    monkeypatch.delattr(AvroSchemaConversion, "iceberg_to_avro")
    monkeypatch.delattr(WriteSchemaResolver, "struct")
    monkeypatch.delattr(ConstructWriter, "struct")
    table.append(pa.table({"id": [2]}))
    assert catalog.load_table("a.t").scan().count() == 2


def test_manifests_are_written_with_the_partition_type_of_their_spec(catalog, table):
    table.append(pa.table({"id": [1]}))
    with table.update_spec() as update:
        update.add_identity("id")
    table.append(pa.table({"id": [2]}))
    assert [partition_fields(catalog, manifest) for manifest in manifests_of(catalog)] == [["id"], []]


def manifests_of(catalog):
    current = catalog.load_table("a.t")
    return current.current_snapshot().manifests(current.io)


def partition_fields(catalog, manifest) -> list[str]:
    """Partition fields in the Avro schema of a manifest, which other engines read."""
    with catalog.load_table("a.t").io.new_input(manifest.manifest_path).open() as file:
        schema = fastavro.reader(file).writer_schema
    types = {field["name"]: field["type"] for field in schema["fields"]}
    fields = {field["name"]: field["type"] for field in types["data_file"]["fields"]}
    return [field["name"] for field in fields["partition"]["fields"]]
