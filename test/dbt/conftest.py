"""A dbt project on an embedded lake, run in the process of the test."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from datalake_sdk.operations.query import query
from datalake_sdk.operations.tables import describe_table
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import TableName

if find_spec("dbt.cli") is None:
    collect_ignore_glob = ["test_*.py"]
    """`test/behavior/test_dbt.py` runs these tests with dbt."""

SHOP = Path(__file__).parent / "shop"
INTERVAL = ("--event-time-start", "2026-01-01", "--event-time-end", "2026-01-04")


@pytest.fixture(scope="session")
def parsed(tmp_path_factory):
    """The project with its parsed manifest, which dbt then reuses."""
    folder = tmp_path_factory.mktemp("parsed") / "shop"
    shutil.copytree(SHOP, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATALAKE_LOCAL_ROOT", str(folder.parent / "lake"))
        assert Project(folder).dbt("parse").success
    return folder


@pytest.fixture(scope="module")
def make_project(parsed, tmp_path_factory):
    """`make_project()`: the project, and an empty lake."""
    with pytest.MonkeyPatch.context() as patch:

        def make_project():
            folder = tmp_path_factory.mktemp("project")
            shutil.copytree(parsed, folder / "shop")
            patch.setenv("DATALAKE_LOCAL_ROOT", str(folder / "lake"))
            return Project(folder / "shop")

        yield make_project


class Project:
    """A dbt project and its lake."""

    def __init__(self, folder):
        self.folder = folder

    def dbt(self, *arguments):
        """Runs a command of dbt."""
        from dbt.cli.main import dbtRunner

        folders = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        return dbtRunner().invoke(["--quiet", *arguments, *folders])

    def build(self, *arguments):
        """Builds the project and returns the status of each node."""
        return {result.node.name: str(result.status) for result in self.dbt("build", *INTERVAL, *arguments).result}

    def write(self, path, text):
        """Writes a file of the project."""
        (self.folder / path).write_text(text)

    def platform(self):
        """The lake of the profile, which environment variables select."""
        names = [os.environ.get(name) for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME")]
        return open_platform(resolve_environment(*names, local_root=os.environ.get("DATALAKE_LOCAL_ROOT")))

    def rows(self, statement):
        """Rows of a query, as tuples."""
        return [tuple(row.values()) for row in query(self.platform(), statement).read_all().to_pylist()]

    def commits(self, *tables):
        """Number of commits of each table."""
        return [len(describe_table(self.platform(), TableName("sales", table)).snapshots) for table in tables]
