"""`dbt build` on an embedded lake: a first build in an execution, its retry, and a build after changes."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

TABLES = ("customers", "raw_orders", "orders", "order_log", "revenue_by_day", "customer_revenue", "customer_history")
EXECUTION = {
    "PROJECT_NAME": "local",
    "DOMAIN_NAME": "lake",
    "STAGE_NAME": "dev",
    "PIPELINE_NAME": "sales",
    "TASK_NAME": "models",
    "OUTPUT_TABLES": '{"sales.*": {}}',
    "step_function_execution_arn": "arn:aws:states:eu-west-1:123456789012:execution:local_lake_dev_sales:run-1",
}
DONE = {"success", "pass"}
WITHOUT_ROWS = "select 1 as id, date '2026-01-01' as day where false"


@pytest.fixture(scope="module")
def built(make_project):
    """The project after its first build, in an execution of a pipeline."""
    project = make_project()
    project.write("models/nothing.sql", f"{{{{ config(materialized='incremental', unique_key='id') }}}} {WITHOUT_ROWS}")
    project.write("models/reader.sql", "select max(day) as day, count(*) as number from {{ ref('nothing') }}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in EXECUTION.items():
            patch.setenv(name, value)
        assert set(project.build().values()) <= DONE
    return project


@pytest.fixture(scope="module")
def changed(built):
    """The project after a build of other seeds, with a failing test and a new version of a customer."""
    built.commits_of_first_build = built.commits(*TABLES, "daily_revenue")
    customers, orders = built.folder / "seeds/customers.csv", built.folder / "seeds/raw_orders.csv"
    customers.write_text(customers.read_text().replace("8,Grace", "8,Hopper"))
    rows = [line for line in orders.read_text().splitlines() if "2026-01-02" not in line]
    orders.write_text("\n".join([*rows, "5,7,99.00,2026-01-04T09:00:00,", ""]))
    built.write("tests/no_late_orders.sql", "select order_id from {{ ref('order_log') }} where order_id > 4")
    built.status = built.build("--store-failures", "--exclude-resource-type", "unit_test")
    return built


def test_every_node_is_one_commit(built):
    assert built.commits(*TABLES) == [1] * len(TABLES)
    assert built.commits("daily_revenue") == [3]  # one for each day


def test_a_seed_keeps_the_text_of_its_file(built):
    assert built.rows("SELECT postcode FROM dev_sales.customers ORDER BY customer_id") == [
        ("01234",),
        ("99999",),
        ("00001",),
    ]
    assert built.rows("SELECT note, amount FROM dev_sales.raw_orders WHERE order_id > 1 ORDER BY order_id") == [
        ("NA", Decimal("20.25")),
        (None, Decimal("5.00")),
        ("007", Decimal("12.00")),
    ]


def test_a_model_without_rows_has_a_table(built):
    assert built.rows("SELECT day, number FROM dev_sales.reader") == [(None, 0)]


def test_a_retry_of_an_execution_writes_nothing_twice(built, monkeypatch):
    for name, value in EXECUTION.items():
        monkeypatch.setenv(name, value)
    tables = ("order_log", "daily_revenue", "revenue_by_day")
    first = built.rows("SELECT * FROM dev_sales.order_log ORDER BY order_id")
    assert set(built.build("--select", *tables).values()) <= DONE
    assert built.commits(*tables) == [1, 3, 1]
    assert built.rows("SELECT * FROM dev_sales.order_log ORDER BY order_id") == first


def test_the_documentation_has_descriptions_and_types(built):
    assert built.dbt("docs", "generate", "--no-compile").success
    orders = json.loads((built.folder / "target/catalog.json").read_text())["nodes"]["model.shop.orders"]
    assert orders["metadata"]["comment"] == "One row for each order."
    assert [(column["type"], column["comment"]) for column in orders["columns"].values()][::3] == [
        ("bigint", "Number of the order."),
        ("timestamp", None),
    ]


def test_incremental_models_merge_append_and_replace_partitions(changed):
    assert changed.rows("SELECT count(*), count(DISTINCT order_id) FROM dev_sales.orders") == [(5, 5)]
    assert changed.rows("SELECT count(*), count(DISTINCT loaded_at) FROM dev_sales.order_log") == [(5, 2)]
    revenue = "SELECT revenue FROM dev_sales.revenue_by_day WHERE day = DATE '2026-01-04'"
    assert changed.rows(revenue) == [(Decimal("111.00"),)]


def test_a_snapshot_ends_the_version_of_a_changed_row(changed):
    history = "SELECT name, dbt_valid_to IS NULL FROM dev_sales.customer_history WHERE customer_id = 8 ORDER BY 2"
    assert changed.rows(history) == [("Grace", False), ("Hopper", True)]


def test_failing_rows_are_stored(changed):
    assert changed.status["no_late_orders"] == "fail"
    assert changed.rows("SELECT * FROM dev_dbt_test__audit.no_late_orders") == [(5,)]


def test_a_batch_without_rows_replaces_its_interval(changed):
    changed.write("models/orders.sql", "{{ config(event_time='ordered_at') }} select * from {{ ref('raw_orders') }}")
    assert set(changed.build("--select", "orders,resource_type:model", "daily_revenue").values()) <= DONE
    assert changed.rows("SELECT day FROM dev_sales.daily_revenue") == [(datetime(2026, 1, 1),)]


def test_unsupported_settings_are_named_and_nothing_is_written(make_project):
    project = make_project()
    cases = {
        "viewed": ("materialized='view'", "Set materialized to 'ephemeral'"),
        "deleted": ("materialized='incremental', incremental_strategy='delete+insert'", "delete+insert"),
        "unkeyed": ("materialized='incremental', incremental_strategy='merge'", "requires unique_key"),
        "granted": ("grants={'select': ['analyst']}", "Permissions are managed with Terraform"),
        "hooked": ("pre_hook='delete from dev_sales.x'", "SELECT"),
    }
    for name, (config, _) in cases.items():
        project.write(f"models/{name}.sql", f"{{{{ config({config}) }}}} select 1 as id")
    messages = {result.node.name: result.message for result in project.dbt("run", "--select", *cases).result}
    assert {name: expected in messages[name] for name, (_, expected) in cases.items()} == dict.fromkeys(cases, True)
    assert project.platform().catalog.list_namespaces() == []


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("{type: datalake}", "no schema"),
        ("{type: datalake, schema: sales, stage: dev}", "unknown fields: 'stage'"),
        ("{type: datalake, schema: sales}", "no project_name, no domain_name, no stage_name"),
        (
            "{type: datalake, schema: s, project_name: p, domain_name: d, stage_name: dev, table_storage: hdfs}",
            "table_storage is 'hdfs'",
        ),
    ],
)
def test_an_invalid_profile_is_an_error(make_project, profile, message, monkeypatch):
    project = make_project()
    monkeypatch.delenv("DATALAKE_LOCAL_ROOT")
    project.write("profiles.yml", f"shop: {{target: lake, outputs: {{lake: {profile}}}}}")
    result = project.dbt("run")
    assert not result.success
    assert message in str(result.exception)
