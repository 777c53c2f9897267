from __future__ import annotations

from types import SimpleNamespace

import pytest

from datalake_sdk.platforms.aws.log_tails import log_tail


class Logs:
    """CloudWatch Logs with pages of events for each stream, the last one first."""

    def __init__(self, pages):
        self.pages = pages
        self.requests = []

    def get_log_events(self, logStreamName, nextToken="0", **request):
        self.requests.append(request)
        page = self.pages[logStreamName][int(nextToken)]
        events = [{"timestamp": time, "message": message} for time, message in page]
        return {"events": events, "nextBackwardToken": str(int(nextToken) + 1)}


@pytest.fixture
def session():
    def session(**pages):
        logs = Logs(pages)
        return SimpleNamespace(region="eu-west-1", client=lambda service: logs, logs=logs)

    return session


def test_only_the_last_lines_are_requested(session):
    session = session(driver=[[(1, "first\n"), (2, "last\n")]])
    assert log_tail(session, "group", ["driver"], 2).lines == ("first", "last")
    assert session.logs.requests == [{"logGroupName": "group", "startFromHead": False, "limit": 2}]


def test_empty_pages_are_skipped(session):
    assert log_tail(session(driver=[[], [], [(1, "last")]]), "group", ["driver"], 2).lines == ("last",)


def test_the_lines_of_several_streams_are_in_the_order_of_their_times(session):
    tail = log_tail(
        session(stdout=[[(1, "a"), (3, "c")]], stderr=[[(2, "b"), (4, "d")]]), "group", ["stdout", "stderr"], 3
    )
    assert tail.lines == ("b", "c", "d")


def test_the_link_opens_the_log_in_the_console(session):
    link = log_tail(session(**{"ecs/load/0a1b": [[(1, "a")]]}), "shop_dev_daily/load", ["ecs/load/0a1b"], 1).link
    group, stream = "shop_dev_daily$252Fload", "ecs$252Fload$252F0a1b"
    assert link == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        f"#logsV2:log-groups/log-group/{group}/log-events/{stream}"
    )
