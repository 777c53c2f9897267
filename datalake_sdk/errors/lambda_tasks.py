"""Errors of tasks on Lambda."""

from __future__ import annotations

from datalake_sdk.errors.base import TerminalError, UsageError

_MAX_MEMORY, _MAX_TIMEOUT_MINUTES = 10_240, 14
_MEMORY_PER_CPU = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_ON_ECS = 'set infra_type = "ECS"'


class InvalidTaskEventError(UsageError):
    """A function was invoked with an event that is not that of a task."""

    def __init__(self, event: str) -> None:
        super().__init__(
            f'the event is {event[:200]}; it must be {{"variables": …}} with the environment variables of a run',
            hint="Run the task with datalake_sdk run_task, or in an execution of its pipeline.",
        )


class TaskOutOfMemoryError(TerminalError):
    """The process of a task on Lambda was killed.

    Args:
        memory: Memory of the function in MB.
    """

    def __init__(self, memory: int) -> None:
        super().__init__(
            f"the process of the task was killed, most likely because it needed more memory than the {memory} MB of "
            "the function",
            hint=memory_hint(memory),
        )


class TaskTimeoutError(TerminalError):
    """A task on Lambda did not end in time.

    Args:
        seconds: Time after which it was stopped.
        memory: Memory of the function in MB.
    """

    def __init__(self, seconds: float, memory: int) -> None:
        minutes = max(1, round(seconds / 60))
        steps = [
            *([f"timeout_minutes, up to {_MAX_TIMEOUT_MINUTES}"] if minutes < _MAX_TIMEOUT_MINUTES else []),
            *([f"memory, which adds a CPU per {_MEMORY_PER_CPU} MB"] if memory < _MAX_MEMORY else []),
        ]
        raised = f"Raise {' or '.join(steps)}, or {_ON_ECS}" if steps else f"Split the task, or {_ON_ECS}"
        super().__init__(
            f"the task did not end within its timeout_minutes, {minutes}, with {memory} MB of memory",
            hint=f"{raised}, which has no such limit.",
        )


class TaskProcessError(TerminalError):
    """The process of a task on Lambda exited without reporting a result."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            f"the process of the task ended without reporting a result, with exit code {exit_code}",
            hint="Read the end of the log of the task. Its code must not call os._exit.",
        )


class UnstoppableTaskError(TerminalError):
    """A task on Lambda cannot be stopped.

    Wait for the timeout of the function, or run long tasks on ECS.
    """

    def __init__(self, task: str) -> None:
        super().__init__(f"Lambda cannot stop an invocation; task '{task}' runs until its end or its timeout")


def memory_hint(memory: int) -> str:
    """Returns the hint for a task that ran out of the given memory in MB."""
    if memory >= _MAX_MEMORY:
        return f"{memory} MB are the maximum of Lambda: read fewer rows at a time, or {_ON_ECS}."
    larger = min(2 * memory, _MAX_MEMORY)
    return f"Set memory = {larger} in the infra_config of the task; Lambda allows up to {_MAX_MEMORY}."


def ephemeral_storage_hint(_: int) -> str:
    """Returns the hint for a task whose temporary files exhausted its storage."""
    return f"Raise ephemeral_storage in the infra_config of the task, up to 10 GiB on Lambda, or {_ON_ECS}."
