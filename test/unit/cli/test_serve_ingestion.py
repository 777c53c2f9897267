from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli

SERVE = ("serve_ingestion", "--database-name", "sales", "--table-name", "orders")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), "dev_sales.orders' does not exist|sales.orders: the table does not exist, so rows cannot be validated"),
        (("--token", "two words"), "--token must consist of"),
        (("--ingestion-mode", "upsert"), "upsert"),
        (("--ingestion-mode", "overwrite"), "'overwrite' is not one of 'append', 'upsert'"),
    ],
)
def test_a_server_that_cannot_start_says_why(terminal, options, error):
    failed = terminal.run(*SERVE, *options)
    assert failed.exit_code == 2
    assert any(each in failed.stderr for each in error.split("|"))


def test_a_server_needs_an_embedded_lake():
    failed = CliRunner().invoke(cli, ["-p", "shop", "-d", "sales", "-s", "dev", *SERVE])
    assert (failed.exit_code, "--local ./lake serve_ingestion" in failed.stderr) == (2, True)


def test_a_port_in_use_is_an_error(terminal):
    terminal.ingest()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = terminal.run(*SERVE, "--port", str(taken.getsockname()[1]))
    assert failed.exit_code == 2
    assert "which cannot be opened: Address already in use" in failed.stderr


def test_a_table_file_declares_required_values(terminal, tmp_path):
    (tmp_path / "sales.orders.yaml").write_text("schema:\n  id: {type: long, required: maybe}\n", encoding="utf-8")
    failed = terminal.run(*SERVE, "--tables-configuration", str(tmp_path))
    assert "column 'id': required is 'maybe'; it must be true or false" in failed.stderr
