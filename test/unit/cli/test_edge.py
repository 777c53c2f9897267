from __future__ import annotations

import errno
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.edge import EdgeGroup, show_error
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
def test_the_exit_code_distinguishes_usage_errors_from_failures(error: Exception, exit_code: int):
    assert run(error).exit_code == exit_code


def test_an_error_prints_message_and_hint_to_stderr_only():
    result = run(TerminalError("column 'a' is int", hint="Cast it."))
    assert result.stderr == "Error: column 'a' is int\nHint: Cast it.\n"
    assert result.stdout == ""


def test_an_unexpected_error_is_one_line_with_a_hint_to_use_debug():
    result = run(ValueError("first\nsecond"))
    assert result.stderr.startswith("Error: ValueError: first\nHint: ")
    assert "--debug" in result.stderr
    assert "second" not in result.stderr


def test_a_package_of_an_extra_is_reported_with_the_command_that_installs_it():
    result = run(ModuleNotFoundError("No module named 'sqlglot'", name="sqlglot.tokens"))
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: package 'sqlglot' is not installed (extra 'local')\nHint: pip install 'datalake-sdk[local]'\n",
    )


def test_a_missing_package_without_an_extra_is_unexpected():
    result = run(ModuleNotFoundError("No module named 'pandaz'", name="pandaz"))
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        1,
        "Error: ModuleNotFoundError: No module named 'pandaz'",
    )


@pytest.mark.parametrize("error", [ValueError("bad"), TerminalError("bad")])
def test_debug_shows_the_traceback(error: Exception):
    assert "Traceback" in run(error, "--debug").stderr
    assert "Traceback" not in run(error).stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_command_exits_with_130(error: BaseException):
    result = run(error)
    assert result.exit_code == 130
    assert result.stderr == "Interrupted\n"


def test_a_closed_pipe_prints_no_error():
    assert run(BrokenPipeError(errno.EPIPE, "Broken pipe")).stderr == ""


EXITING_PROGRAM = """
import atexit, sys, threading
from datalake_sdk.cli.edge import immediate_exit

class Freed:
    def __del__(self):
        print("freed")

def work():
    threading.main_thread().join()
    print("thread")

freed = Freed()
atexit.register(print, "atexit")
threading.Thread(target=work).start()
with immediate_exit():
    sys.exit(3)
"""


def test_a_program_exits_after_its_threads_and_handlers_without_freeing_objects():
    finished = subprocess.run([sys.executable, "-c", EXITING_PROGRAM], capture_output=True, text=True)
    assert (finished.returncode, finished.stdout, finished.stderr) == (3, "thread\natexit\n", "")


def test_output_that_cannot_be_written_is_reported():
    reading, writing = os.pipe()
    os.close(reading)
    program = [sys.executable, "-c", EXITING_PROGRAM]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    finished = subprocess.run(program, stdout=writing, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writing)
    assert finished.returncode == 120
    assert "BrokenPipeError" in finished.stderr
    assert "Traceback" not in finished.stderr


CLOSING_PROGRAM = """
import sys
from datalake_sdk.cli.edge import immediate_exit

with immediate_exit():
    sys.stdout.close()
    sys.exit(0)
"""


def test_a_program_that_has_closed_its_output_exits_with_its_code():
    finished = subprocess.run([sys.executable, "-c", CLOSING_PROGRAM], capture_output=True, text=True)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_an_error_cannot_control_a_terminal(capsys):
    show_error(TerminalError("key '\x1b[2J\u202e1'", hint="Remove '\x07'."))
    assert capsys.readouterr().err == "Error: key '1'\nHint: Remove ''.\n"
