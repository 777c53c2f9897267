"""The workspace that CI selects for a branch."""

from __future__ import annotations

import os
import subprocess

import pytest


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
    [("main", "prod"), ("dev", "dev"), ("Feature/X_1", "feature-x-1"), ("--x--", "x"), ("x" * 80, "x" * 63)],
)
def test_a_stage_is_named_after_its_branch(select, branch, stage):
    assert select(branch) == (0, stage)


def test_another_branch_is_not_deployed_to_production(select):
    assert select("PROD") == (1, "")
