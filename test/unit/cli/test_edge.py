from __future__ import annotations

import errno

import click
import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.edge import EdgeGroup
from datalake_sdk.errors import TerminalError, TransientError, UsageError


def run(error: BaseException, *options: str) -> Result:
    """Runs a command that fails with `error`."""

    @click.group(cls=EdgeGroup)
    @click.option("--debug", is_flag=True)
    def group(debug: bool) -> None: ...

    @group.command("do_it")
    def do_it() -> None:
        raise error

    return CliRunner().invoke(group, [*options, "do_it"])


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(UsageError("a"), 2), (TerminalError("a"), 1), (TransientError("a"), 1), (ValueError("a"), 1)],
)
def test_exit_code_tells_wrong_calls_from_failed_work(error: Exception, exit_code: int):
    assert run(error).exit_code == exit_code


def test_an_error_shows_message_and_hint_on_stderr_only():
    result = run(TerminalError("column 'a' is int", hint="Cast it."))
    assert result.stderr == "Error: column 'a' is int\nHint: Cast it.\n"
    assert result.stdout == ""


def test_an_unforeseen_error_is_one_line_that_leads_to_debug():
    result = run(ValueError("first\nsecond"))
    assert result.stderr.startswith("Error: ValueError: first\nHint: ")
    assert "--debug" in result.stderr
    assert "second" not in result.stderr


@pytest.mark.parametrize("error", [ValueError("bad"), TerminalError("bad")])
def test_debug_shows_the_traceback(error: Exception):
    assert "Traceback" in run(error, "--debug").stderr
    assert "Traceback" not in run(error).stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_command_ends_with_130(error: BaseException):
    result = run(error)
    assert result.exit_code == 130
    assert result.stderr == "Interrupted\n"


def test_a_closed_pipe_is_no_error_worth_words():
    assert run(BrokenPipeError(errno.EPIPE, "Broken pipe")).stderr == ""
