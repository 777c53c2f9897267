"""Guards the private names of pyiceberg that the engine uses: each test fails when pyiceberg changes one of them."""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from importlib.metadata import version

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.fs import LocalFileSystem
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io import load_file_io
from pyiceberg.io.pyarrow import StatsAggregator
from pyiceberg.manifest import DataFileContent, ManifestContent
from pyiceberg.schema import Schema
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import AssertTableUUID, update_table_metadata
from pyiceberg.types import LongType, NestedField, StringType

from datalake_sdk.engine.iceberg_internals import (
    ArrowFileIO,
    CachedTransaction,
    GlueHooks,
    remove_uncommitted_manifests,
    staged_requirements,
    staged_updates,
    transaction_table,
    updated_metadata,
)
from datalake_sdk.engine.row_delta import RowDelta
from datalake_sdk.platforms.local.catalog import LocalCatalog
from test.unit.engine.data_files import data_file
from test.unit.engine.private_names import private_uses

MODULES = ("engine/iceberg_internals.py", "engine/iceberg_avro.py")
SCHEMA = Schema(NestedField(1, "id", LongType()))
OF_BOTO3 = ("platforms/aws/session.py", "_session")
"""A private name of boto3 that also exists in pyiceberg."""


@pytest.fixture
def catalog(tmp_path):
    catalog = LocalCatalog(tmp_path)
    catalog.create_namespace("a")
    return catalog


@pytest.fixture
def table(catalog):
    return catalog.create_table("a.t", SCHEMA)


def content_in_file(io, manifest) -> str:
    """The content in the metadata of a manifest's Avro file, which other engines read."""
    with io.new_input(manifest.manifest_path).open() as file:
        return fastavro.reader(file).metadata["content"]


def commit(catalog, transaction):
    return catalog.commit_table(
        transaction_table(transaction), staged_requirements(transaction), staged_updates(transaction)
    )


def test_only_two_modules_use_private_names_of_pyiceberg():
    others = [use for use in private_uses() if use.file not in MODULES]
    assert [use for use in others if (use.file, use.name) != OF_BOTO3] == []


def test_the_search_for_private_names_finds_those_of_both_modules():
    found = {use.name for use in private_uses() if use.file in MODULES}
    assert {"_SnapshotProducer", "_updates", "_meta", "_update_glue_table", "DoubleReader.read"} <= found


def test_the_installed_version_of_pyiceberg_is_the_examined_one():
    assert version("pyiceberg") == "0.12.0"


def test_a_transaction_holds_its_table_updates_and_requirements_until_it_commits(catalog, table):
    transaction = table.transaction()
    transaction.set_properties({"x": "y"})
    with transaction.update_schema() as update:
        update.add_column("name", StringType())
    assert transaction_table(transaction) is table
    commit(catalog, transaction)
    loaded = catalog.load_table("a.t")
    assert loaded.properties["x"] == "y"
    assert loaded.schema().column_names == ["id", "name"]


def test_a_commit_fails_if_the_parent_snapshot_is_no_longer_current(catalog, table):
    late = table.transaction()
    late.update_snapshot().fast_append().commit()
    catalog.load_table("a.t").append(pa.table({"id": [1]}))
    with pytest.raises(CommitFailedException):
        commit(catalog, late)


def test_commit_retries_of_pyiceberg_cannot_be_disabled():
    assert list(inspect.signature(Transaction.commit_transaction).parameters) == ["self"]


def test_a_cached_transaction_has_the_metadata_of_its_updates(table):
    transaction = CachedTransaction(table)
    assert transaction.table_metadata is table.metadata
    transaction.set_properties({"x": "y"})
    updated = transaction.table_metadata
    assert updated.properties["x"] == "y"
    assert transaction.table_metadata is updated


def test_updated_metadata_equals_that_of_pyiceberg_and_shares_what_is_unchanged(table):
    table.append(pa.table({"id": [1]}))
    transaction = table.transaction()
    transaction.set_properties({"x": "y"})
    with transaction.update_schema() as update:
        update.add_column("name", StringType())
    updates, location = staged_updates(transaction), "file:///00001-a.metadata.json"
    updated = updated_metadata(table.metadata, updates, location)
    expected = update_table_metadata(table.metadata, updates, metadata_location=location)
    now = {"last_updated_ms": updated.last_updated_ms}
    assert updated == expected.model_copy(update=now)
    assert updated.last_updated_ms >= table.metadata.last_updated_ms
    assert updated.snapshots is table.metadata.snapshots
    assert updated_metadata(table.metadata, ()) is table.metadata


def test_a_staged_commit_shares_the_snapshots_of_the_table_before(catalog, table):
    table.append(pa.table({"id": [1]}))
    updates = staged_updates(table.transaction().set_properties({"x": "y"}))
    assert catalog.staged_commit(table, table.name(), (), updates).metadata.snapshots is table.metadata.snapshots


@given(st.text("a\ud7ff\ue000\U0010ffff", max_size=6), st.integers(1, 4))
def test_the_upper_bound_of_strings_is_the_least_one(value, length):
    statistics = StatsAggregator(StringType(), "BYTE_ARRAY", length)
    statistics.update_max(value)
    bound, greatest = statistics.max_as_bytes(), chr(sys.maxunicode)
    assert (bound is None) == (len(value) > length and value[:length] == greatest * length)
    if bound is not None:
        shortest = value if len(value) <= length else value[:length].rstrip(greatest)
        assert value.encode() <= bound
        assert len(bound.decode()) == len(shortest)
        assert bound.decode()[:-1] == shortest[:-1]


