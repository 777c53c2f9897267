"""Errors of names and settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from datalake_sdk.errors.base import UsageError, listed


class InvalidNameError(UsageError):
    """A name is invalid for Glue, Athena, S3 or IAM."""

    def __init__(self, field: str, value: str, rule: str, hint: str = "") -> None:
        super().__init__(f"{field} is '{value}'; it must be {rule}", hint=hint or f"Choose another {field}.")


class MissingSettingError(UsageError):
    """A setting has no value."""

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(
            f"missing settings: {listed(settings)}",
            hint=f"Set the options {', '.join('--' + name.replace('_', '-') for name in settings)} or the environment "
            f"variables {', '.join(map(str.upper, settings))}, or use --local PATH to work in a folder.",
        )


class InvalidSettingError(UsageError):
    """A setting has an invalid value.

    Set the value that the message requires: in the option, the environment variable or the file that names the setting.
    """

    def __init__(self, setting: str, value: object, rule: str) -> None:
        super().__init__(f"{setting} is '{value}'; it must be {rule}")


class UnknownIngestionModeError(UsageError):
    """The ingestion mode does not exist.

    Pass one of the listed modes.
    """

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"ingestion_mode is '{value}'; it must be one of {', '.join(valid)}")


class UnknownFieldsError(UsageError):
    """A mapping has unknown fields."""

    def __init__(self, place: str, unknown: Sequence[str], valid: Collection[str]) -> None:
        super().__init__(
            f"{place} has unknown fields: {', '.join(_with_suggestion(name, valid) for name in unknown)}",
            hint=f"Valid fields are {', '.join(valid)}.",
        )


def _with_suggestion(name: str, valid: Collection[str]) -> str:
    near = get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"'{name}' (did you mean '{near[0]}'?)" if near else f"'{name}'"
