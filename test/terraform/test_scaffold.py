"""A repository that `datalake_sdk init` creates: its Terraform is formatted, and its CI complies with the schemas.

test_pages_on_aws.py deploys one.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from datalake_sdk.scaffold import create_repository
from test.terraform.test_gitlab_ci import VERSION
from test.terraform.tools import python_tool

_PRE_COMMIT_VERSION = "4.3.0"


@pytest.fixture(scope="module")
def shop(repository) -> Path:
    """A new repository beside the modules."""
    folder = repository.parent / "shop"
    create_repository(folder, {"modules": f"../../{repository.name}"}, ask=False)
    return folder


def test_terraform_files_are_formatted(shop):
    ran = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", shop / "terraform"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("file", "options"),
    [
        (".gitlab-ci.yml", ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
        (".github/workflows/stages.yml", ["--builtin-schema", "vendor.github-workflows"]),
    ],
)
def test_the_configuration_of_ci_complies_with_its_schema(shop, file, options):
    program = python_tool("check-jsonschema", VERSION) / "check-jsonschema"
    ran = subprocess.run([program, *options, shop / file], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_the_configuration_of_pre_commit_is_valid(shop):
    program = python_tool("pre-commit", _PRE_COMMIT_VERSION) / "pre-commit"
    file = shop / ".pre-commit-config.yaml"
    ran = subprocess.run([program, "validate-config", file], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
