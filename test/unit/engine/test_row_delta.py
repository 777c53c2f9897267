from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.avro.file import AvroFile
from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import DataFileContent, ManifestContent, ManifestEntryStatus
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
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
from test.unit.engine.data_files import data_file

DELETES = DataFileContent.POSITION_DELETES


class IcebergTable:
    """A table of files that do not exist."""

    def __init__(self, root, format_version="2"):
        self._catalog = LocalCatalog(root)
        self._catalog.create_namespace("a")
        properties = {"format-version": format_version}
        self._catalog.create_table("a.t", Schema(NestedField(1, "id", LongType())), properties=properties)

    def commit(self, added, removed=(), operation=None):
        transaction = CachedTransaction(self._catalog.load_table("a.t"))
        RowDelta(transaction, added, removed, {}, operation).commit()
        table, updates = transaction_table(transaction), staged_updates(transaction)
        self._catalog.commit_table(table, staged_requirements(transaction), updates)

    def partition(self):
        """Partitions new files by `id`, in spec 1."""
        with self._catalog.load_table("a.t").update_spec() as update:
            update.add_identity("id")

    @property
    def io(self):
        return self._catalog.load_table("a.t").io

    @property
    def snapshot(self):
        return self._catalog.load_table("a.t").current_snapshot()

    def manifests(self):
        return self.snapshot.manifests(self.io)

    def remove_manifests(self, except_for=()):
        """Removes the files of manifests, which a commit then cannot read."""
        for path in {each.manifest_path for each in self.manifests()} - {each.manifest_path for each in except_for}:
            self.io.delete(path)

    def entries(self, discard_deleted=True):
        return [
            (entry.status, entry.data_file.file_path, entry.sequence_number, entry.file_sequence_number)
            for manifest in self.manifests()
            for entry in manifest.fetch_manifest_entry(self.io, discard_deleted=discard_deleted)
        ]


@pytest.fixture
def table(tmp_path):
    return IcebergTable(tmp_path)


def test_added_files_are_in_the_manifest_of_the_files_that_remain(table):
    table.commit([data_file("a"), data_file("b")])
    table.commit([data_file("c")], [data_file("a")])
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
        ([data_file("b")], [data_file("a")], Operation.OVERWRITE),
        ([data_file("b"), data_file("d", DELETES)], [], Operation.OVERWRITE),
        ([data_file("d", DELETES)], [], Operation.DELETE),
        ([], [data_file("a")], Operation.DELETE),
    ],
)
def test_a_snapshot_without_new_rows_has_the_operation_delete(table, added, removed, operation):
    table.commit([data_file("a")])
    table.commit(added, removed)
    assert table.snapshot.summary.operation == operation


def test_manifests_of_a_table_of_version_1_have_that_version(tmp_path):
    table = IcebergTable(tmp_path, format_version="1")
    table.commit([data_file("a"), data_file("b")])
    table.commit([data_file("c")], [data_file("a")])
    (manifest,) = table.manifests()
    with AvroFile(table.io.new_input(manifest.manifest_path)) as stored:
        assert stored.header.meta["format-version"] == "1"
    assert sorted(table.entries()) == [
        (ManifestEntryStatus.EXISTING, "b", 0, 0),
        (ManifestEntryStatus.ADDED, "c", 0, 0),
    ]


@pytest.mark.parametrize("removed", ["a", "b"])
def test_manifests_without_a_removed_file_are_kept(table, removed):
    table.commit([data_file("a")])
    table.commit([data_file("b")])
    kept = {manifest.manifest_path for manifest in table.manifests()}
    table.commit([data_file("c")], [data_file(removed)])
    paths = {manifest.manifest_path for manifest in table.manifests()}
    assert (len(paths), len(paths & kept)) == (2, 1)


def test_entries_name_the_snapshot_that_added_or_removed_the_file(table):
    table.commit([data_file("a"), data_file("b")])
    first = table.snapshot.snapshot_id
    table.commit([data_file("c")], [data_file("a")])
    second = table.snapshot.snapshot_id
    (manifest,) = table.manifests()
    entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
    assert {entry.data_file.file_path: entry.snapshot_id for entry in entries} == {"a": second, "b": first, "c": second}


def test_manifests_with_only_removed_files_are_in_no_later_snapshot(table):
    table.commit([data_file("a")])
    table.commit([], [data_file("a")])
    table.commit([data_file("b")])
    assert table.entries(discard_deleted=False) == [(ManifestEntryStatus.ADDED, "b", 3, 3)]


def test_manifests_with_only_files_of_earlier_snapshots_are_kept(table):
    table.commit([data_file("a"), data_file("b")])
    table.commit([], [data_file("a")])
    table.commit([data_file("c")])
    assert sorted(table.entries()) == [
        (ManifestEntryStatus.EXISTING, "b", 1, 1),
        (ManifestEntryStatus.ADDED, "c", 3, 3),
    ]


