from __future__ import annotations

import json

import pytest


@pytest.fixture
def filled(terminal):
    assert terminal.ingest("--partition-keys", "city").exit_code == 0
    return terminal


def test_tables_are_listed_with_rows_and_size(filled):
    shown = filled.run("list_tables").stdout
    assert "dev_sales.orders" in shown
    assert " 3 " in shown


def test_the_tables_of_one_database_are_listed(filled):
    assert json.loads(filled.run("list_tables", "--database-name", "sales", "--json").stdout) != []


def test_an_empty_lake_lists_nothing(terminal):
    assert json.loads(terminal.run("list_tables", "--json").stdout) == []
    listed = terminal.run("list_tables")
    assert (listed.exit_code, "No tables in stage 'dev' of the lake" in listed.stderr) == (0, True)


def test_a_stage_without_tables_is_named(filled):
    assert "No tables in stage 'prod' of the lake" in filled.run("-s", "prod", "list_tables").stderr


def test_a_table_is_described(filled):
    shown = filled.run("describe_table", "--database-name", "sales", "--table-name", "orders").stdout
    assert all(word in shown for word in ("id", "long", "city", "string", "append", "zstd"))


def test_a_deleted_table_is_removed_with_its_files(filled):
    result = filled.run("delete_table", "--database-name", "sales", "--table-name", "orders", "--yes")
    assert result.exit_code == 0
    assert json.loads(filled.run("list_tables", "--json").stdout) == []
    assert not list(filled.lake.rglob("*.parquet"))


def test_a_deletion_is_reported_as_json(filled):
    names = ("--database-name", "sales", "--table-name", "orders")
    deleted = json.loads(filled.run("delete_table", *names, "--yes", "--json").stdout)
    assert (deleted["table"], deleted["rows"], deleted["kept_versions"]) == ("dev_sales.orders", 3, None)


def test_nothing_is_deleted_without_confirmation(filled):
    result = filled.run("delete_table", "--database-name", "sales", "--table-name", "orders")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert len(json.loads(filled.run("list_tables", "--json").stdout)) == 1
