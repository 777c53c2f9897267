from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCKERFILES = sorted(
    file
    for module in ("domain_factory", "pipeline_factory")
    for file in (REPOSITORY / module).rglob("Dockerfile")
    if "tests" not in file.parts
)


def lint(dockerfile):
    hadolint = Path(sys.executable).with_name("hadolint")
    arguments = ["--no-color", "--config", REPOSITORY / ".hadolint.yaml", dockerfile]
    return subprocess.run([hadolint, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: str(file.parent.relative_to(REPOSITORY)))
def test_dockerfiles_have_no_lint_findings(dockerfile):
    linted = lint(dockerfile)
    assert linted.returncode == 0, linted.stdout


def test_lint_findings_are_errors(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python\n")
    linted = lint(tmp_path / "Dockerfile")
    assert linted.returncode != 0
    assert "DL3006" in linted.stdout
