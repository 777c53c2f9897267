"""Versions, changelog and notes of a release."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
MODULES = "git::https://git.example.com/platform.git"
WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))


@pytest.fixture
def release(tmp_path):
    """`release(command, version)` runs .ci/release.py in a copy of the files that it reads."""
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy2(REPOSITORY / name, tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/README.md").write_text(f'source = "{MODULES}//modules/network?ref=v1.2.3"\nalso ?ref=v1.2.3\n')

    def release(*arguments):
        command = [sys.executable, REPOSITORY / ".ci/release.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return release


def test_a_release_sets_the_version_and_dates_the_changelog(release, tmp_path):
    unreleased = (tmp_path / "CHANGELOG.md").read_text().partition("## Unreleased\n")[2].partition("\n## ")[0]
    assert release("prepare", "7.8.9").returncode == 0
    assert tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["version"] == "7.8.9"
    changelog = (tmp_path / "CHANGELOG.md").read_text()
    assert re.match(r"# Changelog\n\n## Unreleased\n\n## 7\.8\.9 \(\d{4}-\d\d-\d\d\)\n", changelog)
    assert release("notes", "v7.8.9").stdout == unreleased.strip() + "\n"


def test_a_release_sets_the_version_of_the_modules_in_examples_of_pages(release, tmp_path):
    assert release("prepare", "7.8.9").returncode == 0
    page = (tmp_path / "modules/README.md").read_text()
    assert page == f'source = "{MODULES}//modules/network?ref=v7.8.9"\nalso ?ref=v1.2.3\n'


def test_pages_refer_to_the_modules_of_the_current_version():
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    pins = {
        (page, pin)
        for page in listed.stdout.splitlines()
        for pin in re.findall(rf"{re.escape(MODULES)}//[a-z_/]+\?ref=([^\s\"]+)", (REPOSITORY / page).read_text())
    }
    assert len(pins) > 5
    assert {page for page, pin in pins if pin != f"v{version}"} == set()


def test_notes_of_a_tag_that_is_not_the_version_of_the_project_are_an_error(release):
    refused = release("notes", "v7.8.9")
    assert refused.returncode == 1
    assert "version 7.8.9 is not that of pyproject.toml, " in refused.stderr


@pytest.mark.parametrize("arguments", [("prepare", "7.8"), ("publish", "7.8.9")])
def test_other_commands_and_versions_are_errors(release, arguments):
    assert "expected prepare or notes and a version such as 1.2.0" in release(*arguments).stderr


def test_only_pyproject_contains_the_version():
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    assigned = re.compile(rf"""version\w*['"]?\s*[=:]\s*['"]{re.escape(version)}['"]""", re.IGNORECASE)
    sources = [
        path
        for folder in ("datalake_sdk", "dbt", "modules", "domain_factory", "pipeline_factory")
        for pattern in ("*.py", "*.tf")
        for path in (REPOSITORY / folder).rglob(pattern)
        if ".terraform" not in path.parts
    ]
    assert [path for path in sources if assigned.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_actions_to_commits_and_have_no_permissions_by_default(workflow):
    content = workflow.read_text()
    used = re.findall(r"uses: (\S+)(.*)", content)
    assert [action for action, _ in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for _, comment in used)
    assert yaml.safe_load(content)["permissions"] == {"contents": "read"}


def test_the_program_that_publishes_is_installed_with_hashes():
    steps = yaml.safe_load((REPOSITORY / ".github/workflows/release.yml").read_text())["jobs"]["publish"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands[0] == "make -C source install"
    assert commands[1].startswith("source/.venv/bin/twine upload ")
    assert not any(re.search(r"\b(pip|pipx)\b", command) for command in commands)


def test_both_templates_of_a_merge_request_are_the_same():
    templates = (".github/PULL_REQUEST_TEMPLATE.md", ".gitlab/merge_request_templates/Default.md")
    assert len({(REPOSITORY / template).read_text() for template in templates}) == 1
