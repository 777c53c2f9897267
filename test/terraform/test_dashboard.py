"""The dashboard has a valid body, shows metrics that exist, and its image is current."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from doc_resources import dashboard
from test.emulator.cloudwatch_dashboards import problems

DOCUMENTED = {
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    ("AWS/States", "StateMachineArn"): {
        "ExecutionsStarted", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionTime",
    },
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    ("AWS/SQS", "QueueName"): {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    ("AWS/Lambda", "FunctionName"): {"Errors", "Throttles"},
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
    ("ECS/ContainerInsights", "ClusterName,TaskDefinitionFamily"): {"CpuUtilized", "MemoryUtilized"},
    # https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html
    ("AWS/Athena", "QueryState,QueryType,WorkGroup"): {"ProcessedBytes", "TotalExecutionTime"},
    # domain_factory/failsafe/handler.py
    ("Datalake", "StateMachineArn"): {"OldestExecutionAge"},
}  # fmt: skip
WITHOUT_FAILSAFE = {"environment": "shop_sales_dev", "region": "eu-west-1"}


@pytest.fixture(scope="module", params=[dashboard.EXAMPLE, WITHOUT_FAILSAFE], ids=["failsafe", "no failsafe"])
def body(request):
    return dashboard.body(request.param)


def searches(body):
    """Namespace, dimensions and name of each metric."""
    found = re.findall(r"SEARCH\('\{([^,]+),([^}]+)} MetricName=\\\"(\w+)", json.dumps(body["widgets"]))
    assert found
    return found


def test_the_body_has_the_structure_that_cloudwatch_requires(body):
    assert list(problems(json.dumps(body))) == []


def test_the_widgets_fill_the_grid_without_overlaps(body):
    cells = [
        cell
        for widget in body["widgets"]
        for cell in itertools.product(
            range(widget["x"], widget["x"] + widget["width"]), range(widget["y"], widget["y"] + widget["height"])
        )
    ]
    height = max(y for _, y in cells) + 1
    assert sorted(cells) == sorted(itertools.product(range(24), range(height)))


def test_every_metric_is_documented_with_its_dimensions(body):
    shown = searches(body)
    assert [found for found in shown if found[2] not in DOCUMENTED.get(found[:2], ())] == []


def test_searches_have_at_most_1024_characters(body):
    expressions = re.findall(r'"expression": "((?:[^"\\]|\\.)*)"', json.dumps(body))
    assert expressions
    assert max(map(len, expressions)) <= 1024


def test_the_links_lead_to_the_pages_of_the_domain(body):
    (text,) = (widget["properties"]["markdown"] for widget in body["widgets"] if widget["type"] == "text")
    links = re.findall(r"\]\((\S+)\)", text)
    assert len(links) >= 6
    assert all(link.startswith("https://eu-west-1.console.aws.amazon.com/") for link in links)


def test_the_image_is_current():
    current = dashboard.image(dashboard.body())
    assert dashboard.IMAGE.read_text(encoding="utf-8") == current, "run `python -m doc_resources.dashboard`"
