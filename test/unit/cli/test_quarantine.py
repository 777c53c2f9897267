"""`datalake_sdk quarantine`: list, show, replay and drop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from test.unit.cli.conftest import ORDERS

CONTRACT = """
schema:
  id: {logicalTypeOptions: {maximum: MAXIMUM}}
  city: {classification: confidential}
on_violation: quarantine
"""


@pytest.fixture
def rejecting(terminal, tmp_path, monkeypatch):
    """A table with one of three rows in its quarantine."""
    monkeypatch.chdir(tmp_path)
    declare(2)
    result = terminal.ingest("--ingestion-id", "monday")
    assert result.exit_code == 0
    assert "rows quarantined  1" in result.stdout
    return terminal


def declare(maximum: int) -> None:
    Path("tables_configuration").mkdir(exist_ok=True)
    Path("tables_configuration/sales.orders.yaml").write_text(CONTRACT.replace("MAXIMUM", str(maximum)))


def test_ingestions_with_quarantined_rows_are_listed(rejecting):
    shown = rejecting.run("quarantine", "list").stdout
    assert all(word in shown for word in ("dev_sales.orders", "monday", "id.maximum: 1"))
    (listed,) = json.loads(rejecting.run("quarantine", "list", *ORDERS, "--json").stdout)
    assert (listed["rows"], listed["mode"], listed["checks"]) == (1, "append", {"id.maximum": 1})
    assert listed["input_files"] == [str(rejecting.orders)]
    assert listed["run_id"]


def test_a_lake_without_quarantined_rows_lists_none(terminal):
    terminal.ingest()
    assert json.loads(terminal.run("quarantine", "list", "--json").stdout) == []


def test_a_table_is_listed_only_with_its_database(terminal):
    result = terminal.run("quarantine", "list", "--table-name", "orders")
    assert (result.exit_code, "--table-name requires --database-name" in result.stderr) == (2, True)


def test_rows_are_shown_with_classified_values_hidden(rejecting):
    shown = rejecting.run("quarantine", "show", *ORDERS).stdout
    assert "maximum of 'id' is 2" in shown
    assert "orders.csv, row 3" in shown
    assert "Nîmes" not in shown
    (row,) = json.loads(rejecting.run("quarantine", "show", *ORDERS, "--show-classified", "--json").stdout)
    assert row["row"] == {"id": 3, "city": "Nîmes"}


def test_rows_are_selected_by_run(rejecting):
    (listed,) = json.loads(rejecting.run("quarantine", "list", "--json").stdout)
    assert rejecting.run("quarantine", "show", *ORDERS, "--run-id", listed["run_id"]).exit_code == 0
    assert rejecting.run("quarantine", "show", *ORDERS, "--run-id", "other").exit_code == 2
    assert "\n  check id.maximum: 1 violation" in rejecting.run("runs", "show", listed["run_id"]).stdout


def test_rows_that_now_pass_are_replayed(rejecting):
    declare(3)
    shown = rejecting.run("quarantine", "replay", *ORDERS).stdout
    assert "ingestion monday: replayed 1 row; 0 rows still violate the contract" in shown
    assert rejecting.query("SELECT count(*) AS rows FROM dev_sales.orders", "--format", "json").stdout.count("3") == 1
    again = rejecting.run("quarantine", "replay", *ORDERS)
    assert (again.exit_code, "no rows are quarantined" in again.stderr) == (2, True)


def test_an_unknown_table_is_not_a_table_without_quarantined_rows(rejecting):
    for command in ("show", "list"):
        result = rejecting.run("quarantine", command, "--database-name", "sales", "--table-name", "order")
        assert (result.exit_code, "Did you mean 'sales.orders'" in result.stderr) == (2, True)


def test_a_folder_of_table_files_that_does_not_exist_is_a_usage_error(rejecting):
    result = rejecting.run("quarantine", "replay", *ORDERS, "--tables-configuration", "missing")
    assert (result.exit_code, "folder 'missing' does not exist" in result.stderr) == (2, True)


def test_rows_are_dropped_after_confirmation(rejecting):
    refused = rejecting.run("quarantine", "drop", *ORDERS)
    assert (refused.exit_code, "Pass --yes" in refused.stderr) == (2, True)
    none = rejecting.run("quarantine", "drop", *ORDERS, "--older-than", "1")
    assert (none.exit_code, "removed 0 quarantined rows" in none.stdout) == (0, True)
    dropped = rejecting.run("quarantine", "drop", *ORDERS, "--ingestion-id", "monday", "--yes").stdout
    assert "removed 1 quarantined row" in dropped
    assert json.loads(rejecting.run("quarantine", "list", "--json").stdout) == []


def test_a_quarantine_is_deleted_with_its_table(rejecting):
    result = rejecting.run("delete_table", *ORDERS, "--yes")
    assert "deleted its quarantine with 1 row" in result.stdout
    assert json.loads(rejecting.run("list_tables", "--json").stdout) == []


def test_a_quarantine_is_not_ingested_directly(terminal):
    file = ("--input-file-path", str(terminal.orders), "--ingestion-mode", "append")
    result = terminal.run("ingest", "--database-name", "sales", "--table-name", "orders__quarantine", *file)
    assert (result.exit_code, "the suffix '__quarantine' is reserved" in result.stderr) == (2, True)
