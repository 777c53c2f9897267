"""Describes input formats, and detects the format of a file from its name or its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from os.path import splitext
from typing import Any, TypeAlias

from datalake_sdk.errors import (
    CorruptInputError,
    InapplicableOptionError,
    MixedInputFormatsError,
    UnknownExtensionError,
    UnknownInputFormatError,
)
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.small_files import Joiner
from datalake_sdk.inputs.text.text_file import TextFile
from datalake_sdk.inputs.typed_stream import TypedFile

_COMPRESSED_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2")
_EXTENSION = re.compile(r"\.[a-z]\w*")
"""Dates and numbers after a dot, as in `orders.2024`, are part of the name, not an extension."""
_SNIFFED_SIZE = 4096
_COMMON_OPTIONS = ("input_format", "types", "declared")


@dataclass(frozen=True)
class TextFormat:
    """A format whose column types are inferred from the values.

    Args:
        suffixes: File extensions in lowercase; a compression suffix may follow.
        open: Opens a file; the last argument is the number of bytes to decode at a time.
        options: Names of the `InputOptions` that apply, in addition to those of all formats.
        magic: Possible first bytes of a file; empty if the format has no signature.
        recognizes: Whether text has this format, by its beginning in UTF-8; None if that cannot be detected.
        implied_by: Name of an option that selects the format; empty for none.
        joiner: Returns a joiner of small files like the given one, whose text is also given; None if there can be none.
    """

    suffixes: tuple[str, ...]
    open: Callable[[InputFile, InputOptions, int], TextFile]
    options: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()
    recognizes: Callable[[bytes], bool] | None = None
    implied_by: str = ""
    joiner: Callable[[Any, bytes], Joiner | None] | None = None


@dataclass(frozen=True)
class TypedFormat:
    """A format whose files store a schema.

    Args:
        suffixes: File extensions in lowercase.
        open: Opens a file.
        magic: Possible first bytes of a file.
        options: Names of the `InputOptions` that apply, in addition to those of all formats.
    """

    suffixes: tuple[str, ...]
    open: Callable[[InputFile], TypedFile]
    magic: tuple[bytes, ...]
    options: tuple[str, ...] = ()


InputFormat = TextFormat | TypedFormat
Formats: TypeAlias = Mapping[str, InputFormat]


def common_format(path: str, files: Sequence[InputFile], options: InputOptions, formats: Formats) -> str:
    """Finds the format of all files of an input: from the options, the file extensions or the content.

    Args:
        path: The input, for messages.
        files: At least one.
        options: May specify or imply the format.
        formats: Supported formats by name; the first one is assumed for unrecognized text.

    Returns:
        The format's name.

    Raises:
        UnknownInputFormatError: The options specify an unsupported format.
        UnknownExtensionError: The extension of a file belongs to no supported format.
        MixedInputFormatsError: Two files have different formats.
    """
    if options.input_format is not None:
        if options.input_format not in formats:
            raise UnknownInputFormatError(options.input_format, list(formats))
        return options.input_format
    if (implied := _implied_format(options, formats)) is not None:
        return implied
    by_suffix: dict[str, str | None] = {}
    found = [(file.name, _format(file, options, formats, by_suffix)) for file in files]
    for name, input_format in found:
        if input_format != found[0][1]:
            raise MixedInputFormatsError(path, found[0], (name, input_format))
    return found[0][1]


def check_options(path: str, options: InputOptions, input_format: str, formats: Formats) -> None:
    """Checks that all given options apply to the input's format.

    Raises:
        InapplicableOptionError: An option does not apply.
    """
    applicable = (*_COMMON_OPTIONS, *formats[input_format].options)
    for option in fields(options):
        if option.name not in applicable and getattr(options, option.name) != option.default:
            accepting = [name for name, each in formats.items() if option.name in each.options]
            raise InapplicableOptionError(path, option.name, accepting, input_format)


def suffix(name: str) -> str:
    """A file's extension in lowercase, ignoring a compression suffix; empty if it has none."""
    # A folder may contain thousands of files, and pathlib takes several times as long.
    stem, extension = splitext(name.lower())  # noqa: PTH122
    return splitext(stem)[1] if extension in _COMPRESSED_SUFFIXES else extension  # noqa: PTH122


def _implied_format(options: InputOptions, formats: Formats) -> str | None:
    given = [each for each in fields(options) if getattr(options, each.name) != each.default]
    if all(each.name in _COMMON_OPTIONS for each in given):
        return None
    for name, each in formats.items():
        if isinstance(each, TextFormat) and each.implied_by and getattr(options, each.implied_by):
            return name
    return None


def _format(file: InputFile, options: InputOptions, formats: Formats, by_suffix: dict[str, str | None]) -> str:
    extension = suffix(file.name)
    if not _EXTENSION.fullmatch(extension):
        return _format_of_content(file, options, formats)
    if extension not in by_suffix:
        by_suffix[extension] = next((name for name, each in formats.items() if extension in each.suffixes), None)
    found = by_suffix[extension]
    if found is None:
        raise UnknownExtensionError(
            file.name, extension, [each for known in formats.values() for each in known.suffixes]
        )
    return found


def _format_of_content(file: InputFile, options: InputOptions, formats: Formats) -> str:
    with file.open() as raw:
        start = raw.read(_SNIFFED_SIZE)
    if (found := _format_of_signature(start, formats)) is not None:
        return found
    with TextSource(file, options.encoding) as source:
        start = source.read(_SNIFFED_SIZE)
    if (found := _format_of_signature(start, formats)) is None:
        return _format_of_text(start, formats)
    if isinstance(formats[found], TypedFormat):
        raise CorruptInputError(file.name, f"it is a file of format '{found}' compressed as a whole")
    return found


def _format_of_signature(start: bytes, formats: Formats) -> str | None:
    return next((name for name, each in formats.items() if start.startswith(each.magic)), None)


def _format_of_text(start: bytes, formats: Formats) -> str:
    recognizers = {name: each.recognizes for name, each in formats.items() if isinstance(each, TextFormat)}
    fallback = next(iter(formats))
    return next((name for name, matches in recognizers.items() if matches and matches(start)), fallback)
