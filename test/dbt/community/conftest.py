"""The fixtures of dbt's test suite for adapters, on an embedded lake."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import yaml

if find_spec("dbt.tests") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from dbt.tests.fixtures.project import *  # noqa: F403
    from dbt.tests.util import write_config_file

    from datalake_sdk.dbt_adapter.adapter import DatalakeAdapter
    from test.dbt.community.statements import run_statement


@pytest.fixture(scope="class")
def dbt_profile_target(tmp_path_factory):
    """The profile, to which the suite adds a schema."""
    # In this stage, names of databases have no prefix, as in the statements of the suite.
    return {"type": "datalake", "threads": 2, "local_root": str(tmp_path_factory.mktemp("lake")), "stage_name": "prod"}


@pytest.fixture(scope="class", autouse=True)
def run_sql():
    """Lets the suite query and change the lake with SQL."""

    def run_sql_for_tests(self, sql, fetch, _):
        if sql.split()[0].lower() not in ("select", "with"):
            return run_statement(self.connections.platform(), self.config.credentials.schema, sql)
        rows = [tuple(row.values()) for row in self.connections.read(sql).to_pylist()]
        return {"all": rows, "one": rows[0] if rows else None}.get(fetch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatalakeAdapter, "run_sql_for_tests", run_sql_for_tests, raising=False)
        yield


@pytest.fixture(scope="class")
def dbt_project_yml(project_root, project_config_update):
    """The file of the project: most projects of the suite do not set a materialization, and dbt's default is `view`."""
    update = yaml.safe_load(project_config_update) if isinstance(project_config_update, str) else project_config_update
    models = {"+materialized": "table", **(update.get("models") or {})}
    content = {"name": "test", "profile": "test", "flags": {"send_anonymous_usage_stats": False}, **update}
    write_config_file({**content, "models": models}, project_root, "dbt_project.yml")
    return {**content, "models": models}
