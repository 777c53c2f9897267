"""A state machine waits for an Athena query."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.settings import Environment
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")


@pytest.fixture
def ask(shop):
    create_domain(shop.aws, ENVIRONMENT, ["sales"])

    def execute(query):
        parameters = {"QueryString": query, "WorkGroup": ENVIRONMENT.name}
        resource = "arn:aws:states:::athena:startQueryExecution.sync"
        return shop.execute({"Ask": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}})

    return execute


def test_the_output_is_the_completed_query(ask):
    output = json.loads(ask("SELECT 1 AS one")["output"])
    assert output["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    assert output["QueryExecution"]["Query"] == "SELECT 1 AS one"


def test_a_failed_query_fails_its_state_with_the_reason(ask):
    execution = ask("SELECT * FROM dev_sales.missing")
    assert execution["error"] == "States.TaskFailed"
    assert "missing" in json.loads(execution["cause"])["QueryExecution"]["Status"]["StateChangeReason"]


def test_a_request_rejected_by_athena_has_an_error_of_athena(ask, shop):
    assert ask("")["error"].startswith("Athena.")
