"""AWS Budgets: subscribers and tags of budgets, and notifications of a budget that is exceeded."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.budgets.models import Notification, budgets_backends
from moto.budgets.responses import BudgetsResponse

from test.emulator.access import AccessDeniedError
from test.emulator.clients import client
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT
from test.emulator.targets import require_as_service

PATCHES = ServicePatches("budgets")

_tags: dict[str, dict[str, str]] = {}


@PATCHES.on_reset
def _clear() -> None:
    _tags.clear()


@PATCHES.command
def exceed_budget(name: str) -> None:
    """Publishes the notifications of a budget to its topics, whose policies must allow the budget to do so.

    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    source = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
    for topic in _topics(budgets_backends[ACCOUNT]["aws"].budgets[ACCOUNT][name].notifications):
        try:
            require_as_service(source, "sns:Publish", topic)
            message = f"AWS Budget Notification\nBudget Name: {name}"
            client("sns", topic.split(":")[3]).publish(TopicArn=topic, Message=message)
        except (AccessDeniedError, ClientError) as error:
            sys.stdout.write(f"{source} could not publish to {topic}: {error}\n")


def _topics(notifications: list[Notification]) -> Iterator[str]:
    for notification in notifications:
        subscribers: Any = notification.subscribers
        yield from (each["Address"] for each in subscribers if each["SubscriptionType"] == "SNS")


@PATCHES.replace(BudgetsResponse, "create_budget", "ffb56b858671")
def _create_budget(stock: Callable[..., str], self: BudgetsResponse) -> str:
    answer = stock(self)
    name, tags = self._get_param("Budget")["BudgetName"], self._get_param("ResourceTags") or []
    _tags[f"arn:aws:budgets::{self.current_account}:budget/{name}"] = {tag["Key"]: tag["Value"] for tag in tags}
    return answer


@PATCHES.add(BudgetsResponse, "update_budget")
def _update_budget(self: BudgetsResponse) -> str:
    new = self._get_param("NewBudget")
    self.backend.budgets[self._get_param("AccountId")][new["BudgetName"]].budget.update(new)
    return "{}"


@PATCHES.add(BudgetsResponse, "describe_subscribers_for_notification")
def _describe_subscribers(self: BudgetsResponse) -> str:
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    sought = _identity(self._get_param("Notification"))
    found = next((each for each in budget.notifications if _identity(each.details) == sought), None)
    return json.dumps({"Subscribers": found.subscribers if found else []})


def _identity(notification: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
    return tuple(notification.get(name) for name in names)


@PATCHES.add(BudgetsResponse, "list_tags_for_resource")
def _list_tags(self: BudgetsResponse) -> str:
    tags = _tags.get(self._get_param("ResourceARN"), {})
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


@PATCHES.add(BudgetsResponse, "tag_resource")
def _tag(self: BudgetsResponse) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")}
    _tags.setdefault(self._get_param("ResourceARN"), {}).update(tags)
    return "{}"


@PATCHES.add(BudgetsResponse, "untag_resource")
def _untag(self: BudgetsResponse) -> str:
    for key in self._get_param("ResourceTagKeys"):
        _tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
    return "{}"
