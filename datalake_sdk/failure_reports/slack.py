"""Sends messages to Slack, with an incoming webhook or a bot token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from datalake_sdk.errors import (
    MissingSlackChannelError,
    SlackRejectedError,
    SlackSecretError,
    SlackUnavailableError,
)

_TIMEOUT_SECONDS = 10
_WEBHOOK, _TOKEN = "webhook_url", "bot_token"
_TOKEN_PREFIX = "xoxb-"
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, repr=False)
class SlackReceiver:
    """Destination of messages.

    Args:
        secret: ARN of the secret, for error messages.
        webhook: URL of an incoming webhook; empty with a token.
        token: Bot token; empty with a webhook.
        channel: Channel of the bot; a webhook has a fixed channel.
        api: Base URL of the Web API.
    """

    secret: str
    webhook: str
    token: str
    channel: str
    api: str = WebClient.BASE_URL

    def post(self, text: str, blocks: list[dict[str, Any]]) -> None:
        """Sends a message.

        Args:
            text: Text of the notification.
            blocks: Content of the message as Block Kit.

        Raises:
            SlackRejectedError: Slack rejects the message, the webhook or the token.
            SlackUnavailableError: Slack cannot be reached, fails or limits the rate.
        """
        try:
            status, reason = self._send(text, blocks)
        # The message of the error may contain the URL, which is a secret.
        except OSError as error:
            raise SlackUnavailableError(type(error).__name__) from None
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SlackUnavailableError(f"status {status}")
        if status != HTTPStatus.OK or reason:
            raise SlackRejectedError(reason or f"status {status}", self.secret, self.channel if self.token else "")

    def _send(self, text: str, blocks: list[dict[str, Any]]) -> tuple[int, str]:
        """Sends a message; returns the HTTP status and, if Slack rejected the message, the reason."""
        if self.webhook:
            answer = WebhookClient(self.webhook, timeout=_TIMEOUT_SECONDS).send(text=text, blocks=blocks)
            return answer.status_code, "" if answer.body == "ok" else answer.body[:200]
        client = WebClient(self.token, base_url=self.api, timeout=_TIMEOUT_SECONDS)
        try:
            client.chat_postMessage(
                channel=self.channel, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            response: Any = error.response
            return int(response.status_code), str(response.get("error", ""))
        return HTTPStatus.OK, ""


def slack_receiver(secret: str, value: str, channel: str) -> SlackReceiver:
    """Parses the value of a secret.

    Args:
        secret: ARN of the secret.
        value: A webhook URL or a bot token, alone or as the only field of a JSON object.
        channel: Channel of a bot; empty if none is configured.

    Raises:
        SlackSecretError: The value is neither.
        MissingSlackChannelError: The value is a token, but there is no channel.
    """
    fields = _fields(secret, value.strip())
    if _WEBHOOK in fields:
        _check_url(secret, fields[_WEBHOOK])
        return SlackReceiver(secret, fields[_WEBHOOK], "", channel)
    if not fields[_TOKEN].startswith(_TOKEN_PREFIX):
        raise SlackSecretError(secret, f"has a {_TOKEN} that does not start with {_TOKEN_PREFIX}")
    if not channel:
        raise MissingSlackChannelError(secret)
    return SlackReceiver(secret, "", fields[_TOKEN], channel)


def _fields(secret: str, value: str) -> Mapping[str, str]:
    if not value.startswith("{"):
        return {_TOKEN if value.startswith("xox") else _WEBHOOK: value}
    try:
        fields = json.loads(value)
    except ValueError:
        raise SlackSecretError(secret, "is not valid JSON") from None
    if set(fields) not in ({_WEBHOOK}, {_TOKEN}) or not all(isinstance(each, str) for each in fields.values()):
        raise SlackSecretError(secret, f"must have one string field, {_WEBHOOK} or {_TOKEN}")
    return dict(fields)


def _check_url(secret: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SlackSecretError(secret, "is not a valid URL") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname:
        raise SlackSecretError(secret, "is neither a token nor a URL that starts with https://")
