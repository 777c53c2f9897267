from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

ALL_ROWS = "SELECT id, city FROM {database_prefix}sales.orders ORDER BY id"


@pytest.fixture
def filled(terminal):
    assert terminal.ingest().exit_code == 0
    return terminal


def test_only_json_is_printed_to_stdout(filled):
    assert json.loads(filled.query(ALL_ROWS, "--format", "json").stdout) == [
        {"id": 1, "city": "Lyon"},
        {"id": 2, "city": None},
        {"id": 3, "city": "Nîmes"},
    ]


def test_only_csv_is_printed_to_stdout(filled):
    assert filled.query(ALL_ROWS, "--format", "csv").stdout == "id,city\n1,Lyon\n2,\n3,Nîmes\n"


def test_a_table_is_drawn_by_default(filled):
    shown = filled.query(ALL_ROWS).stdout
    assert all(word in shown for word in ("│ Lyon", "│ Nîmes", "city"))


def test_a_statement_that_is_not_utf_8_is_rejected(filled, tmp_path):
    (tmp_path / "all.sql").write_bytes("SELECT 'é'".encode("latin-1"))
    result = filled.run("query", "-f", str(tmp_path / "all.sql"))
    assert (result.exit_code, "all.sql' is not UTF-8" in result.stderr) == (2, True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_statement_is_read_from_a_file_or_stdin(filled, tmp_path, encoding):
    file = tmp_path / "all.sql"
    file.write_text(ALL_ROWS, encoding=encoding)
    from_file = filled.run("query", "-f", str(file), "--format", "csv")
    from_stdin = filled.run("query", "-f", "-", "--format", "csv", stdin=ALL_ROWS)
    assert from_file.stdout == from_stdin.stdout == filled.query(ALL_ROWS, "--format", "csv").stdout


def test_a_missing_output_folder_is_reported_before_the_query_runs(filled, tmp_path):
    result = filled.query("SELECT * FROM dev_sales.no_such_table", "--output", str(tmp_path / "no" / "rows.csv"))
    assert result.exit_code == 2
    assert result.stderr.endswith(
        f"Error: Invalid value for --output: '{tmp_path / 'no'}' is not a folder: create it first.\n"
    )


@pytest.mark.parametrize("name", ["rows.csv", "rows.json"])
def test_the_format_defaults_to_the_extension_of_the_output_file(filled, tmp_path, name: str):
    file = tmp_path / name
    assert filled.query(ALL_ROWS, "--output", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8") == filled.query(ALL_ROWS, "--format", file.suffix[1:]).stdout


def test_parquet_is_written_to_a_file(filled, tmp_path):
    file = tmp_path / "rows.out"
    filled.query(ALL_ROWS, "--format", "parquet", "--output", str(file))
    assert pq.read_table(file).column("city").to_pylist() == ["Lyon", None, "Nîmes"]


def test_a_failed_query_leaves_no_file(filled, tmp_path):
    file = tmp_path / "rows.csv"
    result = filled.query("SELECT * FROM dev_sales.ordres", "--output", str(file))
    assert result.exit_code != 0
    assert "orders" in result.stderr
    assert not file.exists()


def test_json_rejects_duplicate_column_names(filled):
    result = filled.query("SELECT 1 AS n, 2 AS n", "--format", "json")
    assert result.exit_code == 2
    assert "rename n with AS" in result.stderr
