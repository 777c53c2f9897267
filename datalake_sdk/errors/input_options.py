"""Options of an input that have no meaning or a wrong value."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from datalake_sdk.errors.base import UsageError


class UnknownInputFormatError(UsageError):
    """An input format that does not exist."""

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"input_format is '{value}'; it must be one of {', '.join(valid)}")


class UnknownExtensionError(UsageError):
    """A file name whose extension tells no format."""

    def __init__(self, path: str, extension: str, known: Sequence[str]) -> None:
        super().__init__(
            f"input '{path}': the extension '{extension}' is not known; known ones are {', '.join(known)}",
            hint="Name the format, for example --input-format csv, or rename the file.",
        )


class InvalidDelimiterError(UsageError):
    """A CSV delimiter that cannot separate fields."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"csv_delimiter is '{value}'; it must be one ASCII character, neither a quote nor a line break",
            hint=r"Usual ones are , ; | and \t for a tab.",
        )


class InvalidInputOptionError(UsageError):
    """An option of an input with a value that it cannot have."""

    def __init__(self, option: str, value: object, rule: str, hint: str = "") -> None:
        super().__init__(f"{option} is '{value}'; it must be {rule}", hint=hint)


class InapplicableOptionError(UsageError):
    """An option that the input's format does not have."""

    def __init__(self, path: str, option: str, formats: Sequence[str], input_format: str) -> None:
        super().__init__(
            f"input '{path}' is {input_format}; the option {option} applies to {', '.join(formats)} only",
            hint="Leave the option out, or name the format with --input-format.",
        )


class UnknownInputOptionError(UsageError):
    """An option of an input that does not exist."""

    def __init__(self, option: str, known: Sequence[str]) -> None:
        near = get_close_matches(option, known, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(known)}."
        super().__init__(f"there is no input option '{option}'", hint=hint)


class UnknownEncodingError(UsageError):
    """An encoding that Python does not know."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"encoding is '{value}', which is not known", hint="Usual ones are utf-8, latin-1, cp1252 and utf-16."
        )
