"""`.gitlab-ci.yml` complies with the schema that GitLab publishes, which check-jsonschema contains."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from test.terraform.tools import python_tool

VERSION = "0.39.0"
CONFIGURATION = Path(__file__).parents[2] / ".gitlab-ci.yml"


@pytest.fixture(scope="module")
def problems():
    """`problems(file)`: what check-jsonschema reports, or an empty string."""
    program = python_tool("check-jsonschema", VERSION) / "check-jsonschema"
    schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]

    def problems(file):
        ran = subprocess.run([program, *schema, file], capture_output=True, text=True)
        return ran.stdout if ran.returncode else ""

    return problems


def test_the_configuration_has_no_problems(problems):
    assert problems(CONFIGURATION) == ""


def test_a_misspelled_keyword_is_a_problem(problems, tmp_path):
    misspelled = tmp_path / "ci.yml"
    misspelled.write_text(CONFIGURATION.read_text().replace("auto_stop_in:", "auto_stop_at:"))
    assert "environment" in problems(misspelled)


def test_terraform_accepts_the_backend_that_jobs_add(tmp_path):
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    (command,) = (line.strip().removeprefix("- ") for line in lines if line.endswith("> test/backend_override.tf"))
    (tmp_path / "test").mkdir()
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True)
    init = ["terraform", "-chdir=test", "init", "-backend=false", "-no-color"]
    ended = subprocess.run(init, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
