"""The edge of the process: turns every exception of a command into a message on stderr and an exit code."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from datalake_sdk.errors import DatalakeError, UsageError
from datalake_sdk.masked_values import without_masked_values
from datalake_sdk.terminal_text import printable

FAILED = 1
USAGE_ERROR = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells report it: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html"""
_ENDING = (signal.SIGTERM, signal.SIGHUP)
"""A closed terminal sends SIGHUP: https://man7.org/linux/man-pages/man7/signal.7.html"""


class EdgeGroup(click.Group):
    """A group that accepts command names with dashes and reports failures."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name.replace("-", "_"))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise self._misplaced(error) from None
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (click.Abort, KeyboardInterrupt) as stop:
            with suppress(OSError):
                click.echo("Interrupted", err=True)
            ctx.exit(128 + stop.number if isinstance(stop, Terminated) else INTERRUPTED)
        except Exception as error:
            # click handles a broken pipe (`datalake_sdk … | head`) silently.
            # https://click.palletsprojects.com/en/stable/exceptions/
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if ctx.params["debug"]:
                click.echo(without_masked_values(traceback.format_exc()), err=True, nl=False)
            error = _known(error)
            show_error(error)
            ctx.exit(USAGE_ERROR if isinstance(error, UsageError) else FAILED)

    def _misplaced(self, error: click.NoSuchOption) -> click.UsageError:
        if not any(error.option_name in option.opts for option in self.params):
            return error
        return click.UsageError(f"{error.option_name} must precede the command.", error.ctx)


@contextmanager
def immediate_exit() -> Iterator[None]:
    """Ends the process without freeing the objects and modules of the interpreter, which takes 0.05 s after a query.

    Threads and functions registered with `atexit` end as usual; `multiprocessing` ends its processes in the same way.
    https://github.com/python/cpython/blob/main/Lib/multiprocessing/popen_fork.py
    """
    try:
        yield
    except SystemExit as stop:
        if isinstance(stop.code, int):
            _end_process(stop.code)
        raise


def _end_process(code: int) -> None:
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    # The interpreter reports what cannot be written.
    with suppress(OSError):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        os._exit(code)


@contextmanager
def terminable() -> Iterator[None]:
    """Handles SIGTERM and SIGHUP like Ctrl-C, including cleanup.

    Has an effect in the main thread only, as Python requires.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _terminate) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ending_signals() -> list[signal.Signals]:
    """Returns the signals that end the process, unless they are ignored, as by nohup."""
    return [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]


class Terminated(KeyboardInterrupt):
    """The process received a signal that ends it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _known(error: Exception) -> Exception:
    """Returns the error of the SDK for a package that is missing because its extra is not installed."""
    if not isinstance(error, ModuleNotFoundError):
        return error
    from datalake_sdk.cli.missing_packages import missing_extra

    return missing_extra(error) or error


def show_error(error: Exception) -> None:
    """Prints an error's message and hint, without control characters in them, on stderr."""
    if isinstance(error, DatalakeError):
        message, hint = error.message, error.hint
    else:
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        hint = "Unexpected error. Run `datalake_sdk --debug …` to see the traceback."
    click.echo(f"Error: {printable(without_masked_values(message))}", err=True)
    if hint:
        click.echo(f"Hint: {printable(hint)}", err=True)
