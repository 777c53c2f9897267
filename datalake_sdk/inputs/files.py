"""Opens files of any format as a stream of batches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datalake_sdk.batches import BatchStream
from datalake_sdk.errors import EmptyInputError
from datalake_sdk.inputs.formats import InputFormat, TypedFormat, check_options, common_format
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.registry import input_formats
from datalake_sdk.inputs.remote_files import OpenFilesystem
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.blocks import BLOCK_SIZE
from datalake_sdk.inputs.text.stream import TextStream
from datalake_sdk.inputs.typed_stream import TypedStream

logger = logging.getLogger(__name__)

_SMALL_SIZE = 64
"""Bytes up to which a file may be one that holds nothing, compressed by a program that adds a header."""


class FileStream(BatchStream, Protocol):
    """A stream over files, which knows how far it is."""

    @property
    def total_bytes(self) -> int | None:
        """Size of all files as they lie on disk; None when unknown."""

    @property
    def bytes_read(self) -> int:
        """Bytes read since the last start; of the same kind as `total_bytes`."""


@dataclass(frozen=True)
class InputFiles:
    """What an input consists of.

    Args:
        files: With content, in the order of their rows; at least one.
        input_format: Of all of them.
    """

    files: Sequence[InputFile]
    input_format: InputFormat


def open_input(
    path: str,
    options: InputOptions,
    block_size: int = BLOCK_SIZE,
    open_filesystem: OpenFilesystem | None = None,
) -> FileStream:
    """Finds files, recognises their format and compression, and looks at their beginnings for types.

    Args:
        path: One file, a glob, a folder, an `s3://` path, or `-` for standard input.
        options: How to read them.
        block_size: Bytes of text that are decoded at once.
        open_filesystem: Opens the storage of `s3://` paths; None knows no such paths.

    Returns:
        A stream of all their rows, united by column name: a column that a file lacks is null in its rows.

    Raises:
        UsageError: There are no such files, or an option is wrong.
        TerminalError: The files are empty, damaged or not what their names say.
    """
    found = find_input(path, options, open_filesystem)
    if isinstance(found.input_format, TypedFormat):
        return TypedStream([found.input_format.open(file) for file in found.files], options)
    strings = [found.input_format.open(file, options, block_size) for file in found.files]
    return TextStream(strings, options)


def find_input(path: str, options: InputOptions, open_filesystem: OpenFilesystem | None = None) -> InputFiles:
    """Finds files and recognises their format; see `open_input`."""
    found = [(file, _is_empty(file, options)) for file in input_files(path, open_filesystem)]
    files = [file for file, is_empty in found if not is_empty]
    if not files:
        raise EmptyInputError(path)
    for file, is_empty in found:
        if is_empty:
            logger.warning("input '%s' is empty: skipped", file.name)
    formats = input_formats()
    name = common_format(path, files, options, formats)
    check_options(path, options, name, formats)
    return InputFiles(files, formats[name])


def _is_empty(file: InputFile, options: InputOptions) -> bool:
    """Whether there is nothing in a file but line breaks and spaces, compressed or not."""
    size = file.size
    if size > _SMALL_SIZE:
        return False
    if not size:
        return True
    with TextSource(file, options.encoding) as source:
        return not source.read(_SMALL_SIZE + 1).strip()
