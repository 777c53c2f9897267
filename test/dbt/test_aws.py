"""The same project on AWS, which the emulator serves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from datalake_sdk.settings import Environment
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")


@pytest.fixture
def project(make_project, aws, monkeypatch):
    """The project on the emulator, with the database `sales`."""
    project = make_project()
    create_domain(aws, ENVIRONMENT, databases=("sales",))
    monkeypatch.delenv("DATALAKE_LOCAL_ROOT")
    for name in ("project_name", "domain_name", "stage_name"):
        monkeypatch.setenv(name.upper(), getattr(ENVIRONMENT, name))
    return project


def test_the_project_runs_unchanged_and_does_not_create_databases(project):
    nodes = ("raw_orders", "customers", "orders", "daily_revenue")
    status = project.build("--select", *nodes, "--exclude-resource-type", "test", "unit_test")
    assert status == dict.fromkeys(nodes, "success")
    revenue = "SELECT revenue FROM dev_sales.daily_revenue ORDER BY day"
    assert project.rows(revenue) == [(Decimal("30.75"),), (Decimal("5.00"),)]
    project.write("models/elsewhere.sql", "{{ config(schema='finance') }} select 1 as id")
    result = project.dbt("run", "--select", "elsewhere")
    assert "schema 'finance' does not exist in the lake; existing: 'sales'" in str(result.exception)
