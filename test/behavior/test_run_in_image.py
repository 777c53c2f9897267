"""Tasks run in their images, with a substitute for docker that runs containers as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from test.behavior import container_program
from test.behavior.pipeline_project import Project, wait_for_line

LOAD = """
import os
import pyarrow as pa

def main(job):
    names = ("AWS_PROFILE", "PIPELINE_NAME", "DATALAKE_LOCAL_ROOT")
    print({name: os.environ.get(name) for name in names}, sorted(job.task_additional_parameters.items()))
    return {"daily.orders": job.ProcessingResponse(pa.table({"id": [1, 2]}))}
"""
WAITS = """
import os, signal

def main(job):
    with open("../started", "w") as file:
        print(os.getpid(), file=file)
    signal.pause()
"""
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    additional_parameters: {source: shop, file.$: $.file, day.$: $.logical_date}
    output_tables: {daily.orders: {}}
"""
RUN = ("--task-folder", "load", "--parameter", "file=a.csv", "--logical-date", "2026-01-31")


class ImageProject(Project):
    def __init__(self, folder):
        super().__init__(folder, "run_task")
        self.engine = folder / "engine"
        programs = container_program.install(self.engine)
        self.variables = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "AWS_PROFILE": "mine"}
        self.define(PIPELINE)
        self.add_task("load", LOAD)

    def start(self, *options, **variables):
        return super().start(*options, **{**self.variables, **variables})

    def run(self, *options, **variables):
        """Runs the command as a process, which shares its output with the container."""
        process = self.start(*options, **variables)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def run_on_aws(self, *options, **variables):
        """Returns the exit code, stdout and stderr of a run that is not on the embedded lake."""
        names = ["-p", "shop", "-d", "sales", "-s", "dev"]
        ended = subprocess.run(
            [sys.executable, "-m", "datalake_sdk.cli", *names, self.command, *options],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), **self.variables, **variables},
            capture_output=True,
            text=True,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def commands(self, name):
        """The commands that were given to the container program."""
        lines = (self.engine / "commands").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == name]


