"""Notifications of operators."""

from __future__ import annotations

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession


def publish(session: AwsSession, topic: str, subject: str, body: str) -> None:
    """Publishes a message.

    Args:
        session: Account and region.
        topic: ARN of the topic.
        subject: At most 100 characters.
        body: Text of the message.

    Raises:
        DatalakeError: The service rejected the call.
    """
    with aws_errors():
        session.client("sns").publish(TopicArn=topic, Subject=subject, Message=body)
