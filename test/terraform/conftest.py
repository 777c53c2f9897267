"""Terraform, without which nothing here can run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from test.terraform.workspace import copy_repository

TERRAFORM_IS_MISSING = "terraform is not on PATH: install it, the Terraform modules are not tested without it"


@pytest.fixture(autouse=True, scope="session")
def terraform_is_there():
    """Skips where there is no terraform, except in CI, where that is an error."""
    if not shutil.which("terraform"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(TERRAFORM_IS_MISSING)


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A copy of the modules, for tests that change nothing in it."""
    return copy_repository(tmp_path_factory.mktemp("repository"))
