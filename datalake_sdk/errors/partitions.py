"""Errors of partition values."""

from __future__ import annotations

from decimal import Decimal

from datalake_sdk.errors.base import TerminalError


class NanPartitionError(TerminalError):
    """A partition value is NaN, which does not equal itself, so no later write could replace the partition."""

    def __init__(self, column: str) -> None:
        super().__init__(
            f"partition key '{column}' is NaN in at least one row; it must be a number or null",
            hint=f"Replace NaN in '{column}' with null, or use other partition_keys.",
        )


class PartitionOverflowError(TerminalError):
    """Truncation rounds a decimal down to a value with more digits than its column."""

    def __init__(self, key: str, column: str, data_type: str, value: Decimal) -> None:
        super().__init__(
            f"partition key '{key}' rounds at least one value down to {value}, which has too many digits for "
            f"{data_type}, the type of '{column}'",
            hint=f"Store '{column}' as a decimal with one more digit, or use other partition_keys.",
        )
