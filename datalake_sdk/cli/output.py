"""Output of a result: stdout, or a file that is replaced atomically."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO

import click


@contextmanager
def output_stream(path: Path | None, option: str = "--output") -> Iterator[IO[bytes]]:
    """Opens stdout if the path is None, otherwise a file that appears at the path once the block succeeds.

    Special files such as /dev/stdout are written to directly.

    Raises:
        click.BadParameter: The folder of the file does not exist or is not writable.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    complete = path.resolve()
    if complete.exists() and not complete.is_file():
        with _opened(complete, "wb", option) as stream:
            yield stream
        return
    partial = complete.with_name(f".{complete.name}.{token_hex(4)}")
    try:
        with _opened(partial, "xb", option) as stream:
            yield stream
        partial.replace(complete)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path, mode: str, option: str) -> IO[bytes]:
    try:
        return path.open(mode)
    except OSError as error:
        raise click.BadParameter(f"'{path.parent}': {error.strerror}", param_hint=option) from None
