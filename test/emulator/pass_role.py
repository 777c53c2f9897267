"""Roles that callers hand over to services: the caller needs `iam:PassRole`, and the role must trust the service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import BaseResponse
from moto.ecs.exceptions import TaskDefinitionNotFoundException
from moto.ecs.models import ecs_backends

from test.emulator.access import trusts_service
from test.emulator.iam import require_permission, service_error
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("pass_role")

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class _Trust:
    """A check of the role's trust policy when the role is handed over.

    Attributes:
        source: Returns the ARN for which the service assumes the role, the value of `aws:SourceArn`.
        code: Error code if the service cannot assume the role.
        message: Message of the error, with the role and the service.
    """

    source: Callable[[BaseResponse, Parameters], str]
    code: str
    message: str


@dataclass(frozen=True)
class _Handover:
    """Parameters of an operation that hold roles, by the service that assumes the roles.

    Attributes:
        service: Principal of the service.
        paths: Parameters, for example `Targets[].RoleArn`.
        trust: How the service checks the trust policy; None if it does so later, when it assumes the role.
    """

    service: str
    paths: tuple[str, ...]
    trust: _Trust | None = None


def _arn(service: str, resource: str) -> Callable[[BaseResponse, Parameters], str]:
    """Returns a function that builds the ARN of a resource from the parameters of a request."""

    def built(request: BaseResponse, parameters: Parameters) -> str:
        names = {"GroupName": "default", "EventBusName": "default", **parameters}
        return f"arn:aws:{service}:{request.region}:{request.current_account}:{resource.format_map(names)}"

    return built


# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
_FUNCTION = _Trust(
    _arn("lambda", "function:{FunctionName}"),
    "InvalidParameterValueException",
    "The role defined for the function cannot be assumed by Lambda.",
)
# https://repost.aws/knowledge-center/step-functions-iam-role-troubleshooting
_NOT_ASSUMABLE_BY_STATES = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
    "provided role."
)
_NEW_MACHINE = _Trust(_arn("states", "stateMachine:{name}"), "AccessDeniedException", _NOT_ASSUMABLE_BY_STATES)
_MACHINE = _Trust(lambda _, given: str(given["stateMachineArn"]), "AccessDeniedException", _NOT_ASSUMABLE_BY_STATES)
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
_SCHEDULE = _Trust(
    _arn("scheduler", "schedule-group/{GroupName}"),
    "ValidationException",
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
)
# https://github.com/Miserlou/Zappa/issues/381
_PROVIDED_ROLE = "Provided role '{role}' cannot be assumed by principal '{service}'."
_RULE = _Trust(_arn("events", "rule/{Rule}"), "ValidationException", _PROVIDED_ROLE)
_PIPE = _Trust(_arn("pipes", "pipe/{Name}"), "ValidationException", _PROVIDED_ROLE)

_TASK_ROLES = ("taskRoleArn", "executionRoleArn")

_HANDOVERS = {
    "athena:CreateWorkGroup": _Handover("athena.amazonaws.com", ("Configuration.ExecutionRole",)),
    "athena:UpdateWorkGroup": _Handover("athena.amazonaws.com", ("ConfigurationUpdates.ExecutionRole",)),
    "ecs:RegisterTaskDefinition": _Handover("ecs-tasks.amazonaws.com", _TASK_ROLES),
    "ecs:RunTask": _Handover("ecs-tasks.amazonaws.com", _TASK_ROLES),
    "emr-serverless:StartJobRun": _Handover("emr-serverless.amazonaws.com", ("executionRoleArn",)),
    "emr:CreateStudio": _Handover("elasticmapreduce.amazonaws.com", ("ServiceRole", "UserRole")),
    "events:PutTargets": _Handover("events.amazonaws.com", ("Targets[].RoleArn",), _RULE),
    "glue:CreateCrawler": _Handover("glue.amazonaws.com", ("Role",)),
    "glue:CreateJob": _Handover("glue.amazonaws.com", ("Role",)),
    "glue:CreateSession": _Handover("glue.amazonaws.com", ("Role",)),
    "glue:UpdateCrawler": _Handover("glue.amazonaws.com", ("Role",)),
    "glue:UpdateJob": _Handover("glue.amazonaws.com", ("JobUpdate.Role",)),
    "lakeformation:RegisterResource": _Handover("lakeformation.amazonaws.com", ("RoleArn",)),
    "lakeformation:UpdateResource": _Handover("lakeformation.amazonaws.com", ("RoleArn",)),
    "lambda:CreateFunction": _Handover("lambda.amazonaws.com", ("Role",), _FUNCTION),
    "lambda:UpdateFunctionConfiguration": _Handover("lambda.amazonaws.com", ("Role",), _FUNCTION),
    "pipes:CreatePipe": _Handover("pipes.amazonaws.com", ("RoleArn",), _PIPE),
    "pipes:UpdatePipe": _Handover("pipes.amazonaws.com", ("RoleArn",), _PIPE),
    "scheduler:CreateSchedule": _Handover("scheduler.amazonaws.com", ("Target.RoleArn",), _SCHEDULE),
    "scheduler:UpdateSchedule": _Handover("scheduler.amazonaws.com", ("Target.RoleArn",), _SCHEDULE),
    "stepfunctions:CreateStateMachine": _Handover("states.amazonaws.com", ("roleArn",), _NEW_MACHINE),
    "stepfunctions:UpdateStateMachine": _Handover("states.amazonaws.com", ("roleArn",), _MACHINE),
}
"""Operations, with boto3's name of their service, that hand over roles."""


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _check_roles(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Runs for every request, after the caller's permission for the operation itself has been checked."""
    stock(self, iam_request_cls, resource)
    operation = f"{self.boto3_service_name}:{self._get_action()}"
    handover = _HANDOVERS.get(operation)
    if handover:
        parameters = _parameters(self, operation)
        for role in [role for path in handover.paths for role in _values(parameters, path.split("."))]:
            require_permission(self, "iam:PassRole", role, {"iam:PassedToService": handover.service})
            _check_trust(self, handover, role, parameters)


def _check_trust(request: BaseResponse, handover: _Handover, role: str, parameters: Parameters) -> None:
    trust = handover.trust
    if trust and not trusts_service(role, handover.service, trust.source(request, parameters)):
        message = trust.message.format(role=role, service=handover.service)
        raise service_error(request, message, dict.fromkeys(("json", "xml", "s3"), trust.code), 400)


def _parameters(request: BaseResponse, operation: str) -> Parameters:
    """Returns the parameters of a request; those in its path are part of moto's URL match."""
    body = json.loads(request.body or "{}")
    named = {**(request.uri_match or {}), **body}
    return _roles_of_task(request, named) if operation == "ecs:RunTask" else named


def _roles_of_task(request: BaseResponse, named: Parameters) -> Parameters:
    """Returns the roles of the task definition or of the overrides, which replace them."""
    backend = ecs_backends[request.current_account][request.region]
    try:
        definition = backend.describe_task_definition(named["taskDefinition"])
    except TaskDefinitionNotFoundException:
        return {}
    roles = {
        "taskRoleArn": getattr(definition, "task_role_arn", None),
        "executionRoleArn": getattr(definition, "execution_role_arn", None),
    }
    return {**roles, **(named.get("overrides") or {})}


def _values(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if value:
            yield str(value)
        return
    name, *rest = path
    found = (value or {}).get(name.removesuffix("[]"))
    for each in found or [] if name.endswith("[]") else [found]:
        yield from _values(each, rest)
