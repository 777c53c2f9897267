"""Errors of tasks: environment variables, code, results and callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class MissingTaskVariablesError(UsageError):
    """Required environment variables of a task are not set."""

    def __init__(self, missing: Mapping[str, str]) -> None:
        names_by_source: dict[str, list[str]] = {}
        for name, source in missing.items():
            names_by_source.setdefault(source, []).append(name)
        hints = (f"{', '.join(names)}: set by {source}." for source, names in names_by_source.items())
        remedy = "Run the task with run_task, run_pipeline or an execution of its pipeline, which set them."
        super().__init__(f"missing environment variables: {', '.join(missing)}", hint=" ".join([*hints, remedy]))


class InvalidTaskVariableError(UsageError):
    """An environment variable of a task has an invalid value."""

    def __init__(self, name: str, value: object, rule: str, source: str) -> None:
        super().__init__(
            f"{name} is '{value}'; it must be {rule}", hint=f"Correct the value, which is set by {source}."
        )


class TaskCodeError(UsageError):
    """The code of a task is missing or invalid."""

    def __init__(self, path: object, reason: str, hint: str) -> None:
        super().__init__(f"task code '{path}': {reason}", hint=hint)


class MissingSecretError(UsageError):
    """A secret of a task on an embedded lake is not set."""

    def __init__(self, name: str, reference: str) -> None:
        super().__init__(
            f"the secret {name} of the task is not set",
            hint=f"Set the environment variable {name}. A deployed task reads it from {reference}.",
        )


class TaskSecretError(TerminalError):
    """A secret of a task cannot be read from Secrets Manager."""

    def __init__(self, name: str, reference: str, reason: str) -> None:
        super().__init__(
            f"the secret {name} of the task is '{reference}': {reason}",
            hint="Put the value into the secret, or correct `secrets` of the task.",
        )


class SqlTaskError(UsageError):
    """A SQL task does not have exactly one output table."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason, hint="A SQL task writes the rows of one SELECT to one table. Split it, or write a Python task."
        )


class TaskResultError(TerminalError):
    """A task returned invalid results."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            hint='Return {"database.table": job.ProcessingResponse(dataframe=…)} or None from main(job).',
        )


class ProcessingFailed(TerminalError):
    """The code of a task raised an exception; tasks may also raise this error themselves.

    The traceback in the log of the task shows the line; correct the code.

    Args:
        message: Reason.

    Example:
        >>> def main(job):
        ...     raise job.ProcessingFailed("the inbox contains no file of this month")
        >>> try:
        ...     job.execute(main)
        ... except errors.ProcessingFailed as error:
        ...     print(error)
        the inbox contains no file of this month
    """

    def __init__(self, message: str = "the task failed") -> None:
        super().__init__(message)


class FailedTablesError(TerminalError):
    """A task returned the status `FAILURE` for some of its tables.

    Args:
        failed: Message of the task, by table.
    """

    def __init__(self, failed: Mapping[str, str]) -> None:
        reasons = (f"'{table}'" + (f" ({message})" if message else "") for table, message in failed.items())
        super().__init__(
            f"the task ended with job_end_status FAILURE for {', '.join(reasons)}",
            hint="All tables of the task were written. Correct the cause that the task reports, and run it again.",
        )


class TaskExitError(TerminalError):
    """The code of a task exited the process instead of returning."""

    def __init__(self, code: object) -> None:
        given = "" if code is None else repr(code)
        super().__init__(
            f"the task's code called sys.exit({given}); a task must return or raise",
            hint="Return the responses (or {}) from main(job). Raise an exception to fail the task.",
        )


class UndeclaredOutputError(TerminalError):
    """A task returned responses for tables that are not its output tables."""

    def __init__(self, tables: Sequence[str], declared: Sequence[str]) -> None:
        super().__init__(
            f"main(job) returned undeclared tables: {listed(tables)}; declared: {listed(declared, 20) or 'none'}",
            hint="Add the table to the task's output_tables, or correct its name. Names have no stage prefix.",
        )


class TaskTokenError(TerminalError):
    """The state no longer waits for this task token."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Step Functions no longer waits for this task: {reason}",
            hint="The state timed out, missed its heartbeats or was stopped: see timeout_minutes and "
            "heartbeat_seconds of the task. Committed writes are complete; a retry skips them.",
        )


class LostRunError(TaskTokenError):
    """The local run that started this task no longer waits for it."""

    def __init__(self, reason: str) -> None:
        TerminalError.__init__(
            self,
            f"the run no longer waits for this task: {reason}",
            hint="If the run was killed, resume it with --resume and its id, the name of the folder of its logs.",
        )
