"""The workspace that CI selects for a branch."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from datalake_sdk.naming import normalized_stage_name


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
