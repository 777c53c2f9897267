"""The tests and the pipeline of a repository that `datalake_sdk init` creates."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from datalake_sdk.operations.query import query
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.scaffold import add_pipeline, add_task, create_repository
from test.dbt.packages import dbt_environment

DBT_REQUIREMENTS = "pipelines/daily_sales/tasks/customer_orders/requirements.txt"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """A new repository with two more tasks, whose dbt task uses the packages of the tests."""
    folder = tmp_path_factory.mktemp("scaffold") / "shop"
    create_repository(folder, {}, ask=False)
    add_pipeline(folder, "stock")
    add_task(folder, "stock_by_day", "stock", "sql")
    (folder / DBT_REQUIREMENTS).write_text("")
    return folder


def make(folder: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**dbt_environment(), "PATH": programs}
    return subprocess.run(["make", "BIN=", *targets], cwd=folder, env=environment, capture_output=True, text=True)


def test_the_tests_of_a_new_repository_pass(shop):
    ran = make(shop, "test")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for task in ("orders_by_day", "customer_orders", "load_stock", "stock_by_day"):
        assert f"tasks/{task}\nPASSED" in ran.stdout


def test_a_broken_task_fails_its_test(shop):
    file = shop / "pipelines/stock/tasks/stock_by_day/code/main.sql"
    text = file.read_text()
    file.write_text(text.replace("'second'", "'third'"))
    ran = make(shop, "pipelines/stock/tasks/stock_by_day")
    file.write_text(text)
    assert (ran.returncode != 0, "FAILED all_rows.yaml" in ran.stdout) == (True, True), ran.stdout


def test_the_pipelines_of_a_new_repository_run(shop):
    ran = make(shop, "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lake = open_platform(resolve_environment(None, None, None, local_root=shop / "lake"))
    rows = query(lake, "SELECT customer_id, orders FROM dev_sales.customer_orders ORDER BY customer_id").read_all()
    assert rows.to_pylist() == [
        {"customer_id": 7, "orders": 2},
        {"customer_id": 8, "orders": 1},
        {"customer_id": 9, "orders": 1},
    ]
