from __future__ import annotations

import json

import pytest

from datalake_sdk.inputs.registry import MODULES
from test.format_files import FILES
from test.unit.cli.conftest import ORDERS

RESULT_KEYS = [
    "table",
    "mode",
    "rows_read",
    "rows_inserted",
    "rows_updated",
    "rows_deleted",
    "files_added",
    "files_removed",
    "bytes_added",
    "seconds",
    "snapshot_id",
    "ingestion_id",
    "skipped",
    "rows_quarantined",
    "checks",
]


def test_json_output_is_one_object_with_documented_keys(terminal):
    result = terminal.ingest("--json")
    assert result.exit_code == 0
    assert list(json.loads(result.stdout)) == RESULT_KEYS


def test_the_summary_shows_the_statistics(terminal):
    shown = terminal.ingest("--ingestion-id", "monday").stdout
    assert shown.startswith("dev_sales.orders: append\n")
    assert all(word in shown for word in ("rows read", "3", "1 added, 0 removed", "seconds", "snapshot", "monday"))


def test_a_repeated_ingestion_id_is_reported_as_skipped(terminal):
    terminal.ingest("--ingestion-id", "monday")
    assert "skipped" in terminal.ingest("--ingestion-id", "monday").stdout
    assert json.loads(terminal.ingest("--ingestion-id", "monday", "--json").stdout)["skipped"] is True


def test_a_dry_run_shows_the_plan_and_writes_nothing(terminal):
    shown = terminal.ingest("--dry-run", "--partition-keys", "city").stdout
    assert all(
        word in shown for word in ("nothing was written", "would be created", "id", "long", "partition keys", "city")
    )
    assert json.loads(terminal.run("list_tables", "--json").stdout) == []


def test_a_dry_run_as_json_names_each_columns_type_and_source(terminal):
    plan = json.loads(terminal.ingest("--dry-run", "--json").stdout)
    assert plan["columns"][0] == {"name": "id", "type": "long", "source": "id"}


def test_partitions_are_replaced_by_value_and_by_interval(terminal):
    terminal.ingest("--partition-keys", "id")
    terminal.orders.write_text("id,city\n", encoding="utf-8")
    replaced = terminal.ingest("--partition", "id=1..3", "--json", mode="overwrite_partitions")
    assert json.loads(replaced.stdout)["rows_deleted"] == 2
    terminal.ingest("--partition", "id=3", "--partition", "id=4", mode="overwrite_partitions")
    assert json.loads(terminal.run("describe_table", *ORDERS, "--json").stdout)["rows"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--partition", "id"), "--partition is 'id'; it must be KEY=VALUE or KEY=FROM..TO"),
        (("--partition", "id=1", "--partition", "id=2..3"), "the only one with the key 'id', or a single value"),
        (("--partition", "city=1"), "partitions contains 'city'; the partition keys are 'id'"),
        (("--empty", "replace"), "empty is 'replace' and ingestion_mode is 'overwrite_partitions'"),
        (("--empty", "all"), "'all' is not one of 'ignore', 'replace'"),
    ],
)
def test_invalid_partitions_are_usage_errors(terminal, options, message):
    result = terminal.ingest("--partition-keys", "id", *options, mode="overwrite_partitions")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_an_upsert_keeps_last_rows_and_deletes_flagged_ones(terminal):
    terminal.ingest()
    changes = "id,city,version,gone\n1,Paris,1,\n1,Lille,2,\n2,,3,true\n"
    terminal.orders.write_text(changes, encoding="utf-8")
    options = ("--upsert-keys", "id", "--on-duplicate", "last", "--order-by", "version", "--delete-when", "gone")
    plan = json.loads(terminal.ingest(*options, "--dry-run", "--json", mode="upsert").stdout)
    assert [column["name"] for column in plan["columns"]] == ["id", "city", "version"]
    result = json.loads(terminal.ingest(*options, "--json", mode="upsert").stdout)
    assert (result["rows_read"], result["rows_updated"], result["rows_deleted"]) == (3, 1, 1)
    refused = terminal.ingest(*options, mode="append")
    assert (refused.exit_code, "on_duplicate is set, but ingestion_mode is 'append'" in refused.stderr) == (2, True)


def test_no_progress_bar_is_drawn_when_stderr_is_not_a_terminal(terminal):
    assert terminal.ingest().stderr == ""


@pytest.mark.parametrize("spelling", ["tab", r"\t", "\t"])
def test_a_tab_delimiter_can_be_written_in_three_ways(terminal, spelling: str):
    terminal.orders.write_text("id\tcity\n1\tLyon\n")
    assert terminal.ingest("--csv-delimiter", spelling).exit_code == 0
    assert json.loads(terminal.query("SELECT * FROM dev_sales.orders", "--format", "json").stdout) == [
        {"id": 1, "city": "Lyon"}
    ]


@pytest.mark.parametrize("keys", ["id,city", "id/city"])
def test_keys_are_separated_by_commas_or_slashes(terminal, keys):
    terminal.ingest("--upsert-keys", keys, mode="upsert")
    plan = json.loads(terminal.ingest("--upsert-keys", keys, "--dry-run", "--json", mode="upsert").stdout)
    assert plan["upsert_keys"] == ["id", "city"]


def test_null_values_are_configurable(terminal):
    terminal.orders.write_text("id,city\n1,-\n2,NA\n3,Lyon\n")
    terminal.ingest("--null-value", "-")
    rows = json.loads(terminal.query("SELECT city FROM dev_sales.orders ORDER BY id", "--format", "json").stdout)
    assert rows == [{"city": None}, {"city": "NA"}, {"city": "Lyon"}]


