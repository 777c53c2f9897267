"""Deployed pipelines and their tasks, and what only an environment on AWS has."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingCapabilityError(UsageError):
    """A command for something that the environment's platform does not have.

    Args:
        command: What was asked for.
        capability: What it needs.
        root: The lake's folder.
    """

    def __init__(self, command: str, capability: str, root: object) -> None:
        super().__init__(
            f"{command} needs {capability}, which the embedded lake '{root}' does not have",
            hint="Name an environment on AWS with -p, -d and -s, and leave out --local and DATALAKE_LOCAL_ROOT.",
        )


class InvalidTaskParameterError(UsageError):
    """A task's parameter that cannot be read."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(f"parameter is '{given}'; {reason}", hint="Write --parameter NAME=VALUE, each name once.")


class NoSuchStateMachineError(UsageError):
    """A pipeline that is not deployed in this environment and region."""

    def __init__(self, name: str, region: str, near: Sequence[str]) -> None:
        super().__init__(
            f"there is no state machine '{name}' in {region}",
            hint=f"Did you mean {listed(near)}?" if near else "Check project, domain, stage, pipeline and --region.",
        )


class NoSuchTaskError(UsageError):
    """A task that its pipeline's state machine does not run."""

    def __init__(self, task: str, state_machine: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"state machine '{state_machine}' has no task '{task}'",
            hint=f"Its tasks are {listed(tasks, 20)}." if tasks else "It runs no task on ECS or EMR Serverless.",
        )


class AmbiguousTaskError(UsageError):
    """A task that several states of its pipeline run, each in another way."""

    def __init__(self, task: str, states: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}' is run by {listed(states)}, not all in the same way",
            hint="Start the pipeline instead, or let its states run the task in one way.",
        )


class ComputedValuesError(UsageError):
    """Values of a task that only its pipeline can compute.

    Args:
        task: Its name.
        variables: Environment variables without a value.
        fields: Other fields of the request.
    """

    def __init__(self, task: str, variables: Sequence[str], fields: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}': its pipeline computes {listed([*variables, *fields], 20)} from what an execution is given",
            hint="Start the pipeline instead."
            if fields
            else "Give each with --parameter NAME=VALUE; NAME is what follows TASK_ADDITIONAL_PARAMETERS_.",
        )


class TaskNotStartedError(TerminalError):
    """A task whose code did not run, because its container could not be started."""

    def __init__(self, task: str, reason: str) -> None:
        super().__init__(
            f"task '{task}' could not be started: {reason}",
            hint="Its image, log group, network and roles are made by pipeline_factory: apply it again, "
            "or correct what the reason names.",
        )


class TaskCapacityError(TransientError):
    """A task for which AWS has no room at the moment."""

    def __init__(self, task: str, reason: str) -> None:
        super().__init__(
            f"task '{task}' could not be started: {reason}", hint="Try again in a few minutes, or give it less memory."
        )


class DeployedTaskError(TerminalError):
    """A task that ran and failed.

    Args:
        task: Its name.
        exit_code: Of its container; None where nobody knows one.
        reason: In the service's words.
        log: Where its log is; None when it is kept nowhere.
    """

    def __init__(self, task: str, exit_code: int | None, reason: str, log: str | None) -> None:
        ended = "failed" if exit_code is None else f"ended with exit code {exit_code}"
        super().__init__(
            f"task '{task}' {ended}" + (f": {reason}" if reason else ""),
            hint=f"Its log is in {log}." if log else "Its log is not kept: it has no log configuration.",
        )
        self.exit_code = exit_code
