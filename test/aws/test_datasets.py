"""Datasets of a deployed pipeline, as pipeline_factory registers them."""

from __future__ import annotations

import json

import pytest

ENVIRONMENT = "shop_sales_dev"
STATES = {
    "Kind": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.fails", "IsPresent": True, "Next": "Failed"}],
        "Default": "Done",
    },
    "Failed": {"Type": "Fail"},
    "Done": {"Type": "Succeed"},
}


@pytest.fixture
def registered(shop, publish):
    """The state machine of the pipeline "daily", which serves the datasets "orders" and "refunds"."""
    machine = publish(STATES, datasets=f"/datalake/{ENVIRONMENT}/registered-datasets/daily")
    sqs = shop.client("sqs")
    for name in ("orders", "refunds"):
        queue, dead_letters = (sqs.create_queue(QueueName=f"{name}-{kind}")["QueueUrl"] for kind in ("queue", "dead"))
        value = {
            "team": "sales",
            "source_prefix": f"sales/{name}/",
            "parameters": {},
            "tables": {"raw": f"sales.{name}"},
            "variables": {},
            "tasks": {},
            "state_machine_arn": machine,
            "queue_urls": [queue],
            "dead_letter_queue_urls": [dead_letters],
        }
        path = f"/datalake/{ENVIRONMENT}/registered-datasets/daily/{name}"
        shop.client("ssm").put_parameter(Name=path, Value=json.dumps(value), Type="String")
        if name == "orders":
            sqs.send_message(QueueUrl=queue, MessageBody="{}")
            target = {"TARGET_ARN": {"DataType": "String", "StringValue": machine}}
            sqs.send_message(QueueUrl=dead_letters, MessageBody="{}", MessageAttributes=target)
    return machine


def test_the_status_of_a_dataset_is_that_of_its_executions_and_queues(program, shop, registered):
    for given in ({"dataset": "refunds"}, {"dataset": "orders"}, {"dataset": "orders", "fails": True}):
        started = shop.sfn.start_execution(stateMachineArn=registered, input=json.dumps(given))
        shop.ended(started["executionArn"])
    ended = program.run("datasets", "status", "--json")
    assert ended.exit_code == 0, ended.stderr
    orders, refunds = json.loads(ended.stdout)
    assert (orders["last"]["status"], refunds["last"]["status"]) == ("FAILED", "SUCCEEDED")
    assert None not in (orders["last_success"], orders["last_failure"])
    assert refunds["last_failure"] is None
    assert [(each["waiting"], each["dead_letters"]) for each in (orders, refunds)] == [(1, 1), (0, 0)]
    assert orders["tables"] == [{"table": "sales.orders", "changed_at": None}]


def test_the_dead_letters_of_datasets_are_redriven_with_those_of_the_pipeline(program, shop, registered):
    assert program.run("redrive", "--pipeline-name", "daily", "--dead-letters", "--yes").exit_code == 0
    assert len(shop.sfn.list_executions(stateMachineArn=registered)["executions"]) == 1
    (orders,) = json.loads(program.run("datasets", "status", "orders", "--json").stdout)
    assert orders["dead_letters"] == 0


def test_an_execution_is_started_for_a_registered_dataset(program, shop, registered):
    run = ("run_pipeline", "--pipeline-name", "daily", "--dataset")
    ended = program.run(*run, "orders", "--logical-date", "2026-01-31")
    assert ended.exit_code == 0, ended.stderr
    (started,) = shop.sfn.list_executions(stateMachineArn=registered)["executions"]
    given = json.loads(shop.ended(started["executionArn"])["input"])
    assert given == {"dataset": "orders", "logical_date": "2026-01-31"}
    ended = program.run(*run, "order")
    assert ended.exit_code == 2
    assert "no dataset 'order' of pipeline 'daily'" in ended.stderr
