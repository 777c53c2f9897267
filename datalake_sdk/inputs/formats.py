"""What an input format is, and how the format of a file is recognised: by its name, then by its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from datalake_sdk.errors import (
    CorruptInputError,
    MixedInputFormatsError,
    UnknownExtensionError,
    UnknownInputFormatError,
)
from datalake_sdk.inputs.options import CSV, FIXED_WIDTH, JSON, InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.stream import TextFile
from datalake_sdk.inputs.typed_stream import TypedFile

_COMPRESSED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2")
_EXTENSION = re.compile(r"\.[a-z]\w*")
"""What tells a format: dates and numbers behind a point, as in `orders.2024`, are a part of the name."""
_JSON_START = re.compile(rb"\s*(\{|\[\s*[{\]])")
_SNIFFED_SIZE = 4096


@dataclass(frozen=True)
class TextFormat:
    """A format whose types are inferred from the values.

    Args:
        name: As options name it.
        suffixes: Of its files, in lower case; a suffix of a compression may follow.
        open: Opens one file; takes the number of bytes that are decoded at once.
        magic: First bytes of its files, where these tell.
    """

    name: str
    suffixes: tuple[str, ...]
    open: Callable[[InputFile, InputOptions, int], TextFile]
    magic: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class TypedFormat:
    """A format whose files store a schema.

    Args:
        name: As options name it.
        suffixes: Of its files, in lower case.
        open: Opens one file.
        magic: First bytes of its files.
    """

    name: str
    suffixes: tuple[str, ...]
    open: Callable[[InputFile], TypedFile]
    magic: tuple[bytes, ...]


InputFormat = TextFormat | TypedFormat


def common_format(
    path: str, files: Sequence[InputFile], options: InputOptions, known: Sequence[InputFormat]
) -> InputFormat:
    """The format of all files of an input: as the user says, as their names say, as their content looks.

    Args:
        path: The input, for messages.
        files: At least one.
        options: May name the format.
        known: Formats to choose from.

    Raises:
        UnknownInputFormatError: The user names a format that does not exist.
        UnknownExtensionError: A file's name says a format that is not known.
        MixedInputFormatsError: Two files differ.
    """
    by_name = {known_format.name: known_format for known_format in known}
    if options.input_format is not None:
        if options.input_format not in by_name:
            raise UnknownInputFormatError(options.input_format, list(by_name))
        return by_name[options.input_format]
    if options.widths:
        return by_name[FIXED_WIDTH]
    formats = [(file.name, _format(file, options, known)) for file in files]
    for name, found in formats:
        if found != formats[0][1]:
            raise MixedInputFormatsError(path, formats[0], (name, found))
    return by_name[formats[0][1]]


def suffix(name: str) -> str:
    """A file's extension in lower case, without that of its compression; empty where there is none."""
    path = PurePath(name.lower())
    return path.with_suffix("").suffix if path.suffix in _COMPRESSED_SUFFIXES else path.suffix


def _format(file: InputFile, options: InputOptions, known: Sequence[InputFormat]) -> str:
    extension = suffix(file.name)
    if not _EXTENSION.fullmatch(extension):
        return _format_of_content(file, options, known)
    by_suffix = {each: known_format.name for known_format in known for each in known_format.suffixes}
    if extension not in by_suffix:
        raise UnknownExtensionError(file.name, extension, list(by_suffix))
    return by_suffix[extension]


def _format_of_content(file: InputFile, options: InputOptions, known: Sequence[InputFormat]) -> str:
    with file.open() as raw:
        start = raw.read(_SNIFFED_SIZE)
    if (found := _by_magic(start, known)) is not None:
        return found.name
    with TextSource(file, options.encoding) as source:
        start = source.read(_SNIFFED_SIZE)
    if (found := _by_magic(start, known)) is None:
        return JSON if _JSON_START.match(start) else CSV
    if isinstance(found, TypedFormat):
        raise CorruptInputError(file.name, f"it is a file of format '{found.name}' compressed as a whole")
    return found.name


def _by_magic(start: bytes, known: Sequence[InputFormat]) -> InputFormat | None:
    return next((known_format for known_format in known if start.startswith(known_format.magic)), None)
