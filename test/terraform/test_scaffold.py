"""A repository that `datalake_sdk init` creates: its Terraform is formatted, and its CI complies with the schemas.

test_pages_on_aws.py deploys one.
"""

from __future__ import annotations

import os
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


_INPUTS = {
    "domain_factory": (
        "project_name",
        "domain_name",
        "stage_name",
        "git_repository",
        "container_cli",
        "network",
        "prevent_destroy",
        "data_retention",
    ),
    "pipeline_factory": (
        "pipeline_name",
        "domain_object",
        "tasks_configuration",
        "apply_tables",
        "run_for_each",
        "trigger",
        "triggers",
    ),
}
_OUTPUTS = {"domain_factory": ("domain_object", "dashboard_url"), "pipeline_factory": ("state_machine_arn",)}


@pytest.fixture
def shop_with_substitutes(tmp_path) -> Path:
    """A new repository whose modules have the inputs and outputs that it uses, and no resources."""
    for module, inputs in _INPUTS.items():
        folder = tmp_path / module
        folder.mkdir()
        blocks = [f'variable "{name}" {{}}' for name in inputs]
        blocks += [f'output "{name}" {{\n  value = ""\n}}' for name in _OUTPUTS[module]]
        (folder / "main.tf").write_text("\n".join(blocks))
    create_repository(tmp_path / "shop", {"modules": "../.."}, ask=False)
    (tmp_path / "shop/terraform/terraform.tf").unlink()
    return tmp_path / "shop"


def test_the_plan_fails_if_a_pipeline_file_has_an_unknown_attribute(shop_with_substitutes):
    folder, file = shop_with_substitutes / "terraform", shop_with_substitutes / "pipelines/daily_sales/pipeline.yaml"

    def plan():
        return subprocess.run(["terraform", "plan", "-no-color"], cwd=folder, capture_output=True, text=True)

    subprocess.run(["terraform", "init"], cwd=folder, capture_output=True, check=True)
    assert plan().returncode == 0
    file.write_text(file.read_text().replace("\ntrigger:", "\ntriger:"))
    assert "pipelines/daily_sales/pipeline.yaml has no attribute 'triger'." in " ".join(plan().stderr.split())


def test_a_stage_of_another_account_is_selected_with_the_bucket_of_that_account(shop_with_substitutes, tmp_path):
    (shop_with_substitutes / "terraform/terraform.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    for account in ("first", "second"):
        state = f"-backend-config=workspace_dir={tmp_path / account}"
        variables = {**os.environ, "BRANCH": "dev", "DEFAULT_BRANCH": "main", "TF_CLI_ARGS_init": state}
        command = [".ci/select_stage"]
        ran = subprocess.run(command, cwd=shop_with_substitutes, env=variables, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert (tmp_path / account / "dev").is_dir()


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
