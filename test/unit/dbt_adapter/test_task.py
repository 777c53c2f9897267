"""Tasks of the type dbt, before dbt runs."""

from __future__ import annotations

import pytest

from datalake_sdk.dbt_adapter.tables import check_declared
from datalake_sdk.dbt_adapter.task import DbtTask
from datalake_sdk.errors import (
    DbtProjectError,
    DbtTaskParameterError,
    MissingDbtError,
    UndeclaredModelInputError,
    UndeclaredModelTableError,
)


def task(folder, **parameters):
    return DbtTask(folder, "sales", (), (), parameters, "2026-01-01")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dbt_selects": "orders"}, "parameter dbt_selects is 'orders'.*one of dbt_select, dbt_exclude"),
        ({"dbt_full_refresh": "yes"}, "'true' or 'false'"),
    ],
)
def test_an_unknown_option_is_an_error(tmp_path, parameters, message):
    with pytest.raises(DbtTaskParameterError, match=message):
        task(tmp_path, **parameters).build()


def test_a_project_without_its_file_is_an_error(tmp_path):
    with pytest.raises(DbtProjectError, match=r"dbt_project.yml: file not found"):
        task(tmp_path).build()


def test_a_missing_dbt_is_an_error_that_names_the_requirement(tmp_path):
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    with pytest.raises(MissingDbtError, match="Add `dbt-core>=1.11.3,<1.12` to requirements.txt"):
        task(tmp_path, dbt_select="orders").build()


def node(name, *parents, resource_type="model", materialized="table", schema="sales", **fields):
    return {
        "name": name,
        "schema": schema,
        "resource_type": resource_type,
        "config": {"materialized": materialized},
        "depends_on": {"nodes": list(parents)},
        **fields,
    }


MANIFEST = {
    "nodes": {
        "seed.shop.rates": node("rates", resource_type="seed", materialized="seed"),
        "model.shop.clean": node("clean", "source.shop.raw.orders", materialized="ephemeral"),
        "model.shop.orders": node("orders", "model.shop.clean", "seed.shop.rates", alias="orders_v2"),
        "test.shop.unique": node("unique", "model.shop.orders", resource_type="test", materialized="test"),
    },
    "sources": {
        "source.shop.raw.orders": node("orders", resource_type="source", schema="raw", identifier="raw_orders"),
    },
}


def test_nodes_may_use_the_declared_tables_and_patterns():
    check_declared(MANIFEST, MANIFEST["nodes"], ["raw.raw_orders"], ["sales.rates", "sales.orders_v2"])
    check_declared(MANIFEST, MANIFEST["nodes"], ["raw.*"], ["sales.*"])
    check_declared(MANIFEST, ["model.shop.orders"], ["raw.raw_orders", "sales.rates"], ["sales.orders_v2"])


def test_an_undeclared_output_is_an_error():
    with pytest.raises(
        UndeclaredModelTableError, match="'orders writes sales.orders_v2'; output_tables: 'sales.rates'"
    ):
        check_declared(MANIFEST, MANIFEST["nodes"], ["raw.*"], ["sales.rates"])


@pytest.mark.parametrize(
    ("selected", "table"),
    [
        (["model.shop.orders"], "orders reads sales.rates"),
        (["model.shop.orders", "seed.shop.rates"], "orders reads raw.raw_orders"),
    ],
)
def test_an_undeclared_input_is_an_error(selected, table):
    declared = ["sales.orders_v2", *(["sales.rates"] if len(selected) > 1 else [])]
    with pytest.raises(UndeclaredModelInputError, match=f"'{table}'"):
        check_declared(MANIFEST, selected, [], declared)
