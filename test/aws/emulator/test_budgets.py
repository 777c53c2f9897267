"""Budgets keep their subscribers and tags, and notify topics whose policies allow it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import policy

ACCOUNT = "123456789012"
BUDGET = f"arn:aws:budgets::{ACCOUNT}:budget/sales"
EXCEEDED = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 100.0}


@pytest.fixture
def create(shop):
    """`create(tag, subscribers)`: creates the budget `sales` with a notification."""

    def create(tag="user:domain_name$sales", subscribers=()):
        budgets = shop.client("budgets")
        budget = {"BudgetName": "sales", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
        budgets.create_budget(
            AccountId=ACCOUNT,
            Budget={
                **budget, "BudgetLimit": {"Amount": "100", "Unit": "USD"}, "CostFilters": {"TagKeyValue": [tag]}
            },
            ResourceTags=[{"Key": "domain_name", "Value": "sales"}],
        )  # fmt: skip
        if subscribers:
            notification = {"AccountId": ACCOUNT, "BudgetName": "sales", "Notification": EXCEEDED}
            budgets.create_notification(**notification, Subscribers=subscribers)
        return budgets

    return create


def test_subscribers_and_tags_are_stored(create):
    subscribers = [{"SubscriptionType": "EMAIL", "Address": "data@example.com"}]
    budgets = create(subscribers=subscribers)
    budget = {"AccountId": ACCOUNT, "BudgetName": "sales"}
    found = budgets.describe_subscribers_for_notification(**budget, Notification=EXCEEDED)
    assert found["Subscribers"] == subscribers
    tags = budgets.list_tags_for_resource(ResourceARN=BUDGET)["ResourceTags"]
    assert tags == [{"Key": "domain_name", "Value": "sales"}]


@pytest.mark.parametrize("tag", ["domain_name$sales", "user:domain_name", "domain_name:sales"])
def test_a_tag_filter_has_a_prefix_and_a_value(create, tag):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        create(tag)


def test_a_notification_has_at_most_one_topic(create):
    topics = [f"arn:aws:sns:eu-west-1:{ACCOUNT}:{name}" for name in ("a", "b")]
    with pytest.raises(ClientError, match="CreationLimitExceededException"):
        create(subscribers=[{"SubscriptionType": "SNS", "Address": topic} for topic in topics])


@pytest.mark.parametrize("source", [BUDGET, f"arn:aws:budgets::{ACCOUNT}:*", BUDGET.replace("sales", "other")])
def test_an_exceeded_budget_publishes_to_a_topic_whose_policy_allows_it(shop, create, source):
    sns = shop.client("sns")
    topic = sns.create_topic(Name="failures")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue())
    statement = {"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish"}
    document = policy({**statement, "Resource": topic, "Condition": {"ArnLike": {"aws:SourceArn": source}}})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    create(subscribers=[{"SubscriptionType": "SNS", "Address": topic}])
    shop.aws.enforce_iam()
    shop.aws.control("exceed_budget", name="sales")
    shop.aws.stop_enforcing_iam()
    queue = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    assert ("Messages" in shop.sqs.receive_message(QueueUrl=queue)) == (source != BUDGET.replace("sales", "other"))
