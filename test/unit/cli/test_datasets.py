"""The commands for datasets of a file."""

from __future__ import annotations

import json

import pytest

DATASETS = """
orders: {team: sales, pipeline: files, source_prefix: sales/orders/, tables: {raw: {name: sales.raw_orders}}}
refunds: {team: finance, pipeline: files, source_prefix: finance/refunds/, tables: {raw: {name: finance.refunds}}}
"""
PIPELINE = """
pipeline_name: files
%s
tasks:
  load: {path: load, output_tables: {%s: {}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "datasets.yaml").write_text(DATASETS)
    (tmp_path / "load/code").mkdir(parents=True)
    for name in ("code/main.py", "requirements.txt"):
        (tmp_path / "load" / name).touch()
    (tmp_path / "pipeline.yaml").write_text(PIPELINE % ("run_for_each: datasets", "'{tables.raw}'"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_datasets_of_a_file_are_listed_and_shown(terminal, folder):
    listed = json.loads(terminal.run("datasets", "list", "--json").stdout)
    assert [(each["name"], each["team"], each["pipeline"]) for each in listed] == [
        ("orders", "sales", "files"),
        ("refunds", "finance", "files"),
    ]
    assert json.loads(terminal.run("datasets", "show", "orders", "--json").stdout) == listed[0]
    (status,) = json.loads(terminal.run("datasets", "status", "orders", "--json").stdout)
    assert status["last"] is None
    assert "sales.raw_orders empty" in terminal.run("datasets", "status").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("datasets", "show", "order"), "no dataset 'order'\nHint: The datasets are 'orders', 'refunds'. Did you mean"),
        (("datasets", "list", "--datasets-file", "none.yaml"), "datasets file 'none.yaml': No such file"),
        (("run_pipeline",), "pipeline 'files' runs for each dataset, but none is selected"),
        (("run_pipeline", "--dataset", "visits"), "no dataset 'visits' of pipeline 'files'\nHint: The datasets of"),
        (("backfill", "--from-date", "2026-01-01", "--to-date", "2026-01-02"), "but none is selected"),
    ],
)
def test_bad_input_is_a_usage_error(terminal, folder, arguments, message):
    result = terminal.run(*arguments)
    assert message in result.stderr
    assert result.exit_code == 2


def test_a_dataset_of_a_pipeline_without_datasets_is_a_usage_error(terminal, folder):
    (folder / "pipeline.yaml").write_text(PIPELINE % ("", "sales.raw"))
    result = terminal.run("run_pipeline", "--dataset", "orders")
    assert "pipeline 'files' does not run for each dataset\nHint: Remove --dataset" in result.stderr
    assert result.exit_code == 2
