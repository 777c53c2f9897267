"""The role with which a state calls a service: the state machine's, or one in the state's `Credentials`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import Credentials
from moto.stepfunctions.parser.backend.execution import Execution

from test.emulator.access import ServiceRole
from test.emulator.clients import client
from test.emulator.patching import ServicePatches
from test.emulator.states_casing import boto_service

PATCHES = ServicePatches("states_roles")


class StateRole(str):
    """ARN of the role of a state; moto passes it through the interpreter as a string.

    Attributes:
        machine_role: Role of the state machine.
    """

    machine_role: ServiceRole


def client_of_a_state(service: str, region: str, role: StateRole | None) -> Any:
    """Returns a client with the role of a state.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
    """
    if role is None:
        return client(boto_service(service), region)
    other = str(role) if role != role.machine_role.arn else None
    return client(boto_service(service), region, role.machine_role, next_role_arn=other)


@PATCHES.replace(Execution, "_get_start_aws_execution_details", "78cce641c7fb")
def _role_of_the_machine(stock: Callable[..., Any], self: Any) -> Any:
    details = stock(self)
    details.role_arn = StateRole(self.role_arn)
    details.role_arn.machine_role = ServiceRole(self.role_arn, "states.amazonaws.com", self.state_machine.arn)
    return details


@PATCHES.replace(Credentials, "_eval_body", "ae0e73a52b0d")
def _role_of_the_state(stock: Callable[..., None], self: Credentials, env: Any) -> None:
    stock(self, env)
    credentials = env.stack[-1]
    credentials.role_arn = StateRole(credentials.role_arn)
    credentials.role_arn.machine_role = env.aws_execution_details.role_arn.machine_role
