"""Pipelines on an embedded lake, each task in its own process."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from doc_resources.live_view import screens
from test.behavior.pipeline_project import Project, wait_for_line
from test.terraform.tools import uv

LOAD = """
import pyarrow as pa

def main(job):
    rows = pa.table({"id": [1, 2], "source": [job.task_additional_parameters["source"]] * 2})
    return {"daily.orders": job.ProcessingResponse(rows)}
"""
LOAD_WITH_RULES = LOAD.replace("import pyarrow as pa", "import pyarrow as pa, shop_rules").replace(
    'job.task_additional_parameters["source"]', "shop_rules.SOURCE"
)
UV_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv"
WAITING = re.compile(
    r"\nload   succeeded, 2 rows, \d+\.\d s\ncount  succeeded, 1 row, \d+\.\d s\n"
    r"wait   running, (0\.[1-9]|[1-9]\d*\.\d) s$"
)
COUNT = "SELECT source, count(*) AS orders, '{logical_date}' AS day FROM orders GROUP BY source"
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    additional_parameters: {source.$: $.file}
    output_tables: {daily.orders: {}}
  count:
    type: sql
    path: count
    input_tables: [daily.orders]
    output_tables: {daily.counts: {}}
"""


class DailyProject(Project):
    """A project with the pipeline above."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "run_pipeline")
        self.add_task("load", LOAD)
        self.add_task("count", COUNT, "main.sql")
        self.define(PIPELINE)

    def states(self, *options: str, **variables: str) -> tuple[int, dict[str, str]]:
        """Returns the exit code and the state of each task."""
        code, output, errors = self.run(*options, "--json", **variables)
        assert output, errors
        self.result = json.loads(output)
        return code, {task["task"]: task["state"] for task in self.result["tasks"]}


@pytest.fixture
def project(tmp_path):
    return DailyProject(tmp_path)


def test_tasks_run_in_order_with_the_input_of_the_run(project):
    code, _, shown = project.run("--parameters", '{"file": "a.csv"}', "--logical-date", "2026-01-31")
    assert code == 0, shown
    lines = [line.split(",")[0] for line in shown.splitlines()[1:]]
    assert lines == ["load: running", "load: succeeded", "count: running", "count: succeeded"]
    assert "load: succeeded, 2 rows, " in shown
    assert project.rows("counts") == [{"source": "a.csv", "orders": 2, "day": "2026-01-31"}]


def test_warnings_of_tasks_are_printed_at_the_end(project):
    project.add_task("load", "import logging\n\ndef main(job):\n    for n in range(6):\n        logging.warning(n)\n")
    code, _, errors = project.run("--task", "load", "--parameters", '{"file": "a.csv"}')
    assert code == 0
    *warnings, more = [line for line in errors.splitlines() if line.startswith("WARNING: ")]
    assert warnings == [f"WARNING: load: {number}" for number in range(5)]
    assert more.startswith("WARNING: load: 2 more in ")
    assert Path(more.partition(" in ")[2]).read_text().count("the task returned no response") == 1


def test_a_terminal_shows_the_states_rows_and_elapsed_times_of_all_tasks(project):
    os.mkfifo(project.folder / "end")
    project.add_task("wait", f"def main(job):\n    open({str(project.folder / 'end')!r}).close()\n")
    project.define(PIPELINE + "  wait: {path: wait, after: [load]}\n")
    command = [sys.executable, "-m", "datalake_sdk.cli", "--local", "lake", "run_pipeline"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    shown = screens([*command, "--parameters", '{"file": "a.csv"}'], project.folder, environment)
    next(screen for screen in shown if screen.endswith("\nload   waiting\ncount  waiting\nwait   waiting"))
    next(screen for screen in shown if WAITING.search(screen))
    (project.folder / "end").open("w").close()
    *_, last = shown
    assert last.startswith("run ")


def test_a_failed_run_is_resumed_without_repeating_its_writes(project):
    project.add_task("fail", "def main(job):\n    raise ValueError('no such column')\n")
    project.define(
        PIPELINE
        + "  fail:\n    path: fail\n    after: [load]\n"
        + "  last:\n    path: load\n    after: [fail]\n    additional_parameters: {source: last}\n"
        + "    output_tables: {daily.orders: {}}\n"
    )
    code, states = project.states("--parameters", '{"file": "a.csv"}')
    assert (code, states) == (1, {"load": "succeeded", "fail": "failed", "last": "not run", "count": "not run"})
    (failed,) = [task for task in project.result["tasks"] if task["task"] == "fail"]
    assert (failed["error"], failed["hint"]) == (
        "ValueError: no such column",
        "Raised in code/main.py, line 2, in main.",
    )
    assert "no such column" in Path(failed["log"]).read_text(encoding="utf-8")

    project.add_task("fail", "def main(job):\n    pass\n")
    resumed = project.states("--resume", project.result["run_id"])
    assert resumed == (0, {"fail": "succeeded", "last": "succeeded", "count": "succeeded"})
    code, _, shown = project.run("--resume", project.result["run_id"])
    assert code == 0
    assert "nothing to resume: every task of the run succeeded" in shown
    repeated = project.states("--resume", project.result["run_id"], "--task", "load")
    assert repeated == (0, {"load": "succeeded"})
    assert sorted((row["source"], row["orders"]) for row in project.rows("counts")) == [("a.csv", 2), ("last", 2)]
    assert len(project.rows("orders")) == 4


def test_a_missing_package_is_reported_with_the_file_that_lists_packages(project):
    project.add_task("load", "import no_such_package\n")
    code, _, shown = project.run("--parameters", '{"file": "a.csv"}', "--task", "load")
    assert code == 1
    hint = "Raised in code/main.py, line 1, in <module>. Add the package to requirements.txt of the task."
    assert f"load: ModuleNotFoundError: No module named 'no_such_package'\n  {hint}\n" in shown


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_stops_the_tasks(project, number, exit_code):
    project.add_task("load", "import os, signal\ndef main(job):\n    print(os.getpid())\n    signal.pause()\n")
    process = project.start("--parameters", '{"file": "a.csv"}')
    assert process.stderr.readline().startswith("run ")
    assert process.stderr.readline() == "load: running\n"
    log = wait_for_line(next(project.lake.glob("runs/daily/*")) / "load.log")
    process.send_signal(number)
    _, shown = process.communicate(timeout=60)
    assert (process.returncode, shown.splitlines()[-1]) == (exit_code, "Interrupted")
    with pytest.raises(ProcessLookupError):
        os.kill(int(log), 0)
    (resume,) = [line.removeprefix("Resume with: ") for line in shown.splitlines() if line.startswith("Resume")]
    project.add_task("load", LOAD)
    resumed = project.run(*shlex.split(resume.partition("run_pipeline ")[2]))
    assert resumed[0] == 0, resumed


@pytest.fixture
def rules(tmp_path):
    """A folder with the wheel of the package shop-rules."""
    with zipfile.ZipFile(tmp_path / "shop_rules-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("shop_rules.py", "SOURCE = 'wheel'\n")
        wheel.writestr("shop_rules-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: shop-rules\nVersion: 1.0\n")
        wheel.writestr(
            "shop_rules-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("shop_rules-1.0.dist-info/RECORD", "")
    return tmp_path


def test_requirements_are_installed_once_beside_the_sdk(project, tmp_path, rules):
    project.add_task("load", LOAD_WITH_RULES, requirements="shop-rules==1.0  # the rules\n")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(rules), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    # Without uv.
    offline["PATH"] = ""
    given = ("--task", "load", "--parameters", '{"file": "a.csv"}')
    for expected in (["installing", "running", "succeeded"], ["running", "succeeded"]):
        code, _, shown = project.run(*given, **offline)
        assert code == 0, (shown, [log.read_text() for log in project.lake.rglob("load.log")])
        assert [line.split()[1].strip(",") for line in shown.splitlines()[1:]] == expected
    assert {row["source"] for row in project.rows("orders")} == {"wheel"}


def test_a_task_imports_its_shared_modules_and_no_other_folder(project):
    for name, source in (("shop_rules", "from shop_rules.source import SOURCE"), ("others", "")):
        (project.folder / "shared" / name).mkdir(parents=True)
        (project.folder / "shared" / name / "__init__.py").write_text(source, encoding="utf-8")
    (project.folder / "shared" / "shop_rules" / "source.py").write_text("SOURCE = 'shared'", encoding="utf-8")
    project.define(PIPELINE.replace("path: load", "path: load\n    shared_modules: [shared/shop_rules]"))
    given = ("--task", "load", "--parameters", '{"file": "a.csv"}')
    project.add_task("load", LOAD_WITH_RULES)
    assert project.run(*given)[0] == 0
    assert {row["source"] for row in project.rows("orders")} == {"shared"}
    project.add_task("load", f"import others\n{LOAD_WITH_RULES}")
    code, _, shown = project.run(*given)
    assert (code, "No module named 'others'" in shown) == (1, True)


def test_uv_creates_an_environment_for_the_same_python(project, tmp_path, rules):
    project.add_task("load", LOAD_WITH_RULES, requirements="shop-rules==1.0\n")
    with_uv = {"PATH": f"{uv().parent}{os.pathsep}{os.environ['PATH']}", "UV_FIND_LINKS": str(rules)}
    variables = {**with_uv, "XDG_CACHE_HOME": str(tmp_path / "cache"), "UV_CACHE_DIR": str(UV_CACHE)}
    code, _, shown = project.run("--task", "load", "--parameters", '{"file": "a.csv"}', **variables)
    assert code == 0, (shown, [log.read_text() for log in project.lake.rglob("load.log")])
    (packages,) = (tmp_path / "cache").rglob("site-packages")
    assert packages.parent.name == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {row["source"] for row in project.rows("orders")} == {"wheel"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "which selects nothing: there is no 'file'"),
        (("--parameters", "{"), "--parameters is '{'; it must be JSON"),
        (("--parameters", ""), "--parameters is ''; it must be JSON"),
        (("--parameters", "[]", "--logical-date", "2026-01-31"), "a JSON object, to which the logical date is added"),
        (
            ("--parameters", '{"logical_date": "yesterday"}'),
            "logical_date in --parameters is 'yesterday'; it must be a",
        ),
        (("--parameters", '{"time": "yesterday"}'), "time in --parameters is 'yesterday'; it must be a date"),
        (("--logical-date", "yesterday"), "--logical-date is 'yesterday'; it must be a date"),
        (("--task", "lod"), "pipeline 'daily' has no task 'lod'"),
        (("--task", "load", "--from", "load"), "--task and --from exclude each other"),
        (("--sample", "10"), "--sample requires --inputs-from"),
        (("--resume", "yesterday"), "--resume is 'yesterday'; it must be the id of an earlier run"),
        (("missing.yaml",), "pipeline file 'missing.yaml': No such file"),
    ],
)
def test_an_invalid_call_runs_nothing(project, monkeypatch, options, message):
    monkeypatch.chdir(project.folder)
    result = CliRunner().invoke(cli, ["--local", "lake", "run_pipeline", *options])
    assert result.exit_code == 2
    assert message in result.stderr
    assert not project.lake.exists()


@pytest.mark.parametrize(
    "command", [("run_pipeline",), ("backfill", "--from-date", "2026-01-01", "--to-date", "2026-01-02")]
)
@pytest.mark.parametrize("names", [(), ("-p", "shop", "-d", "sales", "-s", "dev")])
def test_without_a_lake_the_error_names_both_platforms(project, monkeypatch, command, names):
    monkeypatch.chdir(project.folder)
    result = CliRunner().invoke(cli, [*names, *command])
    assert result.exit_code == 2
    assert "a pipeline file runs on an embedded lake, but none is selected" in result.stderr
    assert f"datalake_sdk --local ./lake {command[0]} pipeline.yaml" in result.stderr
    assert f"datalake_sdk -p PROJECT -d DOMAIN -s STAGE {command[0]} --pipeline-name NAME" in result.stderr


def test_a_plan_shows_order_tables_and_permissions(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    for file in ("graph.mmd", "graph.svg"):
        result = CliRunner().invoke(cli, ["-p", "shop", "-d", "sales", "-s", "dev", "plan_pipeline", "--graph", file])
        assert result.exit_code == 0, result.output
        assert "daily.orders" in (project.folder / file).read_text(encoding="utf-8")
    assert "load" in result.stdout
    assert "arn:aws:s3:::shop-sales-dev-data/daily/counts/*" in result.stdout
    missing = CliRunner().invoke(cli, ["plan_pipeline", "--graph", "missing/graph.svg"])
    assert (missing.exit_code, "Invalid value for --graph: " in missing.stderr) == (2, True)
    rejected = CliRunner().invoke(cli, ["plan_pipeline", "--graph", "graph.png"])
    assert (rejected.exit_code, "must end with .mmd or .svg" in rejected.stderr) == (2, True)
    assert not project.lake.exists()
