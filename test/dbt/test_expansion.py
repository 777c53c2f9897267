"""The tasks of the models of a project, from the manifest that dbt writes."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO

import pytest

from datalake_sdk.pipelines.dbt_manifest import node_tasks


@pytest.fixture(scope="module")
def project(make_project):
    """The project, with a model in a folder that has the name of another model."""
    project = make_project()
    (project.folder / "models/orders").mkdir()
    project.write("models/orders/orders_of_today.sql", "select * from {{ ref('orders') }}")
    assert project.dbt("parse").success
    return project


def selected(project, *options):
    """Unique ids of the nodes and tests that dbt selects."""
    with redirect_stdout(StringIO()):
        return [json.loads(line)["unique_id"] for line in project.dbt("list", "--output", "json", *options).result]


def test_each_node_and_each_test_runs_in_one_task(project):
    tasks = node_tasks(json.loads((project.folder / "target/manifest.json").read_text()))
    parts = {
        task.name: selected(project, "--select", *task.select.split(), "--indirect-selection", task.indirect_selection)
        for task in tasks
    }
    names = {name: sorted(each.split(".")[2] for each in part) for name, part in parts.items()}
    assert names["orders"] == ["not_null_orders_order_id", "orders", "unique_orders_order_id"]
    assert names["customer_revenue"] == ["customer_revenue", "customer_revenue", "no_negative_revenue"]
    assert names["tests"] == ["relationships_orders_customer_id__customer_id__ref_customers_"]
    ephemeral = ["model.shop.orders_with_day"]
    assert sorted([*ephemeral, *(each for part in parts.values() for each in part)]) == sorted(selected(project))
