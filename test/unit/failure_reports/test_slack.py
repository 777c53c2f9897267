"""Messages sent with slack-sdk to a local server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datalake_sdk.errors import (
    MissingSlackChannelError,
    SlackRejectedError,
    SlackSecretError,
    SlackUnavailableError,
)
from datalake_sdk.failure_reports.slack import slack_receiver
from datalake_sdk.failure_reports.slack_blocks import blocks, fallback_text
from test.emulator.slack import TOKEN, SlackServer

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-a1b2c3"


@pytest.fixture
def server():
    server = SlackServer()
    yield server
    server.stop()


@pytest.fixture
def post(report, server):
    """`post(value, channel)` sends a report with the value of a secret."""

    def post(value, channel=""):
        receiver = replace(slack_receiver(SECRET, value, channel), api=server.api)
        receiver.post(fallback_text(report()), blocks(report()))

    return post


@pytest.mark.parametrize("form", ["{}", '{{"webhook_url": "{}"}}', "{}\n"])
def test_a_report_is_sent_with_a_webhook(server, post, report, form):
    post(form.format(server.webhook))
    (message,) = server.messages
    assert message["text"] == "Pipeline daily of shop_sales_dev failed: TerminalError"
    assert message["blocks"] == blocks(report())


@pytest.mark.parametrize("form", ["{}", '{{"bot_token": "{}"}}'])
def test_a_report_is_sent_with_a_bot_token_to_a_channel(server, post, report, form):
    post(form.format(TOKEN), "#operations")
    (message,) = server.messages
    assert (message["channel"], message["blocks"]) == ("#operations", blocks(report()))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("hunter2", "neither a token nor a URL that starts with https://"),
        ("http://hooks.slack.com/services/hunter2", "neither a token nor a URL that starts with https://"),
        ("https://[hunter2", "is not a valid URL"),
        ("", "neither a token nor a URL that starts with https://"),
        ('{"webhook_url": hunter2', "is not valid JSON"),
        ('{"webhook": "hunter2"}', "must have one string field, webhook_url or bot_token"),
        ('{"webhook_url": 2, "hunter2": 1}', "must have one string field, webhook_url or bot_token"),
        ('{"bot_token": "hunter2"}', "has a bot_token that does not start with xoxb-"),
        ("xoxp-hunter2", "has a bot_token that does not start with xoxb-"),
    ],
)
def test_a_malformed_secret_is_named_but_not_shown(value, reason):
    with pytest.raises(SlackSecretError) as raised:
        slack_receiver(SECRET, value, "")
    assert (
        raised.value.message == f"secret '{SECRET}' {reason}"
        or raised.value.message == f"secret '{SECRET}' is {reason}"
    )
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_bot_token_requires_a_channel():
    with pytest.raises(MissingSlackChannelError, match="Set slack_channel in failure_reports"):
        slack_receiver(SECRET, TOKEN, "")


@pytest.mark.parametrize(
    ("value", "channel", "reason"),
    [
        ("xoxb-other", "#operations", "to channel '#operations': invalid_auth"),
        (TOKEN, "#none", "to channel '#none': channel_not_found"),
    ],
)
def test_a_rejected_message_names_the_secret_and_the_channel(post, value, channel, reason):
    with pytest.raises(SlackRejectedError) as raised:
        post(value, channel)
    assert raised.value.message.endswith(reason)
    assert SECRET in raised.value.hint
    assert value not in str(raised.value)


def test_a_webhook_that_was_removed_is_an_error_without_its_url(server, post):
    with pytest.raises(SlackRejectedError, match="no_service") as raised:
        post(f"{server.url}/services/hunter2")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("uses_token", [False, True])
def test_an_outage_of_slack_is_transient(server, post, status, uses_token):
    server.outage = status
    with pytest.raises(SlackUnavailableError, match=f"status {status}"):
        post(TOKEN if uses_token else server.webhook, "#operations")


def test_a_server_that_cannot_be_reached_is_transient(server, post):
    server.stop()
    with pytest.raises(SlackUnavailableError) as raised:
        post(server.webhook)
    assert server.url not in str(raised.value)
