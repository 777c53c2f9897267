from __future__ import annotations

import shutil
import sqlite3
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from datalake_sdk.errors import (
    CopiedLakeError,
    CorruptCatalogError,
    LakeBusyError,
    MissingMetadataError,
    NotWritableLakeError,
)
from datalake_sdk.platforms.local.catalog import LocalCatalog

SCHEMA = pa.schema([("id", pa.int64())])


def create_table(root: Path, name: str) -> None:
    catalog = LocalCatalog(root)
    location = f"file://{root}/local-lake-dev-data/sales/{name}"
    catalog.create_table_transaction(("sales", name), SCHEMA, location=location).commit_transaction()


def test_a_lake_that_does_not_exist_is_empty(tmp_path):
    catalog = LocalCatalog(tmp_path / "lake")
    assert catalog.list_namespaces() == []
    assert catalog.list_tables("sales") == []
    assert not catalog.namespace_exists("sales")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("sales.orders")
    assert list(tmp_path.iterdir()) == []


def test_creating_a_table_creates_the_lake_and_the_database(tmp_path):
    create_table(tmp_path / "new" / "lake", "orders")
    catalog = LocalCatalog(tmp_path / "new" / "lake")
    assert catalog.list_namespaces() == [("sales",)]
    assert catalog.load_table("sales.orders").schema().column_names == ["id"]


def test_an_open_catalog_sees_tables_created_by_others(tmp_path):
    early = LocalCatalog(tmp_path)
    create_table(tmp_path, "orders")
    assert early.list_tables("sales") == [("sales", "orders")]


def test_commits_keep_the_journal_of_the_catalog_for_the_next_one(tmp_path):
    create_table(tmp_path, "orders")
    assert (tmp_path / "catalog.db-journal").stat().st_size == 0
    assert LocalCatalog(tmp_path).list_tables("sales") == [("sales", "orders")]


def test_an_empty_catalog_file_is_initialized(tmp_path):
    (tmp_path / "catalog.db").touch()
    assert LocalCatalog(tmp_path).list_namespaces() == []
    create_table(tmp_path, "orders")
    assert LocalCatalog(tmp_path).list_tables("sales") == [("sales", "orders")]


def test_a_database_remains_after_its_last_table_is_dropped(tmp_path):
    create_table(tmp_path, "orders")
    catalog = LocalCatalog(tmp_path)
    catalog.drop_table("sales.orders")
    assert catalog.list_namespaces() == [("sales",)]


def test_a_database_must_be_unique(tmp_path):
    catalog = LocalCatalog(tmp_path)
    catalog.create_namespace("sales")
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace("sales")


def test_tables_are_stored_with_the_catalog_name_and_schema_that_spark_expects(tmp_path):
    create_table(tmp_path, "orders")
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection:
        rows = connection.execute("SELECT catalog_name, table_namespace, table_name, iceberg_type FROM iceberg_tables")
        assert rows.fetchall() == [("glue_catalog", "sales", "orders", "TABLE")]


def test_several_processes_can_create_tables_in_a_new_lake_concurrently(tmp_path):
    names = [f"table_{number}" for number in range(8)]
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        list(pool.map(create_table, [tmp_path] * len(names), names))
    assert sorted(name for _, name in LocalCatalog(tmp_path).list_tables("sales")) == names


def test_a_catalog_that_stays_locked_raises_a_busy_error(tmp_path):
    create_table(tmp_path, "orders")
    catalog = LocalCatalog(tmp_path, busy_seconds=0.01)
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LakeBusyError, match=r"catalog\.db"):
            catalog.load_table("sales.orders")


def test_a_file_that_is_not_a_catalog_is_reported(tmp_path):
    (tmp_path / "catalog.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(CorruptCatalogError, match=r"catalog\.db' is not a catalog"):
        LocalCatalog(tmp_path).list_namespaces()


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotWritableLakeError, match=r"file/lake'"):
        create_table(tmp_path / "file" / "lake", "orders")


def test_a_moved_lake_is_reported(tmp_path):
    create_table(tmp_path / "lake", "orders")
    (tmp_path / "lake").rename(tmp_path / "moved")
    with pytest.raises(MissingMetadataError, match="was moved or renamed, move it back"):
        LocalCatalog(tmp_path / "moved").load_table("sales.orders")


def test_a_copied_lake_does_not_touch_the_files_of_the_original(tmp_path):
    create_table(tmp_path / "lake", "orders")
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    with pytest.raises(CopiedLakeError, match="Use the lake in its original folder"):
        LocalCatalog(tmp_path / "copy").load_table("sales.orders")
    assert LocalCatalog(tmp_path / "lake").load_table("sales.orders")


def test_no_connection_is_left_open(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        create_table(tmp_path, "orders")
        LocalCatalog(tmp_path).load_table("sales.orders")


def test_a_conflicting_commit_leaves_no_metadata_file(tmp_path):
    class Overtaken(LocalCatalog):
        def staged_commit(self, *arguments):
            staged = super().staged_commit(*arguments)
            LocalCatalog(tmp_path).load_table("sales.orders").transaction().set_properties(
                a="theirs"
            ).commit_transaction()
            return staged

    create_table(tmp_path, "orders")
    late = Overtaken(tmp_path).load_table("sales.orders").transaction().set_properties(a="mine")
    with pytest.raises(CommitFailedException):
        late.commit_transaction()
    assert LocalCatalog(tmp_path).load_table("sales.orders").properties["a"] == "theirs"
    assert len(list(tmp_path.rglob("*.metadata.json"))) == 2


def test_a_catalog_returns_newer_versions_of_a_table_on_each_load(tmp_path):
    create_table(tmp_path, "orders")
    early = LocalCatalog(tmp_path)
    before = early.load_table("sales.orders")
    LocalCatalog(tmp_path).load_table("sales.orders").transaction().set_properties(a="1").commit_transaction()
    assert (before.properties, early.load_table("sales.orders").properties) == ({}, {"a": "1"})


def test_tables_are_created_renamed_registered_and_dropped(tmp_path):
    catalog = LocalCatalog(tmp_path)
    made = catalog.create_table("sales.orders", SCHEMA, location=f"file://{tmp_path}/data/orders")
    with pytest.raises(TableAlreadyExistsError):
        catalog.register_table("sales.orders", made.metadata_location)
    assert catalog.rename_table("sales.orders", "other.orders").name() == ("other", "orders")
    with pytest.raises(NoSuchTableError):
        catalog.rename_table("sales.orders", "other.clients")
    assert catalog.register_table("sales.orders", made.metadata_location).schema() == made.schema()
    with pytest.raises(TableAlreadyExistsError):
        catalog.rename_table("other.orders", "sales.orders")
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace("sales")
    catalog.drop_table("sales.orders")
    with pytest.raises(NoSuchTableError):
        catalog.drop_table("sales.orders")


def test_a_database_has_properties(tmp_path):
    catalog = LocalCatalog(tmp_path)
    catalog.create_namespace("sales", {"owner": "ann", "cost": "1"})
    catalog.update_namespace_properties("sales", {"cost"}, {"owner": "bob"})
    assert catalog.load_namespace_properties("sales") == {"exists": "true", "owner": "bob"}
    catalog.drop_namespace("sales")
    assert not catalog.namespace_exists("sales")
    with pytest.raises(NoSuchNamespaceError):
        catalog.drop_namespace("sales")
