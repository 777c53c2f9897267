"""Builders for tests of `datalake_sdk init`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.main import cli


@pytest.fixture
def init(tmp_path, monkeypatch):
    """`init(argument, …)`: runs the command in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def init(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["init", *arguments])

    return init


@pytest.fixture(scope="session")
def new_repository(tmp_path_factory) -> Path:
    """A new repository with the defaults, of which tests use a copy."""
    folder = tmp_path_factory.mktemp("scaffold")
    with chdir(folder):
        result = CliRunner().invoke(cli, ["init", "shop", "--defaults"])
    assert result.exit_code == 0, result.output
    return folder / "shop"


@pytest.fixture
def shop(new_repository, tmp_path, monkeypatch) -> Path:
    """A new repository with the defaults, which is the working directory."""
    shutil.copytree(new_repository, tmp_path / "shop", symlinks=True)
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def git(shop):
    """`git(argument, …)`: runs Git in the repository, with a name and an email address."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=shop, check=True, capture_output=True)

    git("init", "--quiet")
    return git
