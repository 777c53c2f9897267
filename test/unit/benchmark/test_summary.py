"""The summary of `make bench`."""

from __future__ import annotations

import sys

import pytest

from benchmark.aims import Aim, Program, read_programs
from benchmark.records import RECORDS_VARIABLE, Record, read_records, record
from benchmark.summary import ROOT, MissingFigure, measured, result_of, summary_table, write_summary

TABLES = {
    "CSV": Record(
        "CSV",
        {"ours": {"wall s": 2.0, "peak MB": 512}, "duckdb": {"wall s": 4.0}, "polars": {"wall s": 8.0}},
        {"ours": {"wall s": 1.0}, "duckdb": {"wall s": 0.508}, "polars": {"wall s": 0.25}},
    )
}


def test_a_row_compares_with_the_fastest_peer():
    fast = Aim("CSV, 1M rows", "CSV", 0.7, side="ours", peers=("polars", "duckdb"))
    memory = Aim("memory", "CSV", 500, "peak MB", side="ours")
    _, _, *rows = summary_table([result_of(fast, TABLES), result_of(memory, TABLES)]).splitlines()
    assert rows == [
        "| CSV, 1M rows | 2.00 s | duckdb 4.00 s | 0.51 | 0.70 | yes |",
        "| memory | 512 MB | - | - | 500 MB | no |",
    ]


@pytest.mark.parametrize(
    ("aim", "problem"),
    [
        (Aim("", "JSON", 1, side="ours"), "no table 'JSON' among CSV"),
        (Aim("", "CSV", 1, side="ours", peers=("dlt",)), "table 'CSV' has no 'wall s' of dlt"),
        (Aim("", "CSV", 1, "CPU s", side="ours"), "table 'CSV' has no 'CPU s' of ours"),
    ],
)
def test_a_missing_figure_is_named(aim, problem):
    with pytest.raises(MissingFigure, match=problem):
        result_of(aim, TABLES)


def test_a_failed_program_is_reported_and_the_others_are_summarized():
    results, problems = measured([Program("nowhere"), Program("records")], 1)
    assert results == []
    assert problems == [
        f"benchmark.nowhere: Command '{[sys.executable, '-m', 'benchmark.nowhere', '--runs', '1']}' "
        "returned non-zero exit status 1."
    ]


def test_the_summary_replaces_only_its_part_of_a_page(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- make bench -->\nold\n<!-- end of make bench -->\nafter\n")
    write_summary(page, r"new \1")
    assert page.read_text() == "before\n<!-- make bench -->\nnew \\1\n<!-- end of make bench -->\nafter\n"
    page.write_text("no comments")
    with pytest.raises(SystemExit, match=r"README.md must contain '<!-- make bench -->'"):
        write_summary(page, "new")


def test_programs_record_their_tables(tmp_path, monkeypatch):
    monkeypatch.setenv(RECORDS_VARIABLE, str(tmp_path / "records"))
    record("one", {"ours": {"wall s": 1.0}}, {})
    record("two", {}, {})
    assert [one.title for one in read_records(tmp_path / "records")] == ["one", "two"]


def test_the_readme_shows_five_rows_of_the_summary():
    shown, all_rows = (set(_summary(page)) for page in ("README.md", "benchmark/README.md"))
    assert shown <= all_rows
    assert sum(aim.in_readme for program in read_programs() for aim in program.aims) == 5


def _summary(page: str) -> list[str]:
    return (ROOT / page).read_text().partition("<!-- make bench -->")[2].partition("<!-- end")[0].splitlines()
