"""Errors of deployed pipelines, their tasks, and commands that need AWS."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import TerminalError, TransientError, UsageError, listed


class MissingCapabilityError(UsageError):
    """The platform does not support a command.

    Args:
        command: Name of the command.
        capability: Capability that the command needs.
        root: Folder of the embedded lake.
    """

    def __init__(self, command: str, capability: str, root: object) -> None:
        super().__init__(
            f"{command} needs {capability}, which the embedded lake '{root}' does not have",
            hint="Select an environment on AWS with -p, -d and -s, without --local or DATALAKE_LOCAL_ROOT.",
        )


class InvalidTaskParameterError(UsageError):
    """A task parameter is malformed or given twice."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(f"parameter is '{given}'; {reason}", hint="Write --parameter NAME=VALUE, each name once.")


class UnknownTaskParameterError(UsageError):
    """A task has no parameter with this name.

    Args:
        task: Name of the task.
        name: Name of the parameter.
        valid: Names of its parameters.
    """

    def __init__(self, task: str, name: str, valid: Sequence[str]) -> None:
        parameters = f"its parameters are {listed(valid, 20)}" if valid else "it has no parameters"
        super().__init__(
            f"--parameter sets '{name}', which is not a parameter of task '{task}'; {parameters}",
            hint="Correct the name, or add it to additional_parameters of the task in pipeline.yaml.",
        )


class NoSuchPipelineError(UsageError):
    """The environment has no published tasks of a pipeline.

    Args:
        pipeline: Name of the pipeline.
        environment: Name of the environment.
        region: AWS region.
        similar: Names of pipelines to suggest.
    """

    def __init__(self, pipeline: str, environment: str, region: str, similar: Sequence[str]) -> None:
        suggestion = f"Did you mean {listed(similar)}? " if similar else "Check project, domain, stage and --region. "
        super().__init__(
            f"pipeline '{pipeline}' has no published tasks in environment '{environment}', {region}",
            hint=f"{suggestion}If the pipeline was applied with a version of pipeline_factory that does not publish "
            "tasks, apply it again.",
        )


class NoSuchTaskError(UsageError):
    """A pipeline has no such task."""

    def __init__(self, task: str, pipeline: str, tasks: Sequence[str]) -> None:
        super().__init__(
            f"pipeline '{pipeline}' has no task '{task}'",
            hint=f"Its tasks are {listed(tasks, 20)}.",
        )


class ComputedValuesError(UsageError):
    """Task parameters that the pipeline computes from the input of an execution have no value.

    Args:
        task: Name of the task.
        variables: Environment variables without a value.
    """

    def __init__(self, task: str, variables: Sequence[str]) -> None:
        super().__init__(
            f"task '{task}' has no values for {listed(variables, 20)}, which its pipeline computes at run time",
            hint="Set each with --parameter NAME=VALUE; NAME is the part after TASK_ADDITIONAL_PARAMETERS_.",
        )


class TaskNotStartedError(TerminalError):
    """The container of a task could not be started."""

    def __init__(self, task: str, reason: str) -> None:
        super().__init__(
            f"task '{task}' could not be started: {reason}",
            hint="pipeline_factory creates its image, log group, network settings and roles: apply it again, "
            "or fix the reason above.",
        )


class TaskCapacityError(TransientError):
    """AWS has no capacity for a task at the moment."""

    def __init__(self, task: str, reason: str) -> None:
        super().__init__(
            f"task '{task}' could not be started: {reason}",
            hint="Try again in a few minutes, or reduce the memory of the task.",
        )


class DeployedTaskError(TerminalError):
    """A task ran and failed.

    Args:
        task: Name of the task.
        exit_code: Exit code of its container; None if unknown.
        reason: Reason that the service returned; may be empty.
        log: Location of its log.
    """

    def __init__(self, task: str, exit_code: int | None, reason: str, log: str) -> None:
        ended = "failed" if exit_code is None else f"ended with exit code {exit_code}"
        super().__init__(
            f"task '{task}' {ended}" + (f": {reason}" if reason else ""),
            hint=f"See {log}.",
        )
        self.exit_code = exit_code


class UnpublishedPipelineError(UsageError):
    """A pipeline was applied with a version of pipeline_factory that does not publish its state machine."""

    def __init__(self, pipeline: str, parameter: str) -> None:
        super().__init__(
            f"pipeline '{pipeline}' does not publish its state machine: there is no parameter '{parameter}'",
            hint="Apply the pipeline with the current version of pipeline_factory.",
        )


class NoSuchExecutionError(UsageError):
    """An execution does not exist.

    Args:
        name: Name of the execution.
        scope: Where it was searched for, for example `pipeline 'daily'`.
        others: Names of its last unsuccessful executions; None if unknown.
    """

    def __init__(self, name: str, scope: str, others: Sequence[str] | None) -> None:
        if others is None:
            last = "Check the ARN, project, domain, stage and --region."
        elif others:
            last = f"Its last unsuccessful executions are {listed(others)}."
        else:
            last = "None of its executions failed."
        super().__init__(f"{scope} has no execution '{name}'", hint=last)


class FailedExecutionError(TerminalError):
    """An execution that `run_pipeline --follow` started did not succeed.

    Args:
        name: Name of the execution.
        status: Its status, for example `FAILED`.
        reason: Error and cause; may be empty.
        advice: Hint of the cause and link to the execution; may be empty.
    """

    def __init__(self, name: str, status: str, reason: str, advice: str) -> None:
        super().__init__(f"execution '{name}' ended with {status}" + (f": {reason}" if reason else ""), hint=advice)


class NothingToRedriveError(TerminalError):
    """A pipeline has no execution that failed, timed out or was stopped."""

    def __init__(self, pipeline: str) -> None:
        super().__init__(
            f"pipeline '{pipeline}' has no execution that failed, timed out or was stopped",
            hint="An execution that was redriven is running again. Events that started no execution are in its "
            "dead-letter queue: pass --dead-letters.",
        )


class ForeignDeadLetterError(TerminalError):
    """A dead letter names a target that does not belong to the pipeline."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f"its TARGET_ARN is '{target}', which is neither the state machine nor a trigger queue of the pipeline",
            hint="Check who sent it, and delete it.",
        )


class NotRedrivableError(TerminalError):
    """An execution cannot be redriven.

    Args:
        name: Name of the execution.
        reason: Reason that Step Functions returned.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"execution '{name}' cannot be redriven: {reason}",
            hint="Unsuccessful executions can be redriven for 14 days. Start a new execution with the same input.",
        )


class NotUnsuccessfulError(UsageError):
    """An execution that is investigated is running or has succeeded."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(
            f"execution '{name}' is {status}; only one that failed, timed out or was stopped can be investigated",
            hint="Leave out the name to investigate the last unsuccessful one.",
        )


class NothingToInvestigateError(TerminalError):
    """No execution or run was unsuccessful.

    Args:
        scope: Where they were searched for, for example `pipeline 'daily'`.
        hint: Where else to look.
    """

    def __init__(self, scope: str, hint: str) -> None:
        super().__init__(f"{scope} has no execution that failed, timed out or was stopped", hint=hint)


class NoSuchRunError(UsageError):
    """A run of a pipeline on an embedded lake does not exist.

    Args:
        run_id: Id of the run.
        scope: Where it was searched for, for example `pipeline 'daily'`.
        others: Ids of failed runs, latest first.
    """

    def __init__(self, run_id: str, scope: str, others: Sequence[str]) -> None:
        failed = f"Its failed runs are {listed(others)}." if others else "None of its runs failed."
        super().__init__(f"{scope} has no run '{run_id}'", hint=failed)
