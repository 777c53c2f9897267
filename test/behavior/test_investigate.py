"""Reports of failed runs on an embedded lake."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from test.bedrock_runtime import BedrockRuntime, Reply, replies
from test.behavior.pipeline_project import Project

ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
LOAD = f"""
import pyarrow as pa

def main(job):
    job.ingest("daily.orders", pa.table({{"id": [1, 2]}}))
    print("connecting with {ACCESS_KEY} \\x1b[2J")
    print("\\x1b[36mpassword\\x1b[0m=\\x1b[35mhunter2\\x1b[0m")
    raise ValueError("no such column")
"""
KILLED = """
import os, signal

def main(job):
    print("reading", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
WRITES = """
import pyarrow as pa

def main(job):
    return {"daily.orders": job.ProcessingResponse(pa.table({"id": [1, 2]}))}
"""
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    output_tables: {daily.orders: {}}
"""


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path, "run_pipeline")
    project.define(PIPELINE)
    return project


@pytest.fixture
def run_pipeline(project):
    """`run_pipeline(code)` runs the pipeline with this code; returns the id of the run."""

    def run_pipeline(code, *options):
        project.add_task("load", code)
        _, output, errors = project.run("--json", *options)
        assert output, errors
        return json.loads(output)["run_id"]

    return run_pipeline


@pytest.fixture
def investigate(project):
    def investigate(*arguments):
        return CliRunner().invoke(cli, ["--local", str(project.lake), "investigate", *arguments])

    return investigate


def test_the_report_of_a_run_has_the_error_its_log_and_the_commits_of_its_tables(run_pipeline, investigate, project):
    run = run_pipeline(LOAD, "--parameters", '{"api_token": "abc"}')
    command = f"datalake_sdk --local {project.lake} run_pipeline PIPELINE_FILE"
    shown = investigate().stdout
    for line in (
        "Pipeline daily of local_lake_dev failed",
        f"  Execution     {run}",
        "  Error         TerminalError: load: ValueError: no such column",
        "  Likely cause  The code of the task raised an exception.",
        '  Input         {"api_token": [redacted]}',
        f"                Then resume the run: {command} --resume {run}",
        "Task load: TerminalError",
        "  Message       ValueError: no such column",
        "  Where         code/main.py, line 8, in main",
        f"  Log           {project.lake}/runs/daily/{run}/load.log",
        "    | connecting with [redacted] ",
        "    | password=[redacted]",
    ):
        assert line in shown.splitlines()
    assert "daily.orders  append: 2 rows added, 0 deleted  by this execution" in shown
    assert ACCESS_KEY not in shown


def test_a_report_as_json_has_the_same_facts(run_pipeline, investigate):
    run = run_pipeline(LOAD)
    report = json.loads(investigate(run, "--json").stdout)
    assert (report["execution"], report["error"]) == (run, "TerminalError")
    assert report["tasks"][0]["message"] == "ValueError: no such column"
    assert report["commits"][0]["by_this_execution"]


def test_a_task_that_was_killed_is_reported_with_its_log(run_pipeline, investigate):
    run_pipeline(KILLED)
    shown = investigate("--pipeline-name", "daily").stdout
    assert "its process ended without reporting a result, or is still running" in shown
    assert "    | reading" in shown


def test_an_iteration_that_failed_is_a_task_with_its_own_state(run_pipeline, investigate, project):
    project.define(f"{PIPELINE}    for_each: {{items: [{{shop: 1}}, {{shop: 2}}]}}\n")
    run_pipeline(LOAD.replace("raise", "if job.task_additional_parameters['shop'] == '2': raise"))
    report = json.loads(investigate("--json").stdout)
    (task,) = report["tasks"]
    assert (task["task"], task["state"]) == ("load", "load.1")
    assert task["message"] == "load (shop=2): ValueError: no such column"
    assert len(report["commits"]) == 2


def test_the_last_failed_run_is_the_default(run_pipeline, investigate):
    first = run_pipeline(LOAD)
    second = run_pipeline(KILLED)
    run_pipeline(WRITES)
    assert f"Execution     {second}" in investigate().stdout
    assert f"Execution     {first}" in investigate(first).stdout


def test_only_the_end_of_a_large_log_is_read(run_pipeline, investigate, project):
    run = run_pipeline(LOAD)
    log = project.lake / "runs" / "daily" / run / "load.log"
    with log.open("a") as file:
        file.write("\n")
        os.truncate(log, 2**40)
        file.seek(0, os.SEEK_END)
        file.write("\nthe last line\n")
    assert investigate().stdout.splitlines().count("    | the last line") == 1


def test_runs_that_cannot_be_investigated_are_errors(run_pipeline, investigate, project):
    ended = investigate()
    assert ended.exit_code == 1
    assert f"Error: lake '{project.lake}' has no execution that failed, timed out or was stopped" in ended.stderr
    succeeded = run_pipeline(WRITES)
    ended = investigate(succeeded)
    assert ended.exit_code == 2
    assert f"Error: execution '{succeeded}' is SUCCEEDED; only one that failed" in ended.stderr
    failed = run_pipeline(LOAD)
    ended = investigate("monday")
    assert ended.exit_code == 2
    assert f"has no run 'monday'\nHint: Its failed runs are '{failed}'." in ended.stderr
    assert "pipeline 'hourly' has no execution that failed" in investigate("--pipeline-name", "hourly").stderr


@pytest.fixture
def model(monkeypatch):
    """Starts a server with one reply of a model, and configures clients to use it."""
    servers = []

    def start(reply: Reply) -> BedrockRuntime:
        servers.append(BedrockRuntime(replies(reply)).__enter__())
        for name, value in servers[0].environment.items():
            monkeypatch.setenv(name, value)
        return servers[0]

    yield start
    for server in servers:
        server.__exit__()


def test_an_explanation_by_a_model_is_marked_as_such(run_pipeline, investigate, model):
    run_pipeline(LOAD)
    server = model(Reply(("The column was renamed.",)))
    shown = investigate("--explain", "--model-id", "m").stdout
    assert shown.endswith("\nExplanation by a model, which may be wrong\n  The column was renamed.\n")
    (request,) = server.requests
    assert "no such column" in json.dumps(request["messages"])
    assert ACCESS_KEY not in json.dumps(request)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_an_explanation_the_report_is_complete(run_pipeline, investigate, model):
    run_pipeline(LOAD)
    plain = investigate().stdout
    model(Reply(fault="AccessDeniedException", status=403, reason="no access to the model"))
    reported = investigate("--explain", "--model-id", "m")
    assert (reported.exit_code, reported.stdout) == (0, plain)
    assert "no explanation: model 'm': access denied: " in reported.stderr


def test_a_model_without_an_explanation_is_rejected(investigate):
    rejected = investigate("--model-id", "m")
    assert rejected.exit_code == 2
    assert "--model-size and --model-id require --explain." in rejected.stderr
