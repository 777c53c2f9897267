"""Handler of the Lambda function: investigates the execution of an event and reports it to Slack, once."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from datalake_sdk.errors import DatalakeError, NoSuchExecutionError, NotUnsuccessfulError
from datalake_sdk.failure_reports.explanations import bedrock_explainer
from datalake_sdk.failure_reports.slack import slack_receiver
from datalake_sdk.failure_reports.slack_blocks import blocks, fallback_text
from datalake_sdk.operations.investigate import explained, investigate
from datalake_sdk.platforms.aws.reports import claim, read_secret, release
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.select import open_platform, resolve_environment

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

MARKERS = "failure_reports"
"""Folder in the technical bucket with a marker for each reported execution."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handles an event of EventBridge.

    If it raises, Lambda retries the invocation and finally sends the event to the dead-letter queue.

    Args:
        event: Status change of an execution.
            https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        context: Context of the invocation.
    """
    project, domain, stage = (os.environ[name] for name in ("PROJECT_NAME", "DOMAIN_NAME", "STAGE_NAME"))
    environment = resolve_environment(project, domain, stage, region=os.environ["AWS_REGION"])
    detail, session = event["detail"], AwsSession(environment.region)
    try:
        report = investigate(open_platform(environment), execution=detail["executionArn"])
    except (NoSuchExecutionError, NotUnsuccessfulError) as error:
        # The rule matches a prefix, so the event may be of another stage; or the execution has been redriven since.
        logger.info("not reported: %s", error.message)
        return
    secret = os.environ["SLACK_SECRET_ARN"]
    receiver = slack_receiver(secret, read_secret(session, secret), os.environ.get("SLACK_CHANNEL", ""))
    # EventBridge may deliver an event more than once. Lambda retries a failed invocation with the same request id.
    # https://repost.aws/knowledge-center/lambda-function-idempotent
    marker = f"{MARKERS}/{detail['name']}/{detail['stopDate']}"
    if not claim(session, environment.technical_bucket, marker, context.aws_request_id):
        logger.info("already reported: %s", detail["executionArn"])
        return
    if model := os.environ.get("INVESTIGATION_MODEL_ARN"):
        report = explained(report, bedrock_explainer(session, environment.technical_bucket, marker, model))
    try:
        receiver.post(fallback_text(report), blocks(report))
    except DatalakeError:
        # The dead letter of this event can be sent again only if the claim is released.
        release(session, environment.technical_bucket, marker)
        raise
    logger.info("reported: %s", detail["executionArn"])
