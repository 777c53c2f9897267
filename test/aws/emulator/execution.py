"""Helpers for tests of executions: a cluster, tasks with inline programs, state machines and queues."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from test.emulator import Emulator

ROLE = "arn:aws:iam::123456789012:role/"
SERVICES = ["ecs-tasks", "emr-serverless", "events", "glue", "lakeformation", "lambda", "pipes", "scheduler", "states"]
NO_TAGS: Mapping[str, str] = {}
_EMPTY_RECEIVES = 6
ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Workshop:
    """Helpers that create and run resources in the emulator."""

    def __init__(self, aws: Emulator, folder: Path) -> None:
        self.aws = aws
        self.folder = folder
        self.sfn, self.ecs, self.logs, self.sqs = (
            self.client(service) for service in ("stepfunctions", "ecs", "logs", "sqs")
        )
        self.subnet = self.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        self.network = {"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": []}}
        self.ecs.create_cluster(clusterName="cluster")
        self.logs.create_log_group(logGroupName="tasks")
        aws.add_image("image", folder)
        for name in ("events", "job", "machine", "pipe", "scheduler", "task"):
            self.role(name)
        self.role("execution", "ecr:*", "logs:*")

    def client(self, service: str) -> Any:
        """Returns a client of the account's root user."""
        return self.aws.client(service)

    def role(self, name: str, *actions: str) -> str:
        """Creates a role that the services trust, with permissions for actions on all resources; returns its ARN."""
        trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        trust["Principal"] = {"Service": [f"{service}.amazonaws.com" for service in SERVICES]}
        created = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        if actions:
            self.allow(name, *actions)
        return created["Role"]["Arn"]

    def allow(self, name: str, *actions: str) -> None:
        """Gives a role permissions for actions on all resources."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        self.client("iam").put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(statement))

    def define_task(
        self, program: str, family: str = "task", role: str | None = f"{ROLE}task", **container: Any
    ) -> None:
        """Defines a Fargate task with one container that runs a Python program."""
        options = {"awslogs-group": "tasks", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}
        self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=f"{ROLE}execution",
            **({"taskRoleArn": role} if role else {}),
            containerDefinitions=[
                {
                    "name": "main",
                    "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1",
                    "command": ["python", "-c", program],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                    **container,
                }
            ],
        )

    def run_task(self, family: str = "task", **overrides: Any) -> str:
        """Starts a task; returns its ARN."""
        started = self.ecs.run_task(
            cluster="cluster",
            taskDefinition=family,
            launchType="FARGATE",
            networkConfiguration=self.network,
            overrides={"containerOverrides": [{"name": "main", **overrides}]},
        )
        return started["tasks"][0]["taskArn"]

    def task(self, arn: str) -> dict[str, Any]:
        return self.ecs.describe_tasks(cluster="cluster", tasks=[arn])["tasks"][0]

    def stopped(self, arn: str) -> dict[str, Any]:
        """Waits until a task has stopped; returns its description."""
        self.aws.wait_for(arn, "STOPPED")
        return self.task(arn)

    def printed(self, arn: str) -> list[str]:
        """Returns the lines that a task wrote to its log stream."""
        return self.log_lines("tasks", f"ecs/main/{arn.split('/')[-1]}")

    def log_lines(self, group: str, stream: str) -> list[str]:
        events = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        return [event["message"] for event in events]

    def machine(
        self,
        states: dict[str, Any],
        name: str = "machine",
        role: str = f"{ROLE}machine",
        tags: Mapping[str, str] = NO_TAGS,
        **more: Any,
    ) -> str:
        """Creates a state machine that starts with the first state; returns its ARN."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **more})
        given = [{"key": key, "value": value} for key, value in tags.items()]
        created = self.sfn.create_state_machine(name=name, definition=definition, roleArn=role, tags=given)
        return created["stateMachineArn"]

    def invoke(self, function: str, event: Mapping[str, Any]) -> None:
        """Invokes a function and waits for its result."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()

    def start(self, machine: str, given: Any = None) -> str:
        return self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"]

    def ended(self, execution: str) -> dict[str, Any]:
        """Waits until an execution has ended; returns its description."""
        self.aws.wait_for(execution, *ENDED)
        return self.sfn.describe_execution(executionArn=execution)

    def execute(self, states: dict[str, Any], given: Any = None, **more: Any) -> dict[str, Any]:
        """Creates a state machine and runs it until it ends."""
        return self.ended(self.start(self.machine(states, **more), given))

    def output(self, states: dict[str, Any], given: Any = None, **more: Any) -> Any:
        """Creates a state machine, runs it and returns its output."""
        execution = self.execute(states, given, **more)
        assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
        return json.loads(execution["output"])

    def run_task_state(self, pattern: str, **fields: Any) -> dict[str, Any]:
        """Returns a state that runs the task "task"; `environment` lists its variables, as in a definition."""
        override = {"Name": "main", "Environment": fields.pop("environment", [])}
        return {
            "Type": "Task",
            "Resource": f"arn:aws:states:::ecs:runTask{pattern}",
            "Parameters": {
                "Cluster": "cluster",
                "TaskDefinition": "task",
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [self.subnet], "SecurityGroups": []}},
                "Overrides": {"ContainerOverrides": [override]},
            },
            **({} if "Next" in fields else {"End": True}),
            **fields,
        }

    def queue(self, name: str = "queue") -> str:
        """Creates a queue; returns its ARN."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:eu-west-1:123456789012:{name}"

    def messages(self, name: str = "queue", count: int = 1) -> list[Any]:
        """Receives a number of messages from a queue, in no particular order, and parses those that are JSON."""
        url, found = self.sqs.get_queue_url(QueueName=name)["QueueUrl"], []
        for _ in range(count + _EMPTY_RECEIVES):
            received = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
            found += [_decoded(message["Body"]) for message in received.get("Messages", ())]
            if len(found) >= count:
                return found
        pytest.fail(f"received {len(found)} of {count} messages: {found}")

    def function(self, name: str, code: str, role: str) -> str:
        """Creates a Lambda function in Python with the handler `main`; returns its ARN."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("code.py", code)
        created = self.client("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="code.main",
            Timeout=30,
            Code={"ZipFile": archive.getvalue()},
        )
        return created["FunctionArn"]

    def rule(self, pattern: dict[str, Any], name: str = "rule", **target: Any) -> None:
        """Creates an EventBridge rule with one target."""
        events = self.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])


def policy(*statements: dict[str, Any]) -> str:
    """Returns a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _decoded(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
