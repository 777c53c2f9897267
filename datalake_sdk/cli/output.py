"""Where a result goes: stdout, or a file that appears when it is complete."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO

import click


@contextmanager
def output_stream(path: Path | None) -> Iterator[IO[bytes]]:
    """Opens stdout (None), or a file that takes its name once the block has ended well; else nothing is left of it.

    What is no ordinary file, as /dev/stdout, is written to as it is.

    Raises:
        click.BadParameter: The file's folder does not exist or cannot be written to.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    complete = path.resolve()
    if complete.exists() and not complete.is_file():
        with _opened(complete, "wb") as stream:
            yield stream
        return
    partial = complete.with_name(f".{complete.name}.{token_hex(4)}")
    try:
        with _opened(partial, "xb") as stream:
            yield stream
        partial.replace(complete)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path, mode: str) -> IO[bytes]:
    try:
        return path.open(mode)
    except OSError as error:
        raise click.BadParameter(f"'{path.parent}': {error.strerror}", param_hint="--output") from None
