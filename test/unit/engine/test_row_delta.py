from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.avro.file import AvroFile
from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestEntryStatus
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField

from datalake_sdk.engine.iceberg_internals import (
    CachedTransaction,
    staged_requirements,
    staged_updates,
    transaction_table,
)
from datalake_sdk.engine.row_delta import RowDelta
from datalake_sdk.platforms.local.catalog import LocalCatalog


class IcebergTable:
    """A table of files that do not exist."""

    def __init__(self, root, format_version="2"):
        self._catalog = LocalCatalog(root)
        self._catalog.create_namespace("a")
        properties = {"format-version": format_version}
        self._catalog.create_table("a.t", Schema(NestedField(1, "id", LongType())), properties=properties)

    def commit(self, added, removed=()):
        transaction = CachedTransaction(self._catalog.load_table("a.t"))
        RowDelta(transaction, added, removed, {}).commit()
        table, updates = transaction_table(transaction), staged_updates(transaction)
        self._catalog.commit_table(table, staged_requirements(transaction), updates)

    @property
    def operation(self):
        return self._catalog.load_table("a.t").current_snapshot().summary.operation.value

    @property
    def io(self):
        return self._catalog.load_table("a.t").io

    def manifests(self):
        table = self._catalog.load_table("a.t")
        return table.current_snapshot().manifests(table.io)

    def entries(self, discard_deleted=True):
        return [
            (entry.status, entry.data_file.file_path, entry.sequence_number, entry.file_sequence_number)
            for manifest in self.manifests()
            for entry in manifest.fetch_manifest_entry(self.io, discard_deleted=discard_deleted)
        ]


@pytest.fixture
def table(tmp_path):
    return IcebergTable(tmp_path)


def file(path, content=DataFileContent.DATA):
    created = DataFile.from_args(
        content=content,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=1,
        file_size_in_bytes=100,
    )
    created.spec_id = 0
    return created


def test_added_files_are_in_the_manifest_of_the_files_that_remain(table):
    table.commit([file("a"), file("b")])
    table.commit([file("c")], [file("a")])
    (manifest,) = table.manifests()
    assert (manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count) == (1, 1, 1)
    assert (manifest.sequence_number, manifest.min_sequence_number) == (2, 1)
    assert sorted(table.entries(discard_deleted=False)) == [
        (ManifestEntryStatus.EXISTING, "b", 1, 1),
        (ManifestEntryStatus.ADDED, "c", 2, 2),
        (ManifestEntryStatus.DELETED, "a", 1, 1),
    ]


@pytest.mark.parametrize(
    ("added", "removed", "operation"),
    [
        ([file("b")], [file("a")], "overwrite"),
        ([file("b"), file("d", DataFileContent.POSITION_DELETES)], [], "overwrite"),
        ([file("d", DataFileContent.POSITION_DELETES)], [], "delete"),
        ([], [file("a")], "delete"),
    ],
)
def test_a_snapshot_without_new_rows_has_the_operation_delete(table, added, removed, operation):
    table.commit([file("a")])
    table.commit(added, removed)
    assert table.operation == operation


def test_manifests_of_a_table_of_version_1_have_that_version(tmp_path):
    table = IcebergTable(tmp_path, format_version="1")
    table.commit([file("a"), file("b")])
    table.commit([file("c")], [file("a")])
    (manifest,) = table.manifests()
    with AvroFile(table.io.new_input(manifest.manifest_path)) as stored:
        assert stored.header.meta["format-version"] == "1"
    assert sorted(table.entries()) == [
        (ManifestEntryStatus.EXISTING, "b", 0, 0),
        (ManifestEntryStatus.ADDED, "c", 0, 0),
    ]


def test_manifests_without_a_removed_file_are_kept(table):
    table.commit([file("a")])
    table.commit([file("b")])
    kept = {manifest.manifest_path for manifest in table.manifests()}
    table.commit([file("c")], [file("b")])
    paths = {manifest.manifest_path for manifest in table.manifests()}
    assert (len(paths), len(paths & kept)) == (2, 1)


def test_data_files_and_delete_files_are_in_different_manifests(table):
    table.commit([file("a"), file("d", DataFileContent.POSITION_DELETES)])
    table.commit(
        [file("b"), file("e", DataFileContent.POSITION_DELETES)],
        [file("a"), file("d", DataFileContent.POSITION_DELETES)],
    )
    by_content = {manifest.content: manifest for manifest in table.manifests()}
    assert len(table.manifests()) == 2
    assert by_content[ManifestContent.DATA].deleted_files_count == 1
    assert by_content[ManifestContent.DELETES].deleted_files_count == 1


def test_large_manifests_are_rewritten_alone(table):
    table.commit([file(f"a{number}") for number in range(1_001)])
    table.commit([file("b")], [file("a0")])
    counts = [(each.added_files_count, each.existing_files_count) for each in table.manifests()]
    assert sorted(counts) == [(0, 1_000), (1, 0)]


def test_a_file_that_is_not_live_cannot_be_removed(table):
    table.commit([file("a")])
    with pytest.raises(ValidationException, match="no longer live: \\['b'\\]"):
        table.commit([file("c")], [file("b")])


@settings(max_examples=30, deadline=None)
@given(commits=st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 7))), min_size=1, max_size=8))
def test_any_sequence_of_commits_has_each_live_file_once_with_its_sequence_number(tmp_path_factory, commits):
    table, expected = IcebergTable(tmp_path_factory.mktemp("lake")), {}
    for number, (count, positions) in enumerate(commits, 1):
        removed = [path for position, path in enumerate(expected) if position in positions]
        added = [f"{number}-{each}" for each in range(count)]
        table.commit([file(path) for path in added], [file(path) for path in removed])
        expected = {path: sequence for path, sequence in expected.items() if path not in removed}
        expected |= dict.fromkeys(added, number)
        entries = table.entries()
        assert sorted((path, sequence, sequence) for path, sequence in expected.items()) == sorted(
            (path, sequence, file_sequence) for _, path, sequence, file_sequence in entries
        )
