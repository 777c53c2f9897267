"""Local runs with input tables from a stage on AWS."""

from __future__ import annotations

import pytest

PIPELINE = """
pipeline_name: daily
tasks:
  report:
    type: sql
    path: report
    input_tables: [sales.orders]
    output_tables: {daily.report: {ingestion_mode: overwrite}}
"""


@pytest.fixture
def run_pipeline(program, tmp_path):
    """`run_pipeline(*options)` runs a pipeline, which counts the orders, on the lake `lake`."""
    (tmp_path / "report/code").mkdir(parents=True)
    (tmp_path / "report/code/main.sql").write_text(
        "SELECT count(*) AS orders FROM {database_prefix}sales.orders", encoding="utf-8"
    )
    (tmp_path / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    lake = str(tmp_path / "lake")
    return lambda *options: program.run("--local", lake, "run_pipeline", str(tmp_path / "pipeline.yaml"), *options)


def test_missing_input_tables_are_copied_once_and_the_stage_is_only_read(program, run_pipeline):
    assert program.ingest().exit_code == 0
    glue = program.aws.client("glue")
    before = glue.get_table(DatabaseName="dev_sales", Name="orders")["Table"]
    first = run_pipeline("--inputs-from", "dev")
    assert first.exit_code == 0, first.output
    assert glue.get_table(DatabaseName="dev_sales", Name="orders")["Table"] == before
    assert "dev_sales.orders: 3 rows copied from dev_sales.orders in stage dev\n" in first.stderr
    assert program.ingest("id,city\n4,Lyon\n").exit_code == 0
    second = run_pipeline("--inputs-from", "dev")
    assert (second.exit_code, "copied" in second.stderr) == (0, False)


def test_a_table_that_the_stage_does_not_contain_is_an_error(program, run_pipeline):
    assert program.ingest().exit_code == 0
    result = run_pipeline("--inputs-from", "prod")
    assert result.exit_code == 1, result.output
    assert "environment 'shop_sales_prod' is empty" in result.stderr


def test_a_sample_requires_a_stage(run_pipeline):
    result = run_pipeline("--sample", "1%")
    assert (result.exit_code, "--sample requires --inputs-from" in result.stderr) == (2, True)
