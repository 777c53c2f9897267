"""Errors of tasks on Glue."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import UsageError, listed


class InvalidJobArgumentsError(UsageError):
    """A Glue job was started with arguments that are not those of a task."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the arguments of the job are not those of a task: {reason}",
            hint="Run the task with datalake_sdk run_task, or in an execution of its pipeline.",
        )


class MissingJobArgumentsError(InvalidJobArgumentsError):
    """A Glue job was started without arguments of a task."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"missing {listed(names)}")
