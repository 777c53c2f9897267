"""Runs all sides of each benchmark on a few rows; `make bench-smoke` runs only this file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.aims import read_programs
from benchmark.harness import Side, argument_parser, call, compare

ROOT = Path(__file__).parents[2]
AS_PROCESSES = {
    "startup": ["--rows", "500"],
    "large_tables": ["--files", "20", "--days", "4", "--manifests", "2", "--maintenance"],
}
WARM = {
    "append_csv": ["--rows", "500"],
    "wide_csv": ["--rows", "40", "--columns", "50", "200"],
    "append_parquet": ["--rows", "500"],
    "append_json": ["--rows", "500"],
    "append_partitioned": ["--rows", "500", "--dates", "30"],
    "upsert": ["--rows", "500", "--changes", "50", "--keys", "category", "uid"],
    "read": ["--rows", "500", "--deleted", "10"],
    "threads": ["--rows", "500", "--threads", "2"],
    "rest_api": ["--rows", "1500"],
    "contracts": ["--rows", "500"],
    "small_files": ["--rows", "500", "--rows-per-file", "200"],
    "small_appends": ["--rows", "10", "--appends", "12"],
    "small_upserts": ["--rows", "10", "--upserts", "12"],
    "spark": ["--rows", "500"],
    "spark_session": ["--rows", "500"],
}
LOAD_TESTS = {"ingestion_api", "ledger", "races", "ui"}
"""Programs without other sides."""
ONCE = ["--runs", "1"]


@pytest.mark.parametrize("program", AS_PROCESSES)
def test_a_benchmark_runs_and_all_of_its_sides_have_the_same_rows(program, tmp_path):
    assert "| datalake_sdk" in _printed_by(f"benchmark.{program}", *AS_PROCESSES[program], *ONCE, folder=tmp_path)


def test_the_benchmark_of_requests_prints_those_of_an_operation(tmp_path):
    printed = _printed_by("benchmark.round_trips", "--rows", "10", "--operations", "read of", *ONCE, folder=tmp_path)
    assert "| read of a table | 5 | 5 |" in printed
    assert re.search(r"\| 5 \| s3 \| GetObject \| data file \| .+ \| 1 \|", printed)


def test_benchmarks_of_other_engines_run_and_all_of_their_sides_have_the_same_rows(tmp_path):
    programs = {program: [*arguments, *ONCE] for program, arguments in WARM.items()}
    if not shutil.which("java"):
        del programs["spark"], programs["spark_session"]
    _, *tables = _printed_by("test.behavior.warm_benchmarks", json.dumps(programs), folder=tmp_path).split("## ")
    assert [table.partition("\n")[0] for table in tables] == list(programs)
    assert all(re.search(r"\| (datalake_sdk|2 threads|20 checks)", table) for table in tables)


def test_every_benchmark_is_run_by_the_tests_and_documented():
    programs = {path.stem for path in (ROOT / "benchmark").glob("*.py") if "def main()" in path.read_text()}
    page = (ROOT / "benchmark/README.md").read_text()
    assert programs - LOAD_TESTS - {"dbt_project", "round_trips", "summary"} == {*AS_PROCESSES, *WARM}
    assert [program for program in programs - {"summary"} if f"-m benchmark.{program}" not in page] == []
    assert {program.module for program in read_programs()} <= programs


def test_a_side_with_a_different_number_of_rows_fails_the_benchmark():
    sides = [Side("three", _printing("3")), Side("four", _printing("4"))]
    with pytest.raises(SystemExit, match="four has 4 rows instead of 3"):
        compare("title", sides, argument_parser("", 3).parse_args(["--runs", "1"]), rows=3)


def test_a_failed_side_fails_the_benchmark_with_its_output():
    with pytest.raises(SystemExit, match="No module named 'benchmark.nowhere'"):
        compare("title", [Side("broken", call("nowhere.nothing"))], argument_parser("", 3).parse_args([]))


def test_a_side_that_exceeds_the_time_limit_is_killed_and_runs_once(capsys):
    endless = Side("endless", lambda folder: [sys.executable, "-c", "import signal; signal.pause()"])
    arguments = argument_parser("", 3).parse_args(["--runs", "2", "--most-seconds", "2"])
    compare("title", [Side("three", _printing("3")), endless], arguments)
    assert "| endless | > 2 | - | - | - | < 0." in capsys.readouterr().out


def _printed_by(*words: str, folder: Path) -> str:
    environment = os.environ | {"TMPDIR": str(folder)}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _printing(result: str):
    code = f"""import os; open(os.environ["BENCHMARK_RESULT"], "w").write('{{"seconds": 1, "result": {result}}}')"""
    return lambda folder: [sys.executable, "-c", code]
