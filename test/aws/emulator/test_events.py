"""EventBridge rules deliver events to state machines, topics, queues and functions."""

from __future__ import annotations

import json

import pytest

from test.aws.emulator.execution import ROLE

ORDERS = {"source": ["shop"], "detail": {"kind": ["order"], "amount": [{"numeric": [">", 10]}]}}
PASS = {"P": {"Type": "Pass", "End": True}}


def put(shop, **detail):
    entry = {"Source": "shop", "DetailType": "Sold", "Detail": json.dumps({"kind": "order", "amount": 20, **detail})}
    shop.client("events").put_events(Entries=[entry])


def only_execution(shop, machine):
    (execution,) = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    return shop.ended(execution["executionArn"])


def test_a_queue_receives_the_event(shop):
    shop.rule(ORDERS, Arn=shop.queue())
    put(shop)
    (event,) = shop.messages()
    assert event["detail"] == {"kind": "order", "amount": 20}
    assert (event["source"], event["detail-type"], event["account"]) == ("shop", "Sold", "123456789012")
    assert event["time"].endswith("Z")
    assert event.keys() == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip


def test_only_matching_events_are_delivered(shop):
    shop.rule(ORDERS, Arn=shop.queue())
    put(shop, amount=5)
    put(shop, kind="refund")
    put(shop, amount=11)
    assert [event["detail"]["amount"] for event in shop.messages()] == [11]


def test_a_disabled_rule_delivers_nothing(shop):
    shop.rule(ORDERS, Arn=shop.queue())
    shop.client("events").disable_rule(Name="rule")
    put(shop, number=1)
    shop.client("events").enable_rule(Name="rule")
    put(shop, number=2)
    assert [event["detail"]["number"] for event in shop.messages()] == [2]


def test_a_state_machine_is_started_with_the_event(shop):
    machine = shop.machine(PASS)
    shop.rule(ORDERS, Arn=machine, RoleArn=f"{ROLE}events")
    put(shop)
    assert json.loads(only_execution(shop, machine)["input"])["detail"]["amount"] == 20


def test_a_state_machine_is_started_with_the_role_of_the_target(shop):
    machine = shop.machine(PASS)
    for name in ("allowed", "denied"):
        shop.rule(ORDERS, name=name, Arn=machine, RoleArn=shop.role(name), Input=json.dumps({"by": name}))
    shop.allow("allowed", "states:StartExecution")
    shop.aws.enforce_iam()
    try:
        put(shop)
    finally:
        shop.aws.stop_enforcing_iam()
    assert json.loads(only_execution(shop, machine)["input"]) == {"by": "allowed"}


def test_a_state_machine_requires_a_role(shop):
    with pytest.raises(shop.client("events").exceptions.ClientError, match="RoleArn is required for target arn:"):
        shop.rule(ORDERS, Arn=shop.machine(PASS))


def test_a_topic_receives_the_event(shop):
    sns = shop.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue(), Attributes={"RawMessageDelivery": "true"})
    shop.rule(ORDERS, Arn=topic)
    put(shop)
    assert shop.messages()[0]["detail"]["amount"] == 20


@pytest.mark.parametrize(
    ("target", "payload"),
    [
        ({"Input": '{"fixed": true}'}, {"fixed": True}),
        ({"InputPath": "$.detail"}, {"kind": "order", "amount": 20, "note": 'a "b"'}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"amount": "$.detail.amount", "note": "$.detail.note", "all": "$.detail"},
                    "InputTemplate": '{"n": <amount>, "note": <note>, "text": "sold: <amount>", "all": <all>}',
                }
            },
            {
                "n": 20,
                "note": 'a "b"',
                "text": "sold: 20",
                "all": {"kind": "order", "amount": 20, "note": 'a "b"'},
            },
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"a": "$.detail.amount"}, "InputTemplate": '"sold for <a>"'}},
            "sold for 20",
        ),
        ({"InputTransformer": {"InputTemplate": '{"rule": <aws.events.rule-name>}'}}, {"rule": "rule"}),
    ],
    ids=["input", "path", "template", "text", "reserved variable"],
)
def test_a_target_can_transform_its_input(shop, target, payload):
    shop.rule(ORDERS, Arn=shop.queue(), **target)
    put(shop, note='a "b"')
    assert shop.messages() == [payload]


def test_values_in_a_text_are_not_escaped(shop):
    transformer = {"InputPathsMap": {"note": "$.detail.note"}, "InputTemplate": '"Note:"\n"<note>"'}
    shop.rule(ORDERS, Arn=shop.queue(), InputTransformer=transformer)
    put(shop, note='a "b"\nc')
    assert shop.messages() == ['"Note:"\n"a "b"\nc"']


def test_the_events_of_s3_start_a_state_machine(shop):
    machine = shop.machine(PASS)
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["landing"]}}}
    template = {"InputPathsMap": {"key": "$.detail.object.key"}, "InputTemplate": '{"key": <key>}'}
    shop.rule(pattern, Arn=machine, RoleArn=f"{ROLE}events", InputTransformer=template)
    s3 = shop.client("s3")
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_notification_configuration(
        Bucket="landing", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    s3.put_object(Bucket="landing", Key="orders/1.csv", Body=b"a")
    assert json.loads(only_execution(shop, machine)["input"]) == {"key": "orders/1.csv"}


def test_undeliverable_events_go_to_the_dead_letter_queue(shop):
    missing = "arn:aws:states:eu-west-1:123456789012:stateMachine:missing"
    shop.rule(ORDERS, Arn=missing, RoleArn=f"{ROLE}events", DeadLetterConfig={"Arn": shop.queue()})
    put(shop)
    assert shop.messages()[0]["detail"]["amount"] == 20


def test_moto_delivers_to_other_targets(shop):
    shop.logs.create_log_group(logGroupName="/aws/events/all")
    shop.rule(ORDERS, Arn="arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/all")
    put(shop)
    (stream,) = shop.logs.describe_log_streams(logGroupName="/aws/events/all")["logStreams"]
    assert '"amount": 20' in shop.log_lines("/aws/events/all", stream["logStreamName"])[0]