def test_manifests_that_cannot_list_a_removed_file_are_not_read(table):
    table.partition()
    removed = data_file("removed", spec_id=1, partition=Record(2))
    table.commit([removed])
    read = table.manifests()
    for file in (data_file("d", DELETES), data_file("a"), data_file("b", spec_id=1, partition=Record(1))):
        table.commit([file])
    table.remove_manifests(except_for=read)
    table.commit([], [removed])
    assert [manifest.deleted_files_count for manifest in table.manifests()] == [1, 0, 0, 0]


def test_no_manifest_is_read_once_all_removed_files_are_found(table):
    table.commit([data_file("a")])
    table.remove_manifests()
    table.commit([data_file("b")])
    table.commit([], [data_file("b")])
    assert len(table.manifests()) == 2


def test_files_of_different_specs_are_in_different_manifests(table):
    table.commit([data_file("a")])
    table.partition()
    added = [data_file("d", DELETES), data_file("e", DELETES, spec_id=1, partition=Record(1))]
    table.commit([*added, data_file("b", spec_id=1, partition=Record(1))], [data_file("a")])
    listed = [(manifest.content, manifest.partition_spec_id) for manifest in table.manifests()]
    assert sorted(listed) == sorted((content, spec_id) for content in ManifestContent for spec_id in (0, 1))


def test_the_summary_counts_added_removed_and_all_files(table):
    table.commit([data_file("a"), data_file("b")])
    table.commit([data_file("c")], [data_file("a"), data_file("b")], Operation.REPLACE)
    summary = table.snapshot.summary
    counts = {name: summary[name] for name in ("added-data-files", "deleted-data-files", "total-data-files")}
    assert counts == {"added-data-files": "1", "deleted-data-files": "2", "total-data-files": "1"}
    assert summary.operation == Operation.REPLACE


def test_data_files_and_delete_files_are_in_different_manifests(table):
    table.commit([data_file("a"), data_file("d", DELETES)])
    table.commit(
        [data_file("b"), data_file("e", DELETES)],
        [data_file("a"), data_file("d", DELETES)],
    )
    by_content = {manifest.content: manifest for manifest in table.manifests()}
    assert len(table.manifests()) == 2
    assert by_content[ManifestContent.DATA].deleted_files_count == 1
    assert by_content[ManifestContent.DELETES].deleted_files_count == 1


@pytest.mark.parametrize("content", [DataFileContent.DATA, DELETES])
def test_large_manifests_are_rewritten_alone(table, content):
    table.commit([data_file(f"a{number}", content) for number in range(1_001)])
    table.commit([data_file("b", content)], [data_file("a0", content)])
    counts = [(each.added_files_count, each.existing_files_count) for each in table.manifests()]
    assert sorted(counts) == [(0, 1_000), (1, 0)]
    assert {each.content for each in table.manifests()} == {
        ManifestContent.DATA if content == DataFileContent.DATA else ManifestContent.DELETES
    }


def test_a_manifest_of_new_files_is_joined_only_with_small_manifests(table):
    for name in "ab":
        table.commit([data_file(f"{name}{number}") for number in range(400)])
    table.commit([data_file(f"c{number}") for number in range(201)], [data_file("a0"), data_file("b0")])
    counts = [(each.added_files_count, each.existing_files_count) for each in table.manifests()]
    assert sorted(counts) == [(0, 399), (201, 399)]


def test_manifests_are_not_joined_with_many_new_files(table):
    table.commit([data_file("a"), data_file("b")])
    table.commit([data_file(f"c{number}") for number in range(999)], [data_file("a")])
    assert sorted(each.added_files_count for each in table.manifests()) == [0, 999]


def test_a_file_that_is_not_live_cannot_be_removed(table):
    table.commit([data_file("a")])
    with pytest.raises(ValidationException, match="no longer live: \\['b'\\]"):
        table.commit([data_file("c")], [data_file("b")])


@settings(max_examples=30, deadline=None)
@given(commits=st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 7))), min_size=1, max_size=8))
def test_any_sequence_of_commits_has_each_live_file_once_with_its_sequence_number(tmp_path_factory, commits):
    table, expected = IcebergTable(tmp_path_factory.mktemp("lake")), {}
    for number, (count, positions) in enumerate(commits, 1):
        removed = [path for position, path in enumerate(expected) if position in positions]
        added = [f"{number}-{each}" for each in range(count)]
        table.commit([data_file(path) for path in added], [data_file(path) for path in removed])
        expected = {path: sequence for path, sequence in expected.items() if path not in removed}
        expected |= dict.fromkeys(added, number)
        entries = table.entries()
        assert sorted((path, sequence, sequence) for path, sequence in expected.items()) == sorted(
            (path, sequence, file_sequence) for _, path, sequence, file_sequence in entries
        )
