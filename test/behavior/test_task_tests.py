"""The tests in the folder of a task, run by `test_task`."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli

REPOSITORY = Path(__file__).parents[2]

SQL = """
SELECT country, sum(amount) AS amount FROM orders
WHERE day <= DATE '{logical_date}' AND amount >= {minimum} GROUP BY country
"""
PIPELINE = """
pipeline_name: daily
tasks:
  totals:
    type: sql
    path: totals
    when: $input.full
    for_each: {input: $.minimums}
    input_tables: [daily.orders]
    output_tables: {sales.totals: {ingestion_mode: upsert, upsert_keys: [country]}}
"""
PASSING = """
given:
  daily.orders:
    - {country: fr, amount: 0.9, day: 2026-01-30}
    - {country: fr, amount: 1.5, day: 2026-01-30}
    - {country: fr, amount: 2, day: 2026-01-31}
    - {country: it, amount: 4, day: 2026-02-01}
  sales.totals: totals.csv
input: {logical_date: 2026-01-31}
parameters: {minimum: 1}
expected:
  sales.totals:
    - {country: fr, amount: 3.50}
    - {country: be, amount: 7}
"""
PYTEST = """
import pytest

@pytest.fixture
def job_input():
    return {"logical_date": "2026-01-01"}

@pytest.fixture
def job_parameters():
    return {"minimum": "0.5"}

def test_the_logical_date_is_that_of_the_input(lake, job):
    lake.write("daily.orders", [{"country": "fr", "amount": 1.0, "day": job.logical_timestamp.date()}])
    assert job.execute()["tables"]["sales.totals"]["rows_inserted"] == 1
    assert lake.rows("sales.totals") == [{"country": "fr", "amount": 1.0}]
    assert lake.query("SELECT count(*) AS n FROM {database_prefix}sales.totals") == [{"n": 1}]
"""


@pytest.fixture
def task(tmp_path):
    """The folder of a SQL task, with a pipeline file above it."""
    (tmp_path / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    folder = tmp_path / "totals"
    for name, content in (("code/main.sql", SQL), ("tests/totals.csv", "country,amount\nfr,0.5\nbe,7\n")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def run_tests(capfd):
    """Adds tests by name to a task and runs `test_task`; returns the exit code, stdout and stderr."""

    def run_tests(task: Path, **files: str) -> tuple[int, str, str]:
        for name, content in files.items():
            (task / "tests" / name.replace("_yaml", ".yaml").replace("_py", ".py")).write_text(content, "utf-8")
        with chdir(task):
            result = CliRunner().invoke(cli, ["test_task"], env={"PYTHONPATH": str(REPOSITORY)})
        # pytest writes to the file descriptors.
        return result.exit_code, result.stdout + capfd.readouterr().out, result.stderr

    return run_tests


def test_given_and_expected_rows_pass_or_show_their_differences(task, run_tests):
    failing = PASSING.replace("amount: 3.50", "amount: 3.25")
    code, output, errors = run_tests(task, first_yaml=PASSING, second_yaml=failing, test_totals_py=PYTEST)
    assert output.splitlines()[:5] == [
        "PASSED first.yaml",
        "FAILED second.yaml",
        "  sales.totals: rows differ (- expected, + written)",
        "  - country='fr', amount=3.25",
        "  + country='fr', amount=3.5",
    ]
    assert "1 passed" in output
    assert (code, errors) == (1, "Error: failed: 1 of 2 tests in YAML files\n")


def test_a_task_that_fails_shows_why(task, run_tests):
    (task / "code/main.sql").write_text("SELECT cuontry FROM orders", encoding="utf-8")
    code, output, _ = run_tests(task, totals_yaml=PASSING)
    assert code == 1
    assert "FAILED totals.yaml\n  the task failed: " in output
    assert "cuontry" in output


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there are no tests in"),
        ({"totals_yaml": "given: {}"}, "expected is missing"),
        ({"totals_yaml": "expect: {}"}, "unknown fields: 'expect' (did you mean 'expected'?)"),
        ({"totals_yaml": "expected: {sales.totals: rows.csv}"}, "expected['sales.totals'] is 'rows.csv', and"),
        ({"totals_yaml": "expected: {sales.totals: 7}"}, "must be a list of rows"),
        ({"totals_yaml": "expected: {sales.totals: [], sales.totals: []}"}, "key 'sales.totals' occurs twice"),
        ({"totals_yaml": "expected: {sales.totals: [{day: 2026-02-30}]}"}, "is not valid YAML: day is out of range"),
    ],
)
def test_invalid_tests_are_usage_errors(task, run_tests, files, message):
    code, _, errors = run_tests(task, **files)
    assert code == 2
    assert message in errors


def test_a_folder_that_does_not_exist_is_a_usage_error(tmp_path):
    failed = CliRunner().invoke(cli, ["test_task", str(tmp_path / "totasl")])
    assert (failed.exit_code, "totasl' does not exist" in failed.stderr) == (2, True)


@pytest.mark.parametrize("name", ["load_orders", "sales_by_day"])
def test_the_tests_of_the_complete_example_pass(run_tests, name):
    code, output, errors = run_tests(REPOSITORY / "pipeline_factory/examples/complete/tasks" / name)
    assert (code, errors) == (0, ""), output
    assert "PASSED" in output or "1 passed" in output
