from __future__ import annotations

import json

import pytest

from datalake_sdk.operations.migration.run import migrate

STAGES = ("-s", "dev")
ALL = ("migrate_data", "--source-stage-name", "prod", "--database-name", "sales")


@pytest.fixture
def filled(terminal):
    """A lake whose production stage has a table."""
    orders = ("--database-name", "sales", "--table-name", "orders", "--upsert-keys", "id")
    file = ("--input-file-path", str(terminal.orders), "--ingestion-mode", "upsert")
    assert terminal.run("-s", "prod", "ingest", *orders, *file).exit_code == 0
    return terminal


def test_the_outcome_of_each_table_is_listed(filled):
    result = filled.run(*STAGES, *ALL, "--yes")
    assert result.exit_code == 0, result.output
    assert "sales.orders" in result.stdout
    assert "dev_sales.orders" in result.stdout
    assert "equal" in result.stdout


def test_json_output_has_all_statistics(filled):
    (outcome,) = json.loads(filled.run(*STAGES, *ALL, "--yes", "--json").stdout)
    assert (outcome["rows"], outcome["verified"], outcome["error"]) == (3, True, "")


def test_yes_is_required_without_a_terminal(filled):
    result = filled.run(*STAGES, *ALL)
    assert result.exit_code == 2
    assert "Pass --yes" in result.stderr


@pytest.mark.parametrize(("answer", "copied"), [("y\n", True), ("n\n", False)])
def test_the_prompt_lists_the_tables_to_copy(filled, monkeypatch, answer, copied):
    monkeypatch.setattr("datalake_sdk.cli.options.is_terminal", lambda: True)
    result = filled.run(*STAGES, *ALL, stdin=answer)
    assert result.exit_code == 0
    assert "sales.orders -> sales.orders: upsert, about 3 rows" in result.stderr
    assert ("equal" in result.stdout) is copied


def test_a_failed_table_is_listed_and_the_exit_code_is_one(filled):
    filled.orders.write_text("id,city\n1,5\n", encoding="utf-8")
    orders = ("--database-name", "sales", "--table-name", "orders")
    file = ("--input-file-path", str(filled.orders), "--ingestion-mode", "append")
    assert filled.run(*STAGES, "ingest", *orders, *file).exit_code == 0
    result = filled.run(*STAGES, *ALL, "--yes")
    assert result.exit_code == 1
    assert "failed" in result.stdout
    assert "Error: dev_sales.orders: column 'city' is long" in result.stderr


def test_a_table_that_cannot_be_copied_is_listed_and_the_exit_code_is_one(filled):
    result = filled.run(*STAGES, *ALL, "--mask", "id=null", "--yes")
    assert result.exit_code == 1
    assert "failed" in result.stdout
    assert "Error: dev_sales.orders: mask is 'id=null'" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sample", "5"), "sample is '5'; it must be a percentage"),
        (("--mask", "city"), "mask is 'city'; it must be column=null"),
        (("--owner-job", "daily"), "owner_job is 'daily'; it must be pipeline/task"),
        (("--where", "city ="), "something is missing"),
        (("--where", "rand() < 0.5"), "whose value changes between the copy and its verification"),
        (("--mask", "town=null"), "mask names column 'town', which no table to copy has"),
        (("--target-table-name", "copy"), "target_table_name is 'copy'"),
        (("--source-table-name", "order"), "table 'sales.order' does not exist"),
        (("--mask", "city=null", "--mask", "City=keep"), "it must be the only mask of 'City'"),
        (("--source-stage-name", ""), "stage_name is ''"),
        (("--source-table-name", ""), "table_name is ''"),
        (("--source-table-name", "orders", "--target-table-name", ""), "table_name is ''"),
        (("--upsert-keys", ""), "no known upsert keys"),
        (("--owner-job", ""), "owner_job is ''"),
        (("--sample", ""), "sample is ''"),
        (("--where", ""), "something is missing"),
    ],
)
def test_an_invalid_option_is_rejected(filled, options, words):
    result = filled.run(*STAGES, *ALL, *options, "--yes")
    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


def test_an_interruption_reports_the_tables_that_are_finished(filled, monkeypatch):
    def interrupted(*arguments):
        yield from migrate(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("datalake_sdk.operations.migration.run.migrate", interrupted)
    result = filled.run(*STAGES, *ALL, "--yes")
    assert result.exit_code == 130
    assert "Finished: dev_sales.orders. Every other table is unchanged, or copied but not verified." in result.stderr


def test_source_and_target_must_differ(filled):
    result = filled.run("-s", "prod", *ALL, "--yes")
    assert result.exit_code == 2
    assert "source_stage_name is 'prod', which is also the target stage" in result.stderr
