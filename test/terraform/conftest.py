"""Fixtures of the Terraform tests, which require Terraform."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.terraform.deployment import applied_examples
from test.terraform.state import Resource
from test.terraform.tools import require
from test.terraform.workspace import copy_repository


@pytest.fixture(autouse=True, scope="session")
def require_terraform():
    require("terraform", "test the Terraform modules")


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A copy of the modules, for tests that do not change it."""
    return copy_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def examples(tmp_path_factory) -> dict[str, list[Resource]]:
    """The resources and data sources of every applied example, by the path of the example."""
    return applied_examples(tmp_path_factory.mktemp("examples"))
