"""Errors of failure reports that are sent to Slack."""

from __future__ import annotations

from datalake_sdk.errors.base import TerminalError, TransientError

_FORMS = (
    "Store the URL of an incoming webhook or a bot token, which starts with xoxb-, or a JSON object with one of them: "
    '{"webhook_url": "https://hooks.slack.com/services/…"} or {"bot_token": "xoxb-…"}.'
)


class SlackSecretError(TerminalError):
    """A secret contains neither a webhook URL nor a bot token. The message does not contain its value.

    Args:
        secret: ARN of the secret.
        reason: Why it is invalid.
    """

    def __init__(self, secret: str, reason: str) -> None:
        super().__init__(f"secret '{secret}' {reason}", hint=_FORMS)


class MissingSlackChannelError(TerminalError):
    """A bot token is configured without a channel."""

    def __init__(self, secret: str) -> None:
        super().__init__(
            f"secret '{secret}' contains a bot token, but no channel is configured",
            hint="Set slack_channel in failure_reports of domain_factory, and apply.",
        )


class SlackRejectedError(TerminalError):
    """Slack rejected a message.

    Args:
        reason: Error code that Slack returned, for example `channel_not_found`.
        secret: ARN of the secret with the webhook or the token.
        channel: Name or id of the channel; empty with a webhook.
    """

    def __init__(self, reason: str, secret: str, channel: str) -> None:
        to_channel = f" to channel '{channel}'" if channel else ""
        super().__init__(
            f"Slack rejected the message{to_channel}: {reason}",
            hint=f"Check the secret '{secret}', that the app is installed and in the channel, and the meaning of the "
            "error: https://docs.slack.dev/reference/methods/chat.postMessage",
        )


class SlackUnavailableError(TransientError):
    """Slack is unreachable, unavailable or limits the rate of messages."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the message was not sent to Slack: {reason}", hint="Try again later.")
