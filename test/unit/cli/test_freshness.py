"""The command `freshness`."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.table_contract import CONTRACT_PROPERTY


@pytest.fixture
def run(lake):
    for name, unit in (("sales.orders", "h"), ("sales.items", "d")):
        promise = {"slaProperties": [{"property": "freshness", "value": 1, "unit": unit}]}
        lake.create(name, rows=[{"id": 1}], properties={CONTRACT_PROPERTY: json.dumps(promise)})
    lake.create(
        "sales.never_written",
        properties={CONTRACT_PROPERTY: json.dumps(promise)},
        schema=pa.schema([("id", pa.int64())]),
    )
    return lambda *arguments: CliRunner().invoke(cli, ["--local", str(lake.root), "freshness", *arguments])

    return pa.schema([("id", pa.int64())])


def test_the_exit_code_says_whether_all_promises_are_kept(run):
    assert run("sales.orders", "sales.items").exit_code == 0
    assert run().exit_code == 1
    assert run("orders").exit_code == 2


def test_promises_are_listed(run):
    lines = run().stdout.splitlines()
    late = next(line for line in lines if "never_written" in line)
    assert "freshness" in late
    assert "1 d" in late
    assert "broken" in late
    assert "kept" in next(line for line in lines if "sales.orders" in line)


def test_json_has_the_age_and_the_limit(run):
    (state,) = json.loads(run("sales.orders", "--json").stdout)
    assert state["status"] == "kept"
    assert state["limit_seconds"] == 3600
    assert 0 <= state["age_seconds"] < 3600
