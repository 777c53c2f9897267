"""Unknown, inapplicable or invalid options of an input."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from datalake_sdk.errors.base import UsageError


class UnknownInputFormatError(UsageError):
    """An unsupported input format.

    Pass one of the listed formats.
    """

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"input_format is '{value}'; it must be one of {', '.join(valid)}")


class UnknownExtensionError(UsageError):
    """A file extension that belongs to no supported format."""

    def __init__(self, path: str, extension: str, known: Sequence[str]) -> None:
        super().__init__(
            f"input '{path}': extension '{extension}' is not supported; it must be one of {', '.join(known)}",
            hint="Specify the format, for example --input-format csv, or rename the file.",
        )


class InvalidDelimiterError(UsageError):
    """An invalid CSV delimiter."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"csv_delimiter is '{value}'; it must be one ASCII character, neither a quote nor a line break",
            hint=r"Common delimiters are , ; | and \t for a tab.",
        )


class InvalidInputOptionError(UsageError):
    """An invalid value of an input option."""

    def __init__(self, option: str, value: object, rule: str, hint: str = "") -> None:
        super().__init__(f"{option} is '{value}'; it must be {rule}", hint=hint)


class InapplicableOptionError(UsageError):
    """An option that does not apply to the input's format."""

    def __init__(self, path: str, option: str, formats: Sequence[str], input_format: str) -> None:
        super().__init__(
            f"input '{path}' is {input_format}; the option {option} applies to {', '.join(formats)} only",
            hint="Omit the option, or specify the format with --input-format.",
        )


class UnknownInputOptionError(UsageError):
    """An unknown input option."""

    def __init__(self, option: str, known: Sequence[str]) -> None:
        similar = get_close_matches(option, known, 1)
        hint = f"Did you mean '{similar[0]}'?" if similar else f"Valid options are {', '.join(known)}."
        super().__init__(f"unknown input option '{option}'", hint=hint)


class UnknownEncodingError(UsageError):
    """A text encoding that Python does not support."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"encoding is '{value}', which is not supported",
            hint="Common encodings are utf-8, latin-1, cp1252 and utf-16.",
        )
