"""Explains failures with a model of Bedrock: once per failure, and a limited number of times a day."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from datalake_sdk.datalfred_agent.explanation_request import EXPLANATION_PROMPT, explanation_request
from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.investigate import Explain
from datalake_sdk.operations.investigate.report import FailureReport
from datalake_sdk.platforms.aws.conditional_writes import answer_once, count_use
from datalake_sdk.platforms.aws.converse import converse
from datalake_sdk.platforms.aws.session import AwsSession

logger = logging.getLogger(__name__)

MAX_PER_DAY = 20
_MAX_TOKENS = 400
_SECONDS = 45


def bedrock_explainer(session: AwsSession, bucket: str, marker: str, model: str) -> Explain:
    """Returns a function that explains a failure; it returns None if the model cannot.

    Args:
        session: Account and region.
        bucket: Bucket in which explanations are stored and counted.
        marker: Key of the marker of the failure; its first part is the folder of the counters.
        model: ARN of an inference profile.
    """
    folder = marker.partition("/")[0]

    def ask(report: FailureReport) -> str:
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        if not count_use(session, bucket, f"{folder}/explanations/{day}", MAX_PER_DAY):
            logger.warning("no explanation: the limit of %d explanations on %s is reached", MAX_PER_DAY, day)
            return ""
        return converse(session, model, EXPLANATION_PROMPT, explanation_request(report), _MAX_TOKENS, _SECONDS)

    def explain(report: FailureReport) -> str | None:
        try:
            return answer_once(session, bucket, f"{marker}/explanation", lambda: ask(report)) or None
        except DatalakeError as error:
            logger.warning("no explanation: %s", error.message)
            return None

    return explain
