"""Likely causes of failures and next steps, by the name, message and hint of the error."""

from __future__ import annotations

from dataclasses import dataclass

from datalake_sdk.runtime.reporting import TRANSIENT_ERROR

_CAUSE_BY_STATUS = {
    "ABORTED": "The execution was stopped by a user or by another service.",
    "TIMED_OUT": "The execution took longer than the timeout of its state machine.",
}


@dataclass(frozen=True)
class Advice:
    """Advice for a kind of failure.

    Args:
        likely_cause: Most likely cause of the failure.
        next_step: First thing to do.
    """

    likely_cause: str
    next_step: str


_BY_TEXT = {
    "OutOfMemoryError": Advice(
        "The task needed more memory than its container has.", "Raise `memory` in the infra_config of the task."
    ),
    "exit code 137": Advice(
        "The process of the task was killed by SIGKILL, usually because it ran out of memory.",
        "If it happens again, raise `memory` in the infra_config of the task.",
    ),
    "was killed by signal 9": Advice(
        "The process of the task was killed by SIGKILL, usually because it ran out of memory.",
        "Read fewer rows at a time, or run the task alone with --task.",
    ),
    "CannotPullContainerError": Advice(
        "The image of the task does not exist, or its registry cannot be reached.",
        "Apply the pipeline again, which builds the image, and check the network of the domain.",
    ),
    "ResourceInitializationError": Advice(
        "Fargate could not prepare the container, for example its log group or network.",
        "Apply the pipeline again, and check the network of the domain.",
    ),
    "AccessDenied": Advice(
        "The role of the task lacks a permission that its code needs.",
        "Declare the table, path or permission in the task, and apply the pipeline.",
    ),
    "access denied": Advice(
        "The role of the task lacks a permission that its code needs.",
        "Declare the table, path or permission in the task, and apply the pipeline.",
    ),
    "MaximumAgeExceeded": Advice(
        "The task ran longer than max_task_age_minutes of the domain, so the failsafe stopped it.",
        "Reduce the work of one execution, or raise max_task_age_minutes.",
    ),
    "job_end_status FAILURE": Advice(
        "The code of the task reported failure for a table after writing it.",
        "Read the message of the task, correct the data or the code, and redrive the execution.",
    ),
    "EssentialContainerExited": Advice(
        "The process of the task ended without reporting a result, for example with os._exit.",
        "Read the end of the log of the task.",
    ),
    "without reporting a result": Advice(
        "The process of the task ended without reporting a result, for example with os._exit.",
        "Read the end of the log of the task.",
    ),
    "SpotInterruption": Advice(
        "AWS reclaimed the Spot capacity that the task ran on.", "Redrive the execution, or set use_spot = false."
    ),
    "signal: killed": Advice(
        "The function of the task was killed, most often because memory ran out.",
        "Raise `memory` in the infra_config of the task; Lambda allows up to 10240 MB.",
    ),
    "Sandbox.Timedout": Advice(
        "The task ran longer than its `timeout_minutes`.",
        'Raise `timeout_minutes`, up to 14 on Lambda, or `memory`, which adds CPU, or set infra_type = "ECS".',
    ),
    "Command failed with exit code": Advice(
        "The job run of the task ended without reporting an error, most often because memory ran out.",
        "Raise `worker_type` in the infra_config of the task, and read the end of its log.",
    ),
    "ended as TIMEOUT": Advice(
        "The task ran longer than its `timeout_minutes`.",
        "Raise `timeout_minutes`, or `worker_type` and `number_of_workers` in its infra_config.",
    ),
    "Lambda.Unknown": Advice(
        "The function of the task ended without an answer, most often because memory or time ran out.",
        "Raise `memory` in the infra_config of the task, or its `timeout_minutes`, up to 14 on Lambda.",
    ),
    "Lambda.TooManyRequestsException": Advice(
        "Lambda had no capacity for the task: its reserved_concurrency or the concurrency of the account was used up.",
        "Redrive the execution. Raise `reserved_concurrency`, or lower `max_concurrency` of the loop.",
    ),
    "JobRun": Advice("The Spark job failed.", "Read the end of the log of the driver."),
}
"""By a text in the name or message of the error; the first match applies."""

_BY_ERROR = {
    "States.HeartbeatTimeout": Advice(
        "The task stopped sending heartbeats: it hangs in native code, or lost its process or network.",
        "Read the end of the log of the task, and check its CPU and memory usage.",
    ),
    "States.Timeout": Advice(
        "The task ran longer than its `timeout_minutes`.",
        "Find the slow step in the log; reduce the work, or raise `timeout_minutes`.",
    ),
    "States.Runtime": Advice(
        "A path in the state machine does not exist in its input, or a value has another type.",
        "Compare the input of the execution with what `additional_parameters` and the orchestration template read.",
    ),
    "States.DataLimitExceeded": Advice(
        "The input or the result of a state exceeds the limit of Step Functions, 256 KiB.",
        "Pass large values in a table or in a file, and only their names between tasks.",
    ),
    "States.ExceedToleratedFailureThreshold": Advice(
        "More iterations of a Map state failed than it tolerates.", "Open the execution and see which items failed."
    ),
    TRANSIENT_ERROR: Advice(
        "A temporary problem of a service or of the network outlasted the retries.", "Redrive the execution."
    ),
}
_RAISED = Advice(
    "The code of the task raised an exception.", "Correct the code or its input; the end of the log has the traceback."
)
_UNKNOWN = Advice("Unknown: the execution reported no error.", "Open the execution and read its history.")


def advice_for(error: str, message: str, hint: str = "") -> Advice:
    """Returns advice for an error; the hint of the error, if there is one, is the next step.

    Args:
        error: Name of the error.
        message: Message of the error.
        hint: Hint of the task or of the failsafe; may be empty.
    """
    text = f"{error} {message}"
    found = next((advice for part, advice in _BY_TEXT.items() if part in text), None)
    found = found or _BY_ERROR.get(error) or (_RAISED if error else _UNKNOWN)
    return Advice(found.likely_cause, hint or found.next_step)


def status_cause(status: str) -> str:
    """Returns the likely cause of an execution that ended without a failed task; empty for other statuses."""
    return _CAUSE_BY_STATUS.get(status, "")
