from __future__ import annotations

import json
from datetime import datetime

import pytest

TABLE = ("--database-name", "sales", "--table-name", "orders")


@pytest.fixture
def lost(terminal):
    """The command line of a lake whose catalog file was deleted."""
    assert terminal.ingest().exit_code == 0
    for file in terminal.lake.glob("catalog*"):
        file.unlink()
    return terminal


def tables(terminal):
    return [table["table"] for table in json.loads(terminal.run("list_tables", "--json").stdout)]


def test_a_table_is_registered_from_its_files(lost):
    result = lost.run("register_table", *TABLE)
    assert result.exit_code == 0, result.output
    assert all(word in result.stdout for word in ("dev_sales.orders", "registered", "3", ".metadata.json"))
    assert tables(lost) == ["dev_sales.orders"]


def test_a_dry_run_shows_what_would_be_registered(lost):
    result = lost.run("register_table", "--all", "--dry-run")
    assert "would be registered" in result.stdout
    assert tables(lost) == []


def test_all_tables_are_reported_as_json(lost):
    (registered,) = json.loads(lost.run("register_table", "--all", "--json").stdout)
    assert (registered["table"], registered["rows"], registered["error"]) == ("dev_sales.orders", 3, None)
    assert datetime.fromisoformat(registered["changed_at"]).tzinfo
    assert tables(lost) == ["dev_sales.orders"]


def test_a_table_that_cannot_be_registered_fails_the_command(lost):
    for file in lost.lake.rglob("*.metadata.json"):
        file.write_text("{}")
    result = lost.run("register_table", "--all")
    assert result.exit_code == 1
    assert "failed" in result.stdout
    assert "Error: dev_sales.orders: metadata file" in result.stderr


def test_no_table_to_register_is_no_error(lost):
    assert lost.run("register_table", "--all").exit_code == 0
    result = lost.run("register_table", "--all")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing to register" in result.stderr


def test_an_error_names_the_table_once(lost):
    lost.lake.joinpath("local-lake-dev-data/sales").rename(lost.lake / "local-lake-dev-data/returns")
    result = lost.run("register_table", "--all")
    assert (result.exit_code, result.stderr.count("dev_returns.orders:")) == (1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--database-name", "sales"),
        ("--all", "--table-name", "orders"),
        (*TABLE, "--location", "a", "--metadata-file", "b"),
    ],
)
def test_incomplete_and_contradicting_options_are_rejected(terminal, arguments):
    assert terminal.run("register_table", *arguments).exit_code == 2
