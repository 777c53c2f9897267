"""Logging to the terminal: what the library logs goes to stderr, beside progress bars and away from results."""

from __future__ import annotations

import logging

import click


def log_to_stderr(verbosity: int) -> None:
    """Shows what is logged.

    Args:
        verbosity: 0 shows warnings, 1 also what the SDK does, 2 and more everything, other libraries' logs included.
    """
    handler = EchoHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbosity > 1 else logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("datalake_sdk").setLevel(logging.INFO if verbosity == 1 else logging.NOTSET)


class EchoHandler(logging.Handler):
    """Writes to whatever stderr is at the time: a progress bar replaces it while it is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)
