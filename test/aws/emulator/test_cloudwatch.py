"""CloudWatch alarms are evaluated, and publish to topics whose policies allow it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import policy

ACCOUNT = "123456789012"
ALARM = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:late"
CLOUDWATCH = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}}


@pytest.fixture
def topic(shop):
    """A topic that CloudWatch may publish to, with the queue `queue` as its subscriber."""
    sns = shop.client("sns")
    topic = sns.create_topic(Name="failures")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue(), Attributes={"RawMessageDelivery": "true"})
    allow(shop, topic, ALARM)
    return topic


def allow(shop, topic, alarm):
    """Sets a policy of a topic that lets an alarm publish."""
    statement = {**CLOUDWATCH, "Action": "sns:Publish", "Resource": topic}
    document = policy({**statement, "Condition": {"ArnLike": {"aws:SourceArn": alarm}}})
    shop.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)


@pytest.fixture
def alarm(shop, topic):
    """`alarm(**settings)`: creates an alarm on a metric `Shop/Late`, 2 or more within 5 minutes."""

    def alarm(**settings):
        metric = {"Namespace": "Shop", "MetricName": "Late", "Statistic": "Maximum", "Period": 300}
        condition = {"Threshold": 2, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "EvaluationPeriods": 1}
        defaults = {"AlarmName": "late", "AlarmActions": [topic], "TreatMissingData": "notBreaching"}
        shop.client("cloudwatch").put_metric_alarm(**{**metric, **condition, **defaults, **settings})

    return alarm


def state(shop):
    (alarm,) = shop.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return alarm["StateValue"]


def put(shop, value):
    shop.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Late", "Value": value}])


def published(shop):
    """Receives the messages that were published; returns their new states."""
    url, found = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"], []
    while messages := shop.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"])["NewStateValue"] for message in messages]
        for message in messages:
            shop.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_an_alarm_publishes_once_when_its_metric_crosses_the_threshold(shop, alarm):
    alarm()
    assert state(shop) == "INSUFFICIENT_DATA"
    put(shop, 1)
    shop.aws.advance_time(60)
    assert (state(shop), published(shop)) == ("OK", [])
    put(shop, 3)
    shop.aws.advance_time(60)
    shop.aws.advance_time(60)
    assert (state(shop), published(shop)) == ("ALARM", ["ALARM"])
    shop.aws.advance_time(300)
    assert (state(shop), published(shop)) == ("OK", [])


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("notBreaching", "OK"),
        ("breaching", "ALARM"),
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "INSUFFICIENT_DATA"),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(shop, alarm, treatment, expected):
    alarm(TreatMissingData=treatment)
    shop.aws.advance_time(60)
    assert state(shop) == expected


def test_an_alarm_needs_a_number_of_breaching_periods(shop, alarm):
    alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    put(shop, 3)
    shop.aws.advance_time(300)
    assert state(shop) == "OK"
    put(shop, 3)
    shop.aws.advance_time(60)
    assert state(shop) == "ALARM"


@pytest.mark.parametrize("selection", [{}, {"AlarmNames": ["late", "lost"]}, {"AlarmNamePrefix": "l"}])
def test_alarms_are_listed_by_state(shop, alarm, selection):
    alarm()
    alarm(AlarmName="lost")
    cloudwatch = shop.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="test")
    found = cloudwatch.describe_alarms(StateValue="ALARM", **selection)["MetricAlarms"]
    assert [each["AlarmName"] for each in found] == ["late"]


def test_an_update_keeps_the_state(shop, alarm):
    alarm()
    shop.aws.advance_time(60)
    alarm(Threshold=5)
    assert state(shop) == "OK"


def test_a_state_that_is_set_runs_the_actions(shop, alarm):
    alarm()
    shop.client("cloudwatch").set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="test")
    (message,) = shop.messages()
    assert (message["AlarmName"], message["AlarmArn"], message["OldStateValue"]) == ("late", ALARM, "INSUFFICIENT_DATA")


@pytest.mark.parametrize("allowed", [ALARM.replace("late", "l*"), ALARM.replace("late", "other")])
def test_the_policy_of_the_topic_must_allow_the_alarm(shop, alarm, topic, allowed):
    allow(shop, topic, allowed)
    alarm()
    shop.aws.enforce_iam()
    shop.client("cloudwatch").set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="test")
    shop.aws.stop_enforcing_iam()
    assert published(shop) == (["ALARM"] if allowed.endswith("l*") else [])


@pytest.mark.parametrize("allowed", [False, True])
def test_the_key_of_the_topic_must_allow_cloudwatch(shop, alarm, topic, allowed):
    kms = shop.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    if allowed:
        document = policy({**CLOUDWATCH, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)
    shop.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    alarm()
    shop.aws.enforce_iam()
    shop.client("cloudwatch").set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="test")
    shop.aws.stop_enforcing_iam()
    assert published(shop) == (["ALARM"] if allowed else [])


@pytest.mark.parametrize("metric", ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"])
def test_queues_have_metrics(shop, alarm, metric):
    shop.queue("orders")
    dimensions = [{"Name": "QueueName", "Value": "orders"}]
    alarm(Namespace="AWS/SQS", MetricName=metric, Dimensions=dimensions, Threshold=1)
    shop.aws.advance_time(60)
    assert state(shop) == "OK"
    shop.sqs.send_message(QueueUrl=shop.sqs.get_queue_url(QueueName="orders")["QueueUrl"], MessageBody="1")
    shop.aws.advance_time(60)
    assert state(shop) == "ALARM"


def test_failed_executions_are_counted(shop, alarm):
    machine = shop.machine({"F": {"Type": "Fail"}})
    dimensions = [{"Name": "StateMachineArn", "Value": machine}]
    alarm(Namespace="AWS/States", MetricName="ExecutionsFailed", Dimensions=dimensions, Statistic="Sum")
    shop.ended(shop.start(machine))
    shop.aws.advance_time(60)
    assert state(shop) == "OK"
    shop.ended(shop.start(machine))
    shop.aws.advance_time(60)
    assert state(shop) == "ALARM"


@pytest.mark.parametrize(
    "settings",
    [
        {"Period": 90},
        {"Period": 300, "EvaluationPeriods": 289},
        {"Period": 3600, "EvaluationPeriods": 169},
        {"TreatMissingData": "never"},
    ],
)
def test_invalid_alarms_are_refused(shop, alarm, settings):
    with pytest.raises(ClientError, match="ValidationError"):
        alarm(**settings)
    assert shop.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
