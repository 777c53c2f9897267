"""Progress bars in a terminal; a notebook's kernel counts as one."""

from __future__ import annotations

import io
import os
import sys
import termios
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import ModuleType

import pytest

from datalake_sdk.engine.writer import Progress
from datalake_sdk.operations.run_pipeline.task_process import TaskState, TaskStatus
from datalake_sdk.progress_bars import ingestion_progress, pipeline_progress, print_above_bars


class Terminal(io.StringIO):
    """A terminal as stderr while the block runs; a fixture would set it before pytest captures stderr."""

    def isatty(self):
        return True

    def __enter__(self):
        self.before, sys.stderr = sys.stderr, self
        return self

    def __exit__(self, *_error):
        sys.stderr = self.before


def drawn(*updates):
    """Returns the terminal output of an ingestion with these updates."""
    with Terminal() as terminal, ingestion_progress() as update:
        for progress in updates:
            update(progress)
    return terminal.getvalue()


def test_nothing_is_drawn_without_a_terminal(capsys):
    with ingestion_progress() as update:
        assert update is None
    assert capsys.readouterr().err == ""


def test_a_bar_is_drawn_in_a_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    with ingestion_progress() as update:
        assert update is not None


def test_the_bar_shows_bytes_and_rows():
    shown = drawn(Progress(rows=1_500, bytes_read=2_048, total_bytes=4_096))
    assert "50%" in shown
    assert "2.00k/4.00k" in shown
    assert "1,500 rows" in shown


def test_rows_are_counted_where_the_size_of_the_input_is_unknown():
    assert "1.50k rows" in drawn(Progress(rows=1_500))


def test_an_engine_that_reports_nothing_draws_no_bar():
    assert drawn() == ""


def test_the_bar_disappears_when_the_work_is_done():
    assert drawn(Progress(rows=3)).endswith(" \r")


def test_a_line_is_printed_above_the_bar():
    with Terminal() as terminal, ingestion_progress() as update:
        update(Progress(rows=3))
        assert print_above_bars("WARNING: orders")
    assert "\rWARNING: orders\n" in terminal.getvalue()


RUNNING = TaskStatus("load", TaskState.RUNNING, Path("load.log"))
SUCCEEDED = TaskStatus(
    "load", TaskState.SUCCEEDED, Path("load.log"), seconds=1.25, tables={"sales.orders": {"rows_read": 1_200}}
)


def test_the_tasks_of_a_run_are_drawn_with_state_rows_and_elapsed_time():
    with Terminal() as terminal, pipeline_progress(["load", "report"]) as progress:
        progress.update(replace(RUNNING, started=monotonic()))
        progress.refresh()
        progress.update(SUCCEEDED)
        progress.refresh()
    shown = terminal.getvalue()
    assert "load    waiting" in shown
    assert "report  waiting" in shown
    assert "load    running, 0.0 s" in shown
    assert "load    succeeded, 1,200 rows, 1.2 s" in shown


def test_the_changes_of_a_run_are_printed_without_a_terminal(capsys):
    with pipeline_progress(["load"]) as progress:
        progress.update(RUNNING)
        progress.refresh()
        progress.log("load", "read orders.csv")
        progress.update(SUCCEEDED)
    assert capsys.readouterr().err == ("load: running\n[load] read orders.csv\nload: succeeded, 1,200 rows, 1.2 s\n")


@pytest.mark.parametrize(("lines", "is_drawn"), [(0, False), (2, False), (3, True)])
def test_the_changes_of_a_run_are_printed_in_a_terminal_with_too_few_lines(lines, is_drawn):
    controller, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (lines, 80))
    os.set_blocking(controller, False)
    with os.fdopen(controller, "rb", buffering=0) as output, os.fdopen(terminal, "w") as stderr:
        with redirect_stderr(stderr), pipeline_progress(["load", "report"]) as progress:
            progress.update(RUNNING)
        assert (output.read(15) == b"load: running\r\n") is not is_drawn


def test_the_log_of_a_task_is_printed_above_the_tasks():
    with Terminal() as terminal, pipeline_progress(["load"]) as progress:
        progress.log("load", "read orders.csv")
    assert "\r[load] read orders.csv\n" in terminal.getvalue()
