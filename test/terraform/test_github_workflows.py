"""Workflows, forms and the configuration of releases comply with their schemas and run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from test.terraform.test_gitlab_ci import VERSION
from test.terraform.tools import node_packages, python_tool

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def problems():
    """`problems(files)`: what check-jsonschema reports, or an empty string."""
    program = python_tool("check-jsonschema", VERSION) / "check-jsonschema"

    def problems(*files):
        command = [program, "--builtin-schema", "vendor.github-workflows", *files]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        return ran.stdout if ran.returncode else ""

    return problems


def test_workflows_have_no_problems(problems):
    assert problems(*(REPOSITORY / ".github/workflows").glob("*.yml")) == ""


def test_a_misspelled_keyword_is_a_problem(problems, tmp_path):
    misspelled = tmp_path / "release.yml"
    workflow = REPOSITORY / ".github/workflows/release.yml"
    misspelled.write_text(workflow.read_text().replace("timeout-minutes:", "timeout-seconds:"))
    assert "timeout-seconds" in problems(misspelled)


@pytest.mark.parametrize(
    ("commits", "version"),
    [
        (["fix: one"], "0.3.2"),
        (["docs: one", "feat: two", "fix: three"], "0.4.0"),
        (["feat: one\n\nBREAKING CHANGE: the option is removed"], "1.0.0"),
        (["docs: one"], None),
    ],
)
def test_commits_decide_the_next_version(tmp_path, commits, version):
    programs = node_packages("semantic_release", REPOSITORY / ".ci/semantic_release")
    origin, repository = tmp_path / "origin", tmp_path / "repository"
    git = _git(repository)
    git("init", "--quiet", "--bare", "--initial-branch", "main", origin)
    git("init", "--quiet", "--initial-branch", "main", repository)
    (repository / ".releaserc.json").write_text(json.dumps(_without_plugins_that_publish()))
    git("add", ".")
    git("commit", "--quiet", "--message", "feat: start")
    git("tag", "v0.3.1")
    for message in commits:
        git("commit", "--quiet", "--allow-empty", "--message", message)
    git("push", "--quiet", "--tags", origin, "main")
    command = [programs / "semantic-release", "--dry-run", "--no-ci", "--repository-url", origin.as_uri()]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (f"The next release version is {version}" if version else "no new version is released") in ran.stdout


def _without_plugins_that_publish() -> dict[str, object]:
    configuration = json.loads((REPOSITORY / ".releaserc.json").read_text())
    publishing = {"@semantic-release/git", "@semantic-release/gitlab"}
    plugins = {plugin if isinstance(plugin, str) else plugin[0]: plugin for plugin in configuration["plugins"]}
    return {**configuration, "plugins": [plugins[name] for name in plugins if name not in publishing]}


def _git(folder: Path):
    folder.mkdir()
    identity = {
        f"GIT_{role}_{field}": "ci@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
    }

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **identity}, check=True)

    return git