@pytest.fixture
def project(tmp_path):
    return ImageProject(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project whose task has run, and the output of the run."""
    project = ImageProject(tmp_path_factory.mktemp("project"))
    (project.folder / "load/code/__pycache__").mkdir()
    (project.folder / "load/code/main.py").chmod(0o600)
    code, output, errors = project.run(*RUN)
    assert code == 0, errors
    return project, output


def test_a_task_writes_to_the_embedded_lake(ran):
    project, output = ran
    assert "│ load │ succeeded │    2 │" in output
    assert {row["id"] for row in project.rows("orders")} == {1, 2}
    assert f"{{'AWS_PROFILE': None, 'PIPELINE_NAME': 'daily', 'DATALAKE_LOCAL_ROOT': '{project.lake}'}}" in output
    assert "[('day', '2026-01-31'), ('file', 'a.csv'), ('source', 'shop')]" in output


def test_the_build_context_contains_the_code_without_caches_and_the_running_sdk(ran):
    project, _ = ran
    context = project.engine / "context"
    assert sorted(path.name for path in context.iterdir()) == ["code", "dist", "requirements.txt", "sandbox.ipynb"]
    assert [path.name for path in (context / "code").iterdir()] == ["main.py"]
    assert (context / "code/main.py").stat().st_mode & 0o777 == 0o644
    (wheel,) = (context / "dist").iterdir()
    assert f"SDK_VERSION={wheel.name.split('-')[1]}" in project.commands("build")[0]


def test_each_run_writes_anew_and_is_a_run_of_the_pipeline(ran):
    project, _ = ran
    assert project.run(*RUN)[0] == 0
    assert len(project.rows("orders")) == 4
    records = list((project.lake / "runs/daily").glob("*/pipeline-run.json"))
    assert [json.loads(record.read_text())["selection"] for record in records] == [["load"], ["load"]]


@pytest.mark.parametrize(
    ("attributes", "name", "valid"),
    [
        ("additional_parameters: {source: shop, file.$: $.file}", "sorce", "its parameters are 'file', 'source'"),
        ("additional_parameters: {file.$: $.file}", "file.$", "its parameters are 'file'"),
        ("for_each: {items: [a]}", "itm", "its parameters are 'item'"),
        ("for_each: {input: $.files}", "a b", "it has no parameters"),
        ("type: python", "source", "it has no parameters"),
    ],
)
def test_a_parameter_that_the_task_does_not_have_is_an_error(project, attributes, name, valid):
    project.define(f"pipeline_name: daily\ntasks:\n  load:\n    path: load\n    {attributes}\n")
    code, _, errors = project.run("--task-folder", "load", "--parameter", f"{name}=1")
    assert code == 2
    assert f"Error: --parameter sets '{name}', which is not a parameter of task 'load'; {valid}" in errors


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ("for_each: {input: $.files}", "country"),
        ("for_each: {items: [{country: FR}]}", "country"),
        ("for_each: {tables: daily}", "table_name"),
    ],
)
def test_the_parameters_of_an_item_can_be_set(project, attributes, name):
    project.define(f"pipeline_name: daily\ntasks:\n  load:\n    path: load\n    {attributes}\n")
    project.add_task("load", "def main(job):\n    print(job.task_additional_parameters)\n")
    code, output, errors = project.run("--task-folder", "load", "--parameter", f"{name}=1")
    assert code == 0, errors
    assert str({name: "1"}) in output


def test_the_parameters_of_a_caught_failure_can_be_set(project):
    tasks = "{load: {path: load}, other: {path: other, catch: load}}"
    project.define(f"pipeline_name: daily\ntasks: {tasks}\n")
    project.add_task("load", "def main(job):\n    print(job.task_additional_parameters)\n")
    project.add_task("other", "def main(job):\n    pass\n")
    code, output, errors = project.run("--task-folder", "load", "--parameter", "caught_task=other")
    assert code == 0, errors
    assert "{'caught_task': 'other'}" in output


def test_a_query_that_handles_a_failure_uses_its_parameters(project):
    load = "{type: sql, path: load, output_tables: {daily.failures: {}}}"
    project.define(f"pipeline_name: daily\ntasks: {{load: {load}, other: {{path: other, catch: load}}}}\n")
    project.add_task("other", "def main(job):\n    pass\n")
    (project.folder / "load/code/main.py").unlink()
    (project.folder / "load/code/main.sql").write_text("SELECT '{caught_task}' AS name")
    code, _, errors = project.run("--task-folder", "load", "--parameter", "caught_task=other")
    assert code == 0, errors
    assert project.rows("failures") == [{"name": "other"}]


def test_a_failed_task_is_reported_with_exit_code_1(project):
    project.add_task("load", "def main(job):\n    raise KeyError('amount')\n")
    code, output, errors = project.run(*RUN)
    assert (code, output) == (1, "")
    error = ["Error: task 'load': KeyError: 'amount'", "Hint: Raised in code/main.py, line 2, in main."]
    assert [line.strip() for line in errors.splitlines()[-2:]] == error


@pytest.mark.parametrize(
    ("exit_code", "message"),
    [
        (137, "Error: task 'load': its process was killed by signal 9 without reporting a result"),
        (3, "Error: task 'load': its process ended with exit code 3 without reporting a result"),
        (125, "Error: task 'load': docker could not start its container"),
    ],
)
def test_a_container_that_ends_without_a_report_is_reported(project, exit_code, message):
    (project.engine / "exit_code").write_text(str(exit_code))
    code, _, errors = project.run(*RUN)
    assert code == 1
    assert message in errors


def test_ctrl_c_stops_the_container(project):
    project.add_task("load", WAITS)
    process = project.start(*RUN)
    task = int(wait_for_line(project.engine / "started"))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.endswith("Interrupted\n")
    ((_, _, _, name),) = project.commands("stop")
    assert name in project.commands("run")[0]
    with pytest.raises(ProcessLookupError):
        os.kill(task, 0)


def test_an_image_that_cannot_be_built_is_an_error(project):
    code, _, errors = project.run(*RUN, "--base-image", "missing")
    assert code == 1
    assert "pull access denied for missing" in errors
    assert "Error: docker cannot build the image of task 'load' from" in errors
    assert "--base-image" in errors
    assert not project.lake.exists()


def test_jupyter_is_published_on_this_machine_with_a_token(project):
    (project.engine / "bin/jupyter").write_text('#!/bin/sh\necho "$JUPYTER_TOKEN" "$@"\n')
    (project.engine / "bin/jupyter").chmod(0o755)
    code, output, errors = project.run(*RUN, "--notebook")
    assert code == 0, errors
    token, *words = output.split()
    port = words[-1].partition("=")[2]
    assert words == ["notebook", "--no-browser", "--allow-root", "--ip=0.0.0.0", f"--port={port}"]
    assert f"http://127.0.0.1:{port}/notebooks/sandbox.ipynb?token={token}" in errors
    (run,) = project.commands("run")
    assert f"127.0.0.1:{port}:{port}" in run
    assert token not in " ".join(run)
    assert "JUPYTER=true" in project.commands("build")[0]


CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    "AWS_SESSION_TOKEN": "the token",
    "AWS_REGION": "eu-west-3",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
}
PRINTS_CREDENTIALS = f"""
import os
def main(job):
    print({{name: os.environ.get(name) for name in {[*CREDENTIALS, "AWS_DEFAULT_REGION", "DATALAKE_LOCAL_ROOT"]}}})
"""


def test_on_aws_the_credentials_of_the_user_are_variables_and_not_arguments(project):
    project.add_task("load", PRINTS_CREDENTIALS)
    (project.folder / "config").write_text("[default]\n")
    given = {"AWS_PROFILE": "default", "AWS_CONFIG_FILE": str(project.folder / "config"), **CREDENTIALS}
    code, output, errors = project.run_on_aws(*RUN, **given)
    assert code == 0, errors
    expected = {**CREDENTIALS, "AWS_DEFAULT_REGION": "eu-west-3", "DATALAKE_LOCAL_ROOT": None}
    assert str(expected) in output
    assert not {word for word in project.commands("run")[0] if word in CREDENTIALS.values()}
    assert "step_function_task_token" not in project.commands("run")[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--task-folder", "load"),
            "values for 'TASK_ADDITIONAL_PARAMETERS_day', 'TASK_ADDITIONAL_PARAMETERS_file'",
        ),
        ((*RUN, "--shell", "--notebook"), "--shell and --notebook exclude each other."),
        ((*RUN, "--shell"), "--shell requires a terminal."),
        ((*RUN, "--task-name", "load"), "--task-name cannot be combined with --task-folder."),
        (("--notebook",), "--notebook requires --task-folder."),
        (("--container-cli", "podman"), "--container-cli requires --task-folder."),
        (("--task-name", "load"), "Pass --pipeline-name and --task-name, or --task-folder."),
        (("--task-folder", "other"), "no pipeline.yaml above 'other' contains a task with this path"),
        ((*RUN, "--container-cli", "podmann"), "'podmann' is not one of 'docker', 'podman'"),
    ],
)
def test_invalid_calls_are_rejected(project, monkeypatch, options, message):
    monkeypatch.chdir(project.folder)
    result = CliRunner().invoke(cli, ["--local", "lake", "run_task", *options], env=project.variables)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (project.engine / "commands").exists()
