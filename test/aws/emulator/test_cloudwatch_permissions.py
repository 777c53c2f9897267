"""Resources and condition keys of CloudWatch decide about requests, as on AWS."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.permissions import ACCOUNT, allow, arn, message


def test_the_actions_of_an_alarm_are_a_condition_key(aws, caller):
    topics = {"ForAllValues:StringLike": {"cloudwatch:AlarmActions": "arn:aws:sns:*"}}
    alarm = {"AlarmName": "late", "Namespace": "Shop", "MetricName": "Late", "Statistic": "Sum", "Period": 60}
    alarm |= {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch = caller(allow("cloudwatch:PutMetricAlarm", Condition=topics))("cloudwatch")
    cloudwatch.put_metric_alarm(**alarm, AlarmActions=[arn("sns", "failures")])
    terminate = "arn:aws:automate:eu-west-1:ec2:terminate"
    for state in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        denied = message(lambda: cloudwatch.put_metric_alarm(**alarm, **{state: [terminate]}))  # noqa: B023
        assert "because no identity-based policy allows the cloudwatch:PutMetricAlarm action" in denied


def test_dashboards_and_alarms_are_resources(caller):
    resources = [
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/sales",
        f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:sales",
    ]
    allowed = allow(["cloudwatch:PutDashboard", "cloudwatch:ListTagsForResource"], resources)
    cloudwatch = caller(allowed)("cloudwatch")
    cloudwatch.put_dashboard(DashboardName="sales", DashboardBody='{"widgets": []}')
    cloudwatch.list_tags_for_resource(ResourceARN=resources[1])
    with pytest.raises(ClientError, match="is not authorized to perform: cloudwatch:PutDashboard"):
        cloudwatch.put_dashboard(DashboardName="other", DashboardBody='{"widgets": []}')


def test_the_namespace_of_a_metric_is_a_condition_key(caller):
    namespace = {"StringEquals": {"cloudwatch:namespace": "Datalake"}}
    cloudwatch = caller(allow("cloudwatch:PutMetricData", Condition=namespace))("cloudwatch")
    datum = {"MetricName": "Age", "Value": 1}
    cloudwatch.put_metric_data(Namespace="Datalake", MetricData=[datum])
    with pytest.raises(ClientError, match="is not authorized to perform: cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="Other", MetricData=[datum])
