"""Runs of tasks on Lambda outside of a pipeline execution."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from datalake_sdk.errors import DatalakeError, UnstoppableTaskError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.invocation_logs import InvocationLog
from datalake_sdk.platforms.aws.published_tasks import PublishedTask
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.deployments import TaskOutcome


def start_on_lambda(session: AwsSession, task: PublishedTask, variables: Mapping[str, str]) -> LambdaRun:
    """Invokes the function of a task, in another thread.

    Args:
        session: Account and region.
        task: The task as its pipeline publishes it.
        variables: Environment variables that override those of the function.
    """
    return LambdaRun(session, task, variables)


class LambdaRun:
    """An invocation of the function of a task.

    Args:
        session: Account and region.
        task: The task as its pipeline publishes it.
        variables: Environment variables that override those of the function.
    """

    def __init__(self, session: AwsSession, task: PublishedTask, variables: Mapping[str, str]) -> None:
        self._task = task.name
        self._function = task.request["functionName"]
        run = str(uuid.uuid4())
        self.identifier = f"{self._function}, run {run}"
        self.log = InvocationLog(session, task.log["group"], run, datetime.now(UTC))
        self._event = {"task": task.name, "run": run, "variables": dict(variables)}
        self._client = session.function_client()
        self._outcome: TaskOutcome | None = None
        self._error: DatalakeError | None = None
        Thread(target=self._invoke, name=run, daemon=True).start()

    def outcome(self) -> TaskOutcome | None:
        if self._error is not None:
            raise self._error
        return self._outcome

    def stop(self) -> None:
        raise UnstoppableTaskError(self._task)

    def _invoke(self) -> None:
        try:
            with aws_errors():
                answer = self._client.invoke(FunctionName=self._function, Payload=json.dumps(self._event))
                result = json.load(answer["Payload"])
        except DatalakeError as error:
            self._error = error
            return
        failure: Any = result if "FunctionError" in answer else {}
        reason = failure.get("errorMessage", "").partition("\n\nTraceback")[0].removeprefix(f"{self._task}: ")
        self._outcome = TaskOutcome("FunctionError" not in answer, started=True, exit_code=None, reason=reason)
