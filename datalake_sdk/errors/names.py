"""Names and settings that are wrong or missing."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.errors.base import UsageError, listed


class InvalidNameError(UsageError):
    """A name that Glue, Athena, S3 or IAM would refuse."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        super().__init__(f"{field} is '{value}'; it must be {rule}", hint=f"Choose another {field}.")


class MissingSettingError(UsageError):
    """A setting without a value, neither given nor in the environment."""

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(
            f"missing: {listed(settings)}",
            hint="Give each as an option or as an environment variable, or use --local PATH to work in a folder.",
        )


class UnknownIngestionModeError(UsageError):
    """An ingestion mode that does not exist."""

    def __init__(self, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"ingestion_mode is '{value}'; it must be one of {', '.join(valid)}")
