"""PutDashboard refuses bodies that do not have the documented structure."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

SEARCH = {"expression": "SEARCH('{AWS/SQS,QueueName} sales', 'Sum', 300)"}
GRAPH = {"region": "eu-west-1", "metrics": [[SEARCH], ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "sales"]]}
PLACE = {"x": 0, "y": 0, "width": 6, "height": 6}


def put(aws, *widgets):
    body = json.dumps({"widgets": [{**PLACE, **widget} for widget in widgets]})
    aws.client("cloudwatch").put_dashboard(DashboardName="sales", DashboardBody=body)


def test_a_valid_dashboard_is_stored(aws):
    put(aws, {"type": "text", "properties": {"markdown": "# Sales"}}, {"type": "metric", "properties": GRAPH})
    stored = aws.client("cloudwatch").get_dashboard(DashboardName="sales")["DashboardBody"]
    assert [widget["type"] for widget in json.loads(stored)["widgets"]] == ["text", "metric"]


@pytest.mark.parametrize(
    ("widget", "problem"),
    [
        ({"type": "graph", "properties": GRAPH}, "/widgets/0/type: must be one of"),
        ({"type": "metric", "properties": GRAPH, "width": 25}, "/widgets/0/width: must be an integer from 1 to 24"),
        ({"type": "metric", "properties": GRAPH, "x": 8.0}, "/widgets/0/x: must be an integer"),
        ({"type": "metric", "properties": {"metrics": [[SEARCH]]}}, "/widgets/0/properties/region: is required"),
        ({"type": "metric", "properties": {"region": "eu-west-1"}}, "must have metrics or annotations"),
        ({"type": "metric", "properties": {**GRAPH, "metrics": [["AWS/SQS"]]}}, "must have a namespace and a name"),
        ({"type": "metric", "properties": {**GRAPH, "period": 90}}, "/widgets/0/properties/period"),
        ({"type": "metric", "properties": {**GRAPH, "view": "lines"}}, "/widgets/0/properties/view"),
        ({"type": "alarm", "properties": {"title": "Alarms", "alarms": []}}, "/widgets/0/properties/alarms"),
    ],
)
def test_an_invalid_widget_is_refused(aws, widget, problem):
    with pytest.raises(ClientError, match="InvalidParameterInput") as caught:
        put(aws, widget)
    assert problem in caught.value.response["Error"]["Message"]
