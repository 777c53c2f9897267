"""`make demo-aws`: independence of the user's accounts, and the output of its steps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.aws.account import without_aws
from demo.aws.execution import Progress, follow
from demo.aws.timeline import Timeline
from test.terraform.terraform import Terraform

REPOSITORY = Path(__file__).parents[2]
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/shop_sales_dev/1"
HISTORY = [
    {"id": 1, "type": "ExecutionStarted", "previousEventId": 0},
    {"id": 2, "type": "ParallelStateEntered", "previousEventId": 1, "stateEnteredEventDetails": {"name": "Level 1"}},
    {"id": 3, "type": "TaskStateEntered", "previousEventId": 2, "stateEnteredEventDetails": {"name": "load"}},
    {"id": 4, "type": "TaskScheduled", "previousEventId": 3},
    {
        "id": 5,
        "type": "TaskSubmitted",
        "previousEventId": 4,
        "taskSubmittedEventDetails": {"output": f'{{"Tasks": [{{"TaskArn": "{TASK}"}}]}}'},
    },
    {
        "id": 6,
        "type": "TaskFailed",
        "previousEventId": 5,
        "taskFailedEventDetails": {"error": "TransientError", "cause": "load: exit code 137\nHint: raise `memory`"},
    },
    {"id": 7, "type": "TaskStateExited", "previousEventId": 6, "stateExitedEventDetails": {"name": "load"}},
    {"id": 8, "type": "ExecutionSucceeded", "previousEventId": 7},
]


class GrowingHistory:
    """A client of Step Functions whose execution has more events at each request."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = iter(sizes)

    def get_execution_history(self, **_: object) -> dict[str, object]:
        return {"events": HISTORY[: next(self._sizes)]}


@pytest.fixture
def user_settings(monkeypatch):
    """Settings of a user who works with a real account."""
    settings = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
        "TF_WORKSPACE": "prod",
        "TF_VAR_stage_name": "prod",
        "DATALAKE_LOCAL_ROOT": "lake",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def test_the_settings_of_the_users_account_are_removed(user_settings):
    remaining = without_aws(os.environ)
    assert not user_settings.keys() & remaining.keys()
    assert remaining["PATH"] == os.environ["PATH"]


def test_terraform_has_the_credentials_of_the_emulator_only(user_settings, tmp_path):
    environment = Terraform(tmp_path, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).environment
    assert {name for name in environment if name.startswith("AWS_")} == {"AWS_ENDPOINT_URL"}


def test_no_proxy_receives_requests_to_the_emulator():
    remaining = without_aws({"HTTP_PROXY": "http://proxy", "NO_PROXY": "example.com"})
    assert (remaining["NO_PROXY"], remaining["no_proxy"]) == ("example.com,127.0.0.1", "127.0.0.1")


def test_the_events_of_an_execution_name_their_tasks():
    progress = list(follow(GrowingHistory(8), "execution", after=2))
    assert progress == [
        Progress(3, "load started"),
        Progress(4, ""),
        Progress(5, "", TASK),
        Progress(6, "load failed: TransientError: exit code 137"),
        Progress(7, "load succeeded"),
        Progress(8, "execution succeeded"),
    ]


def test_an_execution_is_followed_until_it_ends(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert [progress.event for progress in follow(GrowingHistory(3, 3, 8), "execution")] == list(range(1, 9))


def test_each_line_has_the_elapsed_time(capsys):
    times = iter([100.0, 100.0, 175.25])
    timeline = Timeline(lambda: next(times))
    timeline.say("Apply.")
    timeline.note("80 resources")
    assert capsys.readouterr().out == "\n[0:00.0] Apply.\n 1:15.2  80 resources\n"


def test_without_terraform_the_error_names_what_to_install(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "demo.aws"],
        cwd=REPOSITORY,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Install Terraform 1.11 or newer" in ran.stderr


def test_an_interrupt_ends_the_demonstration_with_130(tmp_path):
    terraform = tmp_path / "terraform"
    terraform.touch(mode=0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "demo.aws"],
        cwd=REPOSITORY,
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path), "AWS_PROFILE": "production"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        printed = process.stdout
        assert "Start the emulator" in printed.readline() + printed.readline()
        process.send_signal(signal.SIGINT)
        assert "Interrupted" in printed.read()
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == [terraform]
