"""Executions of state machines: unsuccessful ones, descriptions and links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
"""Statuses of executions that ended without success."""
_UNKNOWN_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn", "ValidationException")
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html#API_DescribeExecution_Errors"""


def execution_arn(state_machine: str, name: str) -> str:
    """Returns the ARN of an execution.

    Args:
        state_machine: ARN of the state machine.
        name: Name of the execution.
    """
    return f"{state_machine.replace(':stateMachine:', ':execution:')}:{name}"


def describe_execution(session: AwsSession, arn: str) -> Mapping[str, Any] | None:
    """Returns the description of an execution; None if it does not exist."""
    try:
        with aws_errors():
            return dict(session.client("stepfunctions").describe_execution(executionArn=arn))
    except AwsRequestError as error:
        if error.code not in _UNKNOWN_EXECUTION:
            raise
        return None


def unsuccessful_executions(session: AwsSession, state_machine: str, limit: int) -> list[Mapping[str, Any]]:
    """Returns the last unsuccessful executions of a state machine, the one that ended last first.

    Args:
        session: Account and region.
        state_machine: ARN of the state machine.
        limit: Maximum number of executions.
    """
    states = session.client("stepfunctions")
    with aws_errors():
        found = [
            execution
            for status in UNSUCCESSFUL
            for execution in states.list_executions(
                stateMachineArn=state_machine, statusFilter=status, maxResults=limit
            )["executions"]
        ]
    return sorted(found, key=lambda execution: execution["stopDate"], reverse=True)[:limit]


def console_link(arn: str) -> str:
    """Returns the page of an execution in the AWS console."""
    region = arn.split(":")[3]
    console = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
    return f"{console}#/v2/executions/details/{arn}"