def test_manifests_of_an_uncommitted_snapshot_can_be_removed(table, tmp_path):
    producer = table.transaction().update_snapshot().fast_append()
    producer.append_data_file(data_file("file:///a.parquet"))
    producer.commit()
    assert list(tmp_path.rglob("*.avro"))
    remove_uncommitted_manifests(producer)
    assert not list(tmp_path.rglob("*.avro"))


def test_a_snapshot_producer_commits_the_manifests_and_the_summary_of_its_subclass(catalog, table):
    kept, removed, added = (data_file(f"file:///{name}.parquet") for name in ("kept", "removed", "added"))
    first = CachedTransaction(table)
    RowDelta(first, [kept, removed], [], {}).commit()
    commit(catalog, first)
    second = CachedTransaction(catalog.load_table("a.t"))
    deletes = data_file("file:///deletes.parquet", DataFileContent.POSITION_DELETES)
    RowDelta(second, [added, deletes], [removed], {"x": "y"}).commit()
    commit(catalog, second)
    snapshot = (current := catalog.load_table("a.t")).current_snapshot()
    manifests = snapshot.manifests(current.io)
    entries = [(m.content, e.data_file.file_path) for m in manifests for e in m.fetch_manifest_entry(current.io)]
    assert sorted(entries, key=str) == [
        (ManifestContent.DATA, added.file_path),
        (ManifestContent.DATA, kept.file_path),
        (ManifestContent.DELETES, deletes.file_path),
    ]
    assert [(m.content, content_in_file(current.io, m)) for m in manifests if m.content == ManifestContent.DELETES] == [
        (ManifestContent.DELETES, "deletes")
    ]
    assert snapshot.summary.operation == Operation.OVERWRITE
    assert (snapshot.summary["x"], snapshot.summary["total-delete-files"]) == ("y", "1")


def test_a_staged_commit_checks_requirements_and_applies_updates_without_writing(catalog, table, tmp_path):
    transaction = table.transaction().set_properties({"x": "y"})
    files = set(tmp_path.rglob("*"))
    staged = catalog.staged_commit(table, table.name(), (), staged_updates(transaction))
    assert staged.properties["x"] == "y"
    assert set(tmp_path.rglob("*")) == files
    other = AssertTableUUID(uuid="00000000-0000-0000-0000-000000000000")
    with pytest.raises(CommitFailedException):
        catalog.staged_commit(table, table.name(), (other,), ())


def test_updated_properties_are_returned_with_a_summary(catalog):
    summary, properties = catalog.updated_properties({"a": "1", "b": "2"}, {"a", "c"}, {"d": "3"})
    assert (summary.removed, summary.updated, summary.missing) == (["a"], ["d"], ["c"])
    assert properties == {"b": "2", "d": "3"}


class GlueClient:
    """Holds one table and lists the requests."""

    class exceptions:
        class EntityNotFoundException(Exception):
            pass

        class AlreadyExistsException(Exception):
            pass

        class ConcurrentModificationException(Exception):
            pass

    def __init__(self):
        self.table = None
        self.requests = []

    def get_table(self, **_):
        self.requests.append("get")
        if self.table is None:
            raise self.exceptions.EntityNotFoundException
        return {"Table": {**self.table, "DatabaseName": "a", "VersionId": "1"}}

    def create_table(self, TableInput, **_):
        self.requests.append("create")
        self.table = TableInput

    def update_table(self, TableInput, **_):
        self.requests.append("update")
        self.table = TableInput

    def get_database(self, **_):
        self.requests.append("get_database")
        return {"Database": {"Name": "a"}}


@pytest.fixture
def glue(tmp_path):
    from pyiceberg.catalog.glue import GlueCatalog

    class Catalog(GlueHooks, GlueCatalog):
        def file_io(self, properties, location):
            return load_file_io({**self.properties, **properties}, location)

        @contextmanager
        def glue_write(self, database, table, table_input):
            self.glue.requests.append(f"before {database}.{table}")
            table_input["Description"] = "set by the hook"
            yield

    return Catalog("glue", GlueClient(), warehouse=f"file://{tmp_path}")


def test_hooks_enclose_the_requests_that_create_and_update_a_glue_table(glue, tmp_path):
    transaction = glue.create_table_transaction("a.t", SCHEMA, location=f"file://{tmp_path}/t")
    transaction.commit_transaction()
    glue.load_table("a.t").transaction().set_properties({"x": "y"}).commit_transaction()
    writes = [request for request in glue.glue.requests if request not in ("get", "get_database")]
    assert writes == ["before a.t", "create", "before a.t", "update"]
    assert glue.glue.table["Description"] == "set by the hook"


def test_a_commit_to_glue_does_not_read_the_database(glue, tmp_path):
    transaction = glue.create_table_transaction("a.t", SCHEMA, location=f"file://{tmp_path}/t")
    glue.glue.requests.clear()
    transaction.commit_transaction()
    assert "get_database" not in glue.glue.requests


def test_metadata_files_on_glue_are_written_without_checking_whether_they_exist(glue, tmp_path):
    table = glue.create_table_transaction("a.t", SCHEMA, location=f"file://{tmp_path}/t").commit_transaction()
    path = f"file://{tmp_path}/metadata.json"
    for _ in range(2):
        glue._write_metadata(table.metadata, table.io, path)


def test_a_glue_table_without_parameters_is_reported_as_a_foreign_table(glue):
    from pyiceberg.exceptions import NoSuchPropertyException

    glue.glue.table = {"Name": "t"}
    with pytest.raises(NoSuchPropertyException):
        glue.load_table("a.t")


def test_a_file_io_can_supply_its_own_s3_file_system():
    class FileIO(ArrowFileIO):
        def s3_filesystem(self):
            return LocalFileSystem()

    for scheme in ("s3", "s3a", "s3n"):
        assert isinstance(FileIO().fs_by_scheme(scheme, "bucket"), LocalFileSystem)
