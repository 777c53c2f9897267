"""The failsafe on the emulator, with the rules that invoke it."""

from __future__ import annotations

import json
from pathlib import Path

from test.aws.emulator.execution import ROLE, Workshop

FAILSAFE = Path(__file__).parents[2] / "domain_factory" / "failsafe"
STOPPED = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}
FAILED = {
    "source": ["aws.emr-serverless"],
    "detail-type": ["EMR Serverless Job Run State Change"],
    "detail": {"state": ["FAILED", "CANCELLED"]},
}
EXECUTIONS = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
TAGS = {"project_name": "shop", "domain_name": "sales", "stage_name": "dev"}


def deploy_failsafe(shop: Workshop, max_task_age_minutes: float = 60) -> str:
    """Creates the function and its rules; returns the ARN of the function."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    shop.client("iam").create_role(RoleName="failsafe", AssumeRolePolicyDocument=document)
    shop.aws.add_image("failsafe", FAILSAFE, command=["handler.handler"])
    function: str = shop.client("lambda").create_function(
        FunctionName="failsafe",
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/failsafe:1"},
        Role=f"{ROLE}failsafe",
        Timeout=30,
        Environment={
            "Variables": {
                "ECS_CLUSTER_ARN": "arn:aws:ecs:eu-west-1:123456789012:cluster/cluster",
                "MAX_TASK_AGE_MINUTES": str(max_task_age_minutes),
                "TECHNICAL_BUCKET": "shop-sales-dev-technical",
                **{name.upper(): value for name, value in TAGS.items()},
            }
        },
    )["FunctionArn"]
    shop.rule(STOPPED, name="ecs", Arn=function)
    shop.rule(FAILED, name="emr", Arn=function)
    shop.client("events").put_rule(Name="schedule", ScheduleExpression="rate(5 minutes)")
    shop.client("events").put_targets(Rule="schedule", Targets=[{"Id": "target", "Arn": function}])
    return function
