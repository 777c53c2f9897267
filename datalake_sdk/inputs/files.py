"""Opens files of any format as a stream of record batches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datalake_sdk.batches import BatchStream
from datalake_sdk.errors import EmptyInputError
from datalake_sdk.inputs.formats import InputFormat, TextFormat, TypedFormat, check_options, common_format
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.registry import input_formats
from datalake_sdk.inputs.remote_files import OpenFilesystem
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.blocks import default_block_size
from datalake_sdk.inputs.text.small_files import SmallFiles, TextOpener
from datalake_sdk.inputs.text.stream import TextStream
from datalake_sdk.inputs.text.text_file import TextFile
from datalake_sdk.inputs.typed_stream import TypedStream

logger = logging.getLogger(__name__)

_SMALL_SIZE = 64
"""Maximum size of a file that may contain only white space or a compression header."""


class FileStream(BatchStream, Protocol):
    """A stream over files that reports its progress."""

    @property
    def total_bytes(self) -> int | None:
        """Size of all files on disk; None if unknown."""

    @property
    def bytes_read(self) -> int:
        """Bytes read since the last start, in the unit of `total_bytes`."""


@dataclass(frozen=True)
class InputFiles:
    """The files of an input.

    Args:
        files: At least one, none of them empty, in the order of their rows.
        input_format: Format of all files.
    """

    files: Sequence[InputFile]
    input_format: InputFormat


def open_input(
    path: str,
    options: InputOptions,
    block_size: int | None = None,
    open_filesystem: OpenFilesystem | None = None,
) -> FileStream:
    """Finds files, detects their format and compression, and infers types from their first rows.

    Args:
        path: A file, a glob, a folder, an `s3://` path, or `-` for standard input.
        options: How to read the files.
        block_size: Bytes of text to decode at a time; None chooses a size by the number of threads.
        open_filesystem: Opens the storage of `s3://` paths; None if they are not supported.

    Returns:
        A stream of the rows of all files; columns missing from a file are null in its rows.

    Raises:
        UsageError: There are no such files, or an option is invalid.
        TerminalError: The files are empty, damaged or not of the expected format.
    """
    found = find_input(path, options, open_filesystem)
    if isinstance(found.input_format, TypedFormat):
        return TypedStream([found.input_format.open(file) for file in found.files], options)
    size = block_size or default_block_size()
    return TextStream(_text_files(found.files, found.input_format, options, size), options)


def find_input(path: str, options: InputOptions, open_filesystem: OpenFilesystem | None = None) -> InputFiles:
    """Finds files and detects their format; see `open_input`."""
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


def _text_files(
    files: Sequence[InputFile], text_format: TextFormat, options: InputOptions, block_size: int
) -> Sequence[TextFile | SmallFiles]:
    def open_file(file: InputFile) -> TextFile:
        return text_format.open(file, options, block_size)

    if len(files) == 1 or text_format.joiner is None:
        return [open_file(file) for file in files]
    return TextOpener(open_file, text_format.joiner, options.encoding, block_size).open_all(files)


def _is_empty(file: InputFile, options: InputOptions) -> bool:
    """Whether a file, compressed or not, contains only white space."""
    size = file.size
    if size > _SMALL_SIZE:
        return False
    if not size:
        return True
    with TextSource(file, options.encoding) as source:
        return not source.read(_SMALL_SIZE + 1).strip()
