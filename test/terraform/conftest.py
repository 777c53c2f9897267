"""Fixtures of the Terraform tests, which require Terraform."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from test.terraform.workspace import copy_repository

TERRAFORM_IS_MISSING = "terraform is not on PATH. Install it to test the Terraform modules."


@pytest.fixture(autouse=True, scope="session")
def require_terraform():
    """Skips all tests if terraform is not installed. In CI they fail instead."""
    if not shutil.which("terraform"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(TERRAFORM_IS_MISSING)


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A copy of the modules, for tests that do not change it."""
    return copy_repository(tmp_path_factory.mktemp("repository"))
