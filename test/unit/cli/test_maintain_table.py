from __future__ import annotations

import json

import pytest

from test.unit.cli.conftest import ORDERS


@pytest.fixture
def two_files(terminal):
    terminal.ingest()
    terminal.ingest()
    return terminal


def test_maintenance_reports_its_actions_and_changes_no_rows(two_files):
    before = two_files.query("SELECT * FROM dev_sales.orders ORDER BY 1, 2", "--format", "csv").output
    result = two_files.run("maintain-table", *ORDERS, "--force")
    assert result.exit_code == 0
    assert result.output.startswith("dev_sales.orders: maintained (forced)\n")
    assert "2 compacted into 1" in result.output
    assert two_files.query("SELECT * FROM dev_sales.orders ORDER BY 1, 2", "--format", "csv").output == before


def test_maintenance_that_compacts_nothing_reports_that(two_files):
    two_files.run("maintain_table", *ORDERS, "--force")
    assert "data files          none compacted\n" in two_files.run("maintain_table", *ORDERS, "--force").output


def test_maintenance_prints_json(two_files):
    printed = json.loads(two_files.run("maintain_table", *ORDERS, "--force", "--json").output)
    assert (printed["table"], printed["files_compacted"], printed["files_written"]) == ("dev_sales.orders", 2, 1)


def test_a_table_that_needs_no_maintenance_is_unchanged(two_files):
    assert two_files.run("maintain_table", *ORDERS).output == "dev_sales.orders: nothing is due\n"


def test_an_unknown_table_is_reported(two_files):
    result = two_files.run("maintain_table", "--database-name", "sales", "--table-name", "order")
    assert (result.exit_code, "sales.order" in result.output) == (2, True)
