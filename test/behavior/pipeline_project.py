"""A pipeline file on an embedded lake, run by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.select import open_platform, resolve_environment


class Project:
    """A folder with a pipeline file, the folders of its tasks, and a lake."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self.command = command

    def define(self, pipeline: str) -> None:
        (self.folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")

    def add_task(self, name: str, code: str, file: str = "main.py", requirements: str = "") -> None:
        (self.folder / name / "code").mkdir(parents=True, exist_ok=True)
        (self.folder / name / "code" / file).write_text(code, encoding="utf-8")
        (self.folder / name / "requirements.txt").write_text(requirements, encoding="utf-8")

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """Starts the command as a process, which can be watched and killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "datalake_sdk.cli", "--local", "lake", self.command, *options],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str, **variables: str) -> tuple[int, str, str]:
        """Runs the command in this process; returns the exit code, stdout and stderr."""
        environment = {"PYTHONPATH": str(Path.cwd()), **variables}
        with chdir(self.folder):
            result = CliRunner().invoke(cli, ["--local", "lake", self.command, *options], env=environment)
        return result.exit_code, result.stdout, result.stderr

    def rows(self, table: str, database: str = "daily") -> list[dict[str, object]]:
        platform = open_platform(resolve_environment(None, None, None, local_root=self.lake))
        return query(platform, f"SELECT * FROM dev_{database}.{table}").read_all().to_pylist()


def wait_for_line(file: Path) -> str:
    """Waits for the first line of a file."""
    with subprocess.Popen(["tail", "-F", "-n", "+1", str(file)], stdout=subprocess.PIPE, text=True) as tail:
        line = tail.stdout.readline()
        tail.terminate()
    return line
