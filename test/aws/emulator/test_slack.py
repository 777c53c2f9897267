"""The server that replaces Slack refuses what Slack refuses."""

from __future__ import annotations

import json
import urllib.request

import pytest

from test.emulator.slack import TOKEN, SlackServer

LONG = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}


@pytest.fixture
def slack():
    server = SlackServer()
    yield server
    server.stop()


def test_a_message_with_invalid_blocks_is_refused_by_the_api(slack):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    message = json.dumps({"channel": "#operations", **LONG}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{slack.api}chat.postMessage", message, headers)) as answer:
        assert json.load(answer) == {"ok": False, "error": "invalid_blocks"}
    assert slack.messages == []
