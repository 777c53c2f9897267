"""Logs of the command line: on stderr, separate from results and above progress bars."""

from __future__ import annotations

import logging

import click

from datalake_sdk.progress_bars import print_above_bars


def log_to_stderr(verbosity: int) -> None:
    """Configures logging for the process.

    Args:
        verbosity: 0 shows warnings, 1 also messages of the SDK, 2 or more all messages, also of other libraries.
    """
    handler = EchoHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbosity > 1 else logging.WARNING, handlers=[handler], force=True)
    # Its warnings describe retries and settings of models, not the command.
    logging.getLogger("strands").setLevel(logging.NOTSET if verbosity > 1 else logging.ERROR)
    logging.getLogger("datalake_sdk").setLevel(logging.INFO if verbosity == 1 else logging.NOTSET)


class EchoHandler(logging.Handler):
    """Writes to the current stderr, above a progress bar if one is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if not print_above_bars(line):
            click.echo(line, err=True)
