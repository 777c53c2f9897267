"""The workspace that CI selects for a branch."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml

from datalake_sdk.naming import normalized_stage_name

_GITLAB_JOBS = {
    "deploy": "$DEPLOYMENT_ROLE_ARN",
    "deploy_prod": "$PROD_DEPLOYMENT_ROLE_ARN",
    "destroy": "$DEPLOYMENT_ROLE_ARN",
}
"""Roles by job."""


@pytest.fixture
def select(shop, tmp_path):
    """`select(branch)`: runs `.ci/select_stage`, and returns its exit code and the selected workspace."""
    terraform = tmp_path / "bin/terraform"
    terraform.parent.mkdir()
    terraform.write_text('#!/bin/sh\n[ "$2" = workspace ] && echo "$5" || true\n')
    terraform.chmod(0o755)

    def select(branch):
        variables = {"PATH": f"{terraform.parent}{os.pathsep}{os.environ['PATH']}", "DEFAULT_BRANCH": "main"}
        ran = subprocess.run(
            [shop / ".ci/select_stage"], env={**variables, "BRANCH": branch}, cwd=shop, capture_output=True, text=True
        )
        return ran.returncode, ran.stdout.strip()

    return select


@pytest.mark.parametrize(
    ("branch", "stage"),
    [("main", "prod"), ("dev", "dev"), ("feature-x-1", "feature-x-1"), ("x" * 20, "x" * 20)],
)
def test_a_stage_is_named_after_its_branch(select, branch, stage):
    assert select(branch) == (0, stage)


@pytest.mark.parametrize("beginning", ["dependabot/pip/boto3-", "prod" + "-" * 20])
def test_long_branches_with_the_same_beginning_have_different_stages(select, beginning):
    stages = {select(beginning + end)[1] for end in ("1", "2")}
    assert len(stages) == 2
    assert all(re.fullmatch("[a-z]+[a-z-]*-[0-9a-f]{8}", stage) and len(stage) <= 20 for stage in stages), stages


def test_a_branch_without_latin_letters_has_a_stage_that_terraform_accepts_as_a_name(select):
    stages = [select(branch)[1] for branch in ("日本語", "ветка")]
    assert all(re.fullmatch("branch-[0-9a-f]{8}", stage) for stage in stages), stages
    assert len(set(stages)) == len(stages)


def test_branches_that_differ_only_in_case_or_separators_have_different_stages(select):
    branches = ["feature-x", "feature/x", "Feature-X", "feature_x", "feature--x", "-feature-x", "1-x", "s1-x"]
    stages = [select(branch)[1] for branch in branches]
    names = {normalized_stage_name(stage) for stage in stages}
    assert len(names) == len(branches), stages
    assert all(re.fullmatch("feature-x(-[0-9a-f]{8})?", stage.replace("--", "-")) for stage in stages[:-2]), stages


def test_the_workspace_is_the_stage(shop):
    assert re.search(
        r"stage_name += terraform.workspace( |$)", (shop / "terraform/domain.tf").read_text(), re.MULTILINE
    )


def test_another_branch_is_not_deployed_to_production(select):
    assert select("PROD") == (1, "")


@pytest.mark.parametrize("missing", ["BRANCH", "DEFAULT_BRANCH"])
def test_a_missing_variable_is_explained(shop, missing):
    variables = {"PATH": os.environ["PATH"], "BRANCH": "dev", "DEFAULT_BRANCH": "main"}
    del variables[missing]
    ran = subprocess.run([shop / ".ci/select_stage"], env=variables, cwd=shop, capture_output=True, text=True)
    assert ran.returncode == 1
    assert f"for example {missing}=" in ran.stderr


def test_the_workspace_of_a_destroyed_stage_is_deleted(shop, tmp_path):
    repository = tmp_path / "repository"
    (repository / "terraform/.terraform").mkdir(parents=True)
    (repository / "terraform/.terraform/environment").write_text("feature-x")
    terraform = tmp_path / "bin/terraform"
    terraform.parent.mkdir()
    terraform.write_text('#!/bin/sh\nshift; echo "$@"\n')
    terraform.chmod(0o755)
    variables = {"PATH": f"{terraform.parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run([shop / ".ci/destroy_stage"], env=variables, cwd=repository, capture_output=True, text=True)
    assert ran.stdout.splitlines() == [
        "destroy -auto-approve",
        "workspace select default",
        "workspace delete feature-x",
    ]


def test_branches_and_the_stage_prod_are_deployed_with_different_roles(shop):
    gitlab = yaml.safe_load((shop / ".gitlab-ci.yml").read_text())
    roles = {job: gitlab[job].get("variables", gitlab[".stage"]["variables"])["AWS_ROLE_ARN"] for job in _GITLAB_JOBS}
    assert roles == _GITLAB_JOBS
    github = yaml.safe_load((shop / ".github/workflows/stages.yml").read_text())["jobs"]
    for job, is_production in (("deploy", True), ("destroy", False)):
        (role,) = (step["with"]["role-to-assume"] for step in github[job]["steps"] if "role" in str(step))
        assert ("vars.PROD_DEPLOYMENT_ROLE_ARN" in role) == is_production
