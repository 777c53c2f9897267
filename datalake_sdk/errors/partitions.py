"""Errors of partition values."""

from __future__ import annotations

from datalake_sdk.errors.base import TerminalError


class NanPartitionError(TerminalError):
    """A partition value is NaN, which does not equal itself, so no later write could replace the partition."""

    def __init__(self, column: str) -> None:
        super().__init__(
            f"partition key '{column}' is NaN in at least one row; it must be a number or null",
            hint=f"Replace NaN in '{column}' with null, or use other partition_keys.",
        )


class PartitionOverflowError(TerminalError):
    """Truncation rounds a number down to a value that the type of its column cannot represent."""

    def __init__(self, key: str, column: str, data_type: str, value: object) -> None:
        super().__init__(
            f"partition key '{key}' rounds at least one value down to {value}, which is not a value of {data_type}, "
            f"the type of '{column}'",
            hint=f"Store '{column}' with a type for larger numbers, or use other partition_keys.",
        )
