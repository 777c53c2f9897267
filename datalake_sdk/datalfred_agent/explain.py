"""Explains a failure with one call of a model, from the facts of its report."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any

from strands import Agent

from datalake_sdk.datalfred_agent.explanation_request import EXPLANATION_PROMPT, explanation_request
from datalake_sdk.datalfred_agent.models import OpenedModel, model_errors
from datalake_sdk.errors import DatalakeError, UsageError
from datalake_sdk.operations.investigate import Explain
from datalake_sdk.operations.investigate.report import FailureReport

logger = logging.getLogger(__name__)


def explainer(open_model: Callable[[], OpenedModel], seconds: float = 60) -> Explain:
    """Returns a function that explains failures; it returns None if the model cannot be called or is too slow.

    Args:
        open_model: Opens the model to call; a `UsageError` is raised by the function.
        seconds: Time after which the call is abandoned.
    """

    def explain(report: FailureReport) -> str | None:
        try:
            return asyncio.run(asyncio.wait_for(_explanation(open_model(), report), seconds))
        except TimeoutError:
            logger.warning("no explanation: the model did not answer within %g s", seconds)
        except UsageError:
            raise
        except DatalakeError as error:
            logger.warning("no explanation: %s", error.message)
        return None

    return explain


async def _explanation(model: OpenedModel, report: FailureReport) -> str:
    asyncio.get_running_loop().set_default_executor(_DaemonThreads())
    agent = Agent(model=model.model, system_prompt=EXPLANATION_PROMPT, callback_handler=None, retry_strategy=None)
    with model_errors(model):
        return str(await agent.invoke_async(explanation_request(report), limits={"turns": 1}))


class _DaemonThreads(ThreadPoolExecutor):
    """Runs each call in a thread that neither the event loop nor the process waits for: boto3 cannot be interrupted."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                future.set_result(function(*arguments, **named))
            except BaseException as error:
                future.set_exception(error)

        Thread(target=run, daemon=True).start()
        return future
