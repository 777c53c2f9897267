"""States of an execution that is followed: the iterations of a loop are shown together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from datalake_sdk.operations.executions import follow_execution
from datalake_sdk.platforms.deployments import ExecutionProgress, ExecutionState, Loop, StartedExecution

EXECUTION = StartedExecution("arn", "run", "https://console")
LOOP = Loop(3, 2)


def at(second: int) -> datetime:
    return datetime(2026, 1, 31, 5, 0, second, tzinfo=UTC)


@dataclass
class Pipelines:
    """A deployed pipeline whose execution has one progress for each poll."""

    polls: list[tuple[ExecutionState, ...]]
    pipelines: Pipelines = field(init=False)

    def __post_init__(self) -> None:
        self.pipelines = self

    def progress(self, execution):
        states = self.polls.pop(0)
        return ExecutionProgress("RUNNING" if self.polls else "SUCCEEDED", "", "", states)


def iteration(status: str, ended: int | None = None, rows: int | None = None) -> ExecutionState:
    output = None if rows is None else f'{{"tables": {{"a.b": {{"rows_read": {rows}}}}}}}'
    return ExecutionState("load", status, at(1), None if ended is None else at(ended), output, loop=LOOP)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([iteration("running")], ("running", None, None, (0, 2))),
        ([iteration("succeeded", 3, 5), iteration("running")], ("running", None, 5, (1, 2))),
        ([iteration("succeeded", 3, 5)], ("running", None, 5, (1, 2))),
        ([iteration("succeeded", 3, 5), iteration("retrying")], ("retrying", None, 5, (1, 2))),
        ([iteration("succeeded", 3, 5), iteration("failed", 4)], ("failed", 3.0, 5, (1, 2))),
        ([iteration("succeeded", 3, 5), iteration("succeeded", 5, 2)], ("succeeded", 4.0, 7, (2, 2))),
        (
            [iteration("failed", 2), iteration("succeeded", 3, 5), iteration("succeeded", 5, 2)],
            ("succeeded", 4.0, 7, (2, 2)),
        ),
    ],
)
def test_the_iterations_of_a_loop_have_one_status(states, expected):
    shown = []
    other = ExecutionState("skipped_task", "skipped", at(1), at(1))
    follow_execution(Pipelines([(*states, other)]), EXECUTION, shown.append, lambda *line: None, poll_interval=0)
    assert [(each.task, each.state) for each in shown] == [("load", expected[0]), ("skipped_task", "skipped")]
    assert (shown[0].state, shown[0].seconds, shown[0].rows, shown[0].iterations) == expected


def test_states_with_the_same_name_outside_of_loops_are_shown_separately():
    shown = []
    states = (ExecutionState("load", "failed", at(1), at(2)), ExecutionState("load", "running", at(3)))
    follow_execution(Pipelines([states]), EXECUTION, shown.append, lambda *line: None, poll_interval=0)
    assert [each.state for each in shown] == ["failed", "running"]
