"""Task callbacks to Step Functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datalake_sdk.errors import AwsRequestError, TaskTokenError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_TOKEN_ERRORS = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html"""


class StepFunctionsReporter:
    """Sends heartbeats and results of a task.

    Args:
        region: Region of the state machine; None uses the configured region.
    """

    def __init__(self, region: str | None) -> None:
        self._session = AwsSession(region)

    def send_heartbeat(self, token: str) -> None:
        with _token_errors():
            self._client().send_task_heartbeat(taskToken=token)

    def send_success(self, token: str, output: str) -> None:
        with _token_errors():
            self._client().send_task_success(taskToken=token, output=output)

    def send_failure(self, token: str, error: str, cause: str) -> None:
        with _token_errors():
            self._client().send_task_failure(taskToken=token, error=error, cause=cause)

    def _client(self) -> Any:
        return self._session.client("stepfunctions")


@contextmanager
def _token_errors() -> Iterator[None]:
    try:
        with aws_errors():
            yield
    except AwsRequestError as error:
        if error.code in _TOKEN_ERRORS:
            raise TaskTokenError(error.message) from error
        raise
