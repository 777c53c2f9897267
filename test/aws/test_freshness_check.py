"""The function that notifies operators of tables that break the promises of their contracts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from test.aws.emulator.execution import ROLE

POLICY = (Path(__file__).parents[2] / "domain_factory" / "freshness_check_policy.tf").read_text(encoding="utf-8")
ACTIONS = [
    action for actions in re.findall(r"actions +=\s*\[(.*?)\]", POLICY) for action in re.findall(r'"(.*?)"', actions)
]
TABLE = """\
schema:
  id: {type: long}
slaProperties:
  - {property: freshness, value: 1, unit: h}
"""


@pytest.fixture
def topic(shop):
    """ARN of a topic whose messages are in the queue `operators`."""
    sns = shop.client("sns")
    arn = sns.create_topic(Name="shop_sales_dev_failures")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=shop.queue("operators"))
    return arn


@pytest.fixture
def check(shop, topic):
    """`check()`: invokes the function, which has the permissions of domain_factory's."""
    shop.role("freshness", *ACTIONS)
    shop.aws.add_image("freshness", Path(shop.folder), command=["datalake_sdk.freshness_check.function.handler"])
    names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}
    shop.client("lambda").create_function(
        FunctionName="freshness",
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/freshness:1"},
        Role=f"{ROLE}freshness",
        Timeout=60,
        MemorySize=1024,
        Environment={"Variables": {**names, "FAILURE_TOPIC_ARN": topic}},
    )
    shop.aws.enforce_iam()

    def check():
        answer = shop.client("lambda").invoke(FunctionName="freshness", Payload="{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        found = shop.client("s3").get_object(Bucket="shop-sales-dev-technical", Key="freshness/broken_promises.json")
        return json.loads(found["Body"].read())

    return check


def test_a_broken_promise_is_notified_once(shop, program, check):
    (program.folder / "sales.orders.yaml").write_text(TABLE)
    assert program.run("apply_tables", str(program.folder), "--yes").exit_code == 0
    other = {"Name": "dev_hr", "LocationUri": "s3://shop-hr-dev-data/hr"}
    shop.client("glue").create_database(DatabaseInput=other)
    assert check() == check() == ["sales.orders freshness"]
    (message,) = shop.messages("operators")
    assert message["Subject"] == "shop_sales_dev: 1 table breaks its promises"
    assert "- sales.orders: freshness of 1 h: the table has no rows" in message["Message"]
    assert program.ingest("id\n1\n").exit_code == 0
    assert check() == []