def test_usual_nulls_can_be_disabled(terminal):
    terminal.orders.write_text("id,city\n1,NA\n2,NA\n")
    terminal.ingest("--no-usual-nulls")
    rows = json.loads(terminal.query("SELECT city FROM dev_sales.orders", "--format", "json").stdout)
    assert rows == [{"city": "NA"}, {"city": "NA"}]


def test_csv_options_set_the_dialect(terminal):
    terminal.orders.write_text("made by hand\n# cities\nid;city\n1;'Ly;on'\n#2;x\n3;O\\'Fallon\n")
    dialect = ["--skip-rows", "1", "--comment", "#", "--quote", "'", "--escape", "\\", "--csv-delimiter", ";"]
    assert terminal.ingest(*dialect).exit_code == 0
    rows = json.loads(terminal.query("SELECT * FROM dev_sales.orders ORDER BY id", "--format", "json").stdout)
    assert rows == [{"id": 1, "city": "Ly;on"}, {"id": 3, "city": "O'Fallon"}]


def test_help_lists_all_input_formats(terminal):
    shown = terminal.run("ingest", "--help").stdout
    assert all(name in shown for name in MODULES)


def test_an_option_sets_the_columns_of_fixed_width_text(terminal):
    terminal.orders.write_text("1 Lyon\n2 Nice\n")
    assert terminal.ingest("--widths", "id:1,city:3-6").exit_code == 0
    rows = json.loads(terminal.query("SELECT * FROM dev_sales.orders ORDER BY id", "--format", "json").stdout)
    assert rows == [{"id": 1, "city": "Lyon"}, {"id": 2, "city": "Nice"}]


def test_options_select_the_excel_sheet_and_its_header_row(terminal):
    terminal.orders.write_bytes(FILES["a.xlsx"])
    read = ["--input-format", "excel", "--header-row", "2"]
    plan = json.loads(terminal.ingest(*read, "--sheet", "Sheet", "--dry-run", "--json").stdout)
    assert [column["source"] for column in plan["columns"]] == ["1", "Lyon"]
    refused = terminal.ingest(*read, "--sheet", "Shet")
    assert (refused.exit_code, refused.stderr.splitlines()[1]) == (2, "Hint: Its sheets are 'Sheet'.")


def test_options_set_the_notation_of_values(terminal):
    terminal.orders.write_text("id;on;at;price\n1;31/12/2024;2024-07-01 12:00;1.234,5\n2;--;--;--\n")
    written = [
        "--date-format",
        "%d/%m/%Y",
        "--timezone",
        "Europe/Paris",
        "--decimal-mark",
        ",",
        "--thousands-mark",
        ".",
    ]
    assert terminal.ingest("--csv-delimiter", ";", "--null-value", "--", *written).exit_code == 0
    rows = json.loads(terminal.query("SELECT * FROM dev_sales.orders ORDER BY id", "--format", "json").stdout)
    assert [list(row.values())[1:] for row in rows] == [
        ["2024-12-31", "2024-07-01T10:00:00Z", 1234.5],
        [None] * 3,
    ]


def test_an_option_of_another_format_is_rejected(terminal):
    result = terminal.ingest("--input-format", "json", "--comment", "#")
    assert result.exit_code == 2
    assert "the option comment applies to csv, fixed-width only" in result.stderr


def test_declared_types_are_read_from_the_current_folder(terminal, tmp_path, monkeypatch):
    (tmp_path / "tables_configuration").mkdir()
    (tmp_path / "tables_configuration" / "sales.orders.yaml").write_text("columns: {id: {type: string}}\n")
    monkeypatch.chdir(tmp_path)
    terminal.ingest()
    assert json.loads(terminal.query("SELECT min(id) AS id FROM dev_sales.orders", "--format", "json").stdout) == [
        {"id": "1"}
    ]


def test_stdin_is_an_input(terminal):
    options = ["--database-name", "sales", "--table-name", "orders", "--ingestion-mode", "append"]
    result = terminal.run(
        "ingest", *options, "--input-file-path", "-", "--input-format", "csv", "--json", stdin="id\n1\n"
    )
    assert json.loads(result.stdout)["rows_read"] == 1


def test_an_empty_input_logs_a_warning_and_commits_nothing(terminal):
    terminal.orders.write_text("id,city\n")
    result = terminal.ingest()
    assert "WARNING: dev_sales.orders: the batch is empty" in result.stderr
    assert "snapshot       none" in result.stdout


def test_a_new_table_in_a_database_with_the_prefix_of_the_stage_is_a_warning(terminal):
    options = ("--table-name", "orders", "--ingestion-mode", "append", "--input-file-path", str(terminal.orders))
    first = terminal.run("ingest", "--database-name", "dev_sales", *options)
    assert "WARNING" not in first.stderr
    terminal.ingest()
    second = terminal.run("ingest", "--database-name", "dev_sales", *options[:1], "customers", *options[2:])
    assert "for a table in the existing database 'dev_sales', write 'sales'" in second.stderr


def test_an_unreachable_bucket_of_a_lake_suggests_the_folder_in_its_place(terminal, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    failed = terminal.ingest(path="s3://shop-inbox/orders.csv")
    assert failed.exit_code == 2
    assert "With --local, the objects are read from the folder 'shop-inbox' of the lake, if it exists." in failed.stderr
