from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCKERFILES = sorted(
    file
    for folder in ("datalake_sdk", "domain_factory")
    for file in (REPOSITORY / folder).rglob("Dockerfile")
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


@pytest.mark.parametrize("image", ["domain_factory/emr_sandbox", "datalake_sdk/task_images/spark"])
def test_emr_images_end_in_the_folder_and_with_the_user_that_emr_serverless_requires(image):
    instructions = (REPOSITORY / image / "Dockerfile").read_text().splitlines()
    assert [line for line in instructions if line.startswith(("WORKDIR", "USER"))][-2:] == [
        "WORKDIR /home/hadoop",
        "USER hadoop:hadoop",
    ]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: str(file.parent.relative_to(REPOSITORY)))
def test_every_installation_uses_the_package_index_of_the_domain(dockerfile):
    """Otherwise enable_codeartifact would apply to a part of the packages only."""
    instructions = dockerfile.read_text().replace("\\\n", "").splitlines()
    installations = [line for line in instructions if line.startswith("RUN") and "pip install" in line]
    assert [line for line in installations if "--mount=type=secret,id=pip.conf,target=/etc/pip.conf" not in line] == []


def test_lint_findings_are_errors(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python\n")
    linted = lint(tmp_path / "Dockerfile")
    assert linted.returncode != 0
    assert "DL3006" in linted.stdout
