"""A caller that hands over a role needs iam:PassRole, and the role must trust the service."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import ROLE, policy

ACCOUNT = "123456789012"
MACHINE = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:machine"
DEFINITION = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'


@pytest.fixture
def call(shop):
    """`call(service, action, arguments, principal)` calls as a role that may pass roles to this service only."""
    shop.role("caller")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    iam = shop.client("iam")
    iam.update_assume_role_policy(RoleName="caller", PolicyDocument=policy(trust))
    credentials = shop.aws.assume_role(f"{ROLE}caller")

    def call(service, action, arguments, principal):
        everything = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
        condition = {"StringEquals": {"iam:PassedToService": principal}}
        passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"{ROLE}*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything, passing]})
        iam.put_role_policy(RoleName="caller", PolicyName="may", PolicyDocument=document)
        shop.aws.enforce_iam()
        try:
            return getattr(shop.aws.client(service, credentials), action)(**arguments)
        finally:
            shop.aws.stop_enforcing_iam()

    return call


def archive():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("code.py", "")
    return written.getvalue()


OFF = {"Mode": "OFF"}
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue"
FUNCTION = {"FunctionName": "f", "Role": f"{ROLE}task", "Runtime": "python3.13", "Handler": "code.main"}
TASK = {"family": "task", "containerDefinitions": [{"name": "main", "image": "image", "memory": 512}]}

HANDOVERS = {
    "Lambda": ("lambda", "create_function", {**FUNCTION, "Code": {"ZipFile": archive()}}, "lambda"),
    "Step Functions": (
        "stepfunctions",
        "create_state_machine",
        {"name": "machine", "definition": DEFINITION, "roleArn": f"{ROLE}machine"},
        "states",
    ),
    "ECS task role": ("ecs", "register_task_definition", {**TASK, "taskRoleArn": f"{ROLE}task"}, "ecs-tasks"),
    "ECS execution role": ("ecs", "register_task_definition", {**TASK, "executionRoleArn": f"{ROLE}task"}, "ecs-tasks"),
    "EventBridge": (
        "events",
        "put_targets",
        {"Rule": "rule", "Targets": [{"Id": "target", "Arn": MACHINE, "RoleArn": f"{ROLE}events"}]},
        "events",
    ),
    "Scheduler": (
        "scheduler",
        "create_schedule",
        {
            "Name": "schedule",
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": OFF,
            "Target": {"Arn": MACHINE, "RoleArn": f"{ROLE}scheduler"},
            "State": "DISABLED",
        },
        "scheduler",
    ),
    "Pipes": (
        "pipes",
        "create_pipe",
        {"Name": "pipe", "RoleArn": f"{ROLE}pipe", "Source": QUEUE, "Target": MACHINE, "DesiredState": "STOPPED"},
        "pipes",
    ),
    "Lake Formation": (
        "lakeformation",
        "register_resource",
        {"ResourceArn": "arn:aws:s3:::lake", "RoleArn": f"{ROLE}task"},
        "lakeformation",
    ),
    "Glue": (
        "glue",
        "create_crawler",
        {"Name": "c", "Role": f"{ROLE}task", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://lake"}]}},
        "glue",
    ),
}


@pytest.fixture
def prepared(shop):
    """The resources that the calls refer to."""
    shop.client("events").put_rule(Name="rule", EventPattern='{"source": ["shop"]}')
    shop.client("glue").create_database(DatabaseInput={"Name": "d"})
    return shop


@pytest.mark.parametrize("handover", HANDOVERS.values(), ids=HANDOVERS)
def test_handing_over_a_role_requires_permission_to_pass_it_to_the_service(prepared, call, handover):
    service, action, arguments, principal = handover
    with pytest.raises(ClientError) as caught:
        call(service, action, arguments, "ec2.amazonaws.com")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    message = caught.value.response["Error"]["Message"]
    assert f"is not authorized to perform: iam:PassRole on resource: {ROLE}" in message
    assert message.endswith("because no identity-based policy allows the iam:PassRole action")
    call(service, action, arguments, f"{principal}.amazonaws.com")


@pytest.mark.parametrize("override", [None, "taskRoleArn", "executionRoleArn"])
def test_running_a_task_requires_permission_to_pass_its_roles(shop, call, override):
    shop.role("other")
    shop.define_task("")
    overrides = {override: f"{ROLE}other"} if override else {}
    arguments = {"cluster": "cluster", "taskDefinition": "task", "launchType": "FARGATE", "overrides": overrides}
    arguments["networkConfiguration"] = shop.network
    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole"):
        call("ecs", "run_task", arguments, "ec2.amazonaws.com")
    call("ecs", "run_task", arguments, "ecs-tasks.amazonaws.com")


def test_a_job_run_requires_permission_to_pass_its_role(shop, call):
    emr = shop.client("emr-serverless")
    application = emr.create_application(name="spark", releaseLabel="emr-7.0.0", type="SPARK")["applicationId"]
    driver = {"sparkSubmit": {"entryPoint": "s3://code/main.py"}}
    arguments = {"applicationId": application, "executionRoleArn": f"{ROLE}job", "jobDriver": driver}
    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole"):
        call("emr-serverless", "start_job_run", arguments, "ec2.amazonaws.com")
    call("emr-serverless", "start_job_run", arguments, "emr-serverless.amazonaws.com")


def test_a_state_passes_the_role_of_its_task_with_the_role_of_the_machine(shop):
    shop.define_task("")
    shop.allow("machine", "ecs:*")
    shop.aws.enforce_iam()
    try:
        execution = shop.execute({"Run": shop.run_task_state("")})
    finally:
        shop.aws.stop_enforcing_iam()
    assert execution["error"] == "ECS.AccessDeniedException"
    assert "assumed-role/machine" in execution["cause"]
    assert "iam:PassRole" in execution["cause"]


NOT_TRUSTED = {
    "Lambda": ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    "Step Functions": ("AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor"),
    "EventBridge": ("ValidationException", f"Provided role '{ROLE}events' cannot be assumed by principal 'events.am"),
    "Scheduler": ("ValidationException", "role you provide must allow AWS EventBridge Scheduler to assume the role."),
    "Pipes": ("ValidationException", f"Provided role '{ROLE}pipe' cannot be assumed by principal 'pipes.amazonaws"),
}


@pytest.mark.parametrize("service", NOT_TRUSTED)
@pytest.mark.parametrize("exists", [True, False])
def test_a_role_that_the_service_cannot_assume_is_rejected(prepared, service, exists):
    boto_service, action, arguments, _ = HANDOVERS[service]
    iam = prepared.client("iam")
    for name in ("task", "machine", "events", "scheduler", "pipe"):
        if exists:
            trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy(trust))
        else:
            iam.delete_role(RoleName=name)
    with pytest.raises(ClientError) as caught:
        getattr(prepared.client(boto_service), action)(**arguments)
    code, message = NOT_TRUSTED[service]
    assert caught.value.response["Error"]["Code"] == code
    assert message in caught.value.response["Error"]["Message"]


SOURCES = {
    "Lambda": ("lambda", "task", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"),
    "Step Functions": ("states", "machine", MACHINE),
    "EventBridge": ("events", "events", f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/rule"),
    "Scheduler": ("scheduler", "scheduler", f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule-group/default"),
    "Pipes": ("pipes", "pipe", f"arn:aws:pipes:eu-west-1:{ACCOUNT}:pipe/pipe"),
}


@pytest.mark.parametrize("service", SOURCES)
def test_a_trust_policy_can_be_limited_to_the_resource(prepared, service):
    boto_service, action, arguments, _ = HANDOVERS[service]
    principal, role, source = SOURCES[service]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{principal}.amazonaws.com"}}
    condition = {"ArnEquals": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    document = policy({**trust, "Condition": condition})
    prepared.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=document)
    getattr(prepared.client(boto_service), action)(**arguments)
