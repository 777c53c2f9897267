"""Tasks: their environment variables, their code and its results, and those who wait for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datalake_sdk.errors.base import TerminalError, UsageError, listed


class MissingTaskVariablesError(UsageError):
    """Environment variables that a task needs and does not have."""

    def __init__(self, missing: Mapping[str, str]) -> None:
        places: dict[str, list[str]] = {}
        for name, place in missing.items():
            places.setdefault(place, []).append(name)
        hints = (f"{', '.join(names)}: set by {place}." for place, names in places.items())
        super().__init__(f"missing environment variables: {', '.join(missing)}", hint=" ".join(hints))


class InvalidTaskVariableError(UsageError):
    """An environment variable of a task with a value that cannot be read."""

    def __init__(self, name: str, value: object, rule: str, place: str) -> None:
        super().__init__(f"{name} is '{value}'; it must be {rule}", hint=f"Set by {place}.")


class TaskCodeError(UsageError):
    """A task's folder without the code that is to be run."""

    def __init__(self, path: object, reason: str, hint: str) -> None:
        super().__init__(f"task code '{path}': {reason}", hint=hint)


class SqlTaskError(UsageError):
    """A SQL task that is not one query for one table."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason, hint="A SQL task writes the rows of one SELECT to one table. Split it, or write a Python task."
        )


class TaskResultError(TerminalError):
    """Something else than a task may return."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            hint='Return {"database.table": job.ProcessingResponse(dataframe=…)} or None from main(job).',
        )


class ProcessingFailed(TerminalError):
    """A task's own code failed, or says that it failed.

    Args:
        message: Why.
    """

    def __init__(self, message: str = "the task failed") -> None:
        super().__init__(message)


class FailedTablesError(TerminalError):
    """A task that gives tables the status `FAILURE`.

    Args:
        failed: The task's message for each of these tables.
    """

    def __init__(self, failed: Mapping[str, str]) -> None:
        reasons = (f"'{table}'" + (f" ({message})" if message else "") for table, message in failed.items())
        super().__init__(
            f"the task ended with job_end_status FAILURE for {', '.join(reasons)}",
            hint="All tables of the task were written.",
        )


class TaskExitError(TerminalError):
    """A task's code that ends the process instead of returning."""

    def __init__(self, code: object) -> None:
        given = "" if code is None else repr(code)
        super().__init__(
            f"the task's code called sys.exit({given}); a task must return or raise",
            hint="Return the responses (or {}) from main(job). Raise an exception to fail the task.",
        )


class UndeclaredOutputError(TerminalError):
    """A task that returns rows for tables that it does not declare."""

    def __init__(self, tables: Sequence[str], declared: Sequence[str]) -> None:
        super().__init__(
            f"main(job) returned undeclared tables: {listed(tables)}; declared: {listed(declared, 20) or 'none'}",
            hint="Add the table to the task's output_tables, or correct its name. Names have no stage prefix.",
        )


class TaskTokenError(TerminalError):
    """A task token that no state waits for any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Step Functions no longer waits for this task: {reason}",
            hint="The state timed out, missed its heartbeats or was stopped: see timeout_minutes and "
            "heartbeat_seconds of the task. Committed writes are complete; a retry skips them.",
        )
