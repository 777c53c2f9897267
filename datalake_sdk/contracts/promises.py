"""Checks of the service-level promises in a table file. Contracts that are stored with tables may not meet them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from datalake_sdk.contracts.type_names import canonical_type
from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.table_contract import ColumnConfiguration, SlaProperty, TableConfiguration

RETENTION = "retention"
AGES = ("freshness", "latency", RETENTION)
"""Promises about the age of rows, which `datalake_sdk freshness` checks."""
DAYS_BY_UNIT: Mapping[str, float] = {
    **dict.fromkeys(("minute", "minutes", "m", "min"), 1 / 1440),
    **dict.fromkeys(("hour", "hours", "h", "hr"), 1 / 24),
    **dict.fromkeys(("day", "days", "d"), 1.0),
    **dict.fromkeys(("week", "weeks", "w"), 7.0),
    **dict.fromkeys(("month", "months"), 30.0),
    **dict.fromkeys(("year", "years", "y", "yr"), 365.0),
}
"""Units of promises about the age of rows."""
_HINT = "The fields of these promises are described in doc_resources/freshness.md."
_TIME_TYPES = ("date", "timestamp", "timestamptz")


def check_promises(source: object, configuration: TableConfiguration) -> None:
    """Checks that the promises about the age of rows can be measured.

    Args:
        source: The file, for messages.
        configuration: Content of the file.

    Raises:
        TablesConfigurationError: A promise has no duration, no column, or a column of another type.
    """
    for number, promise in enumerate(configuration.sla_properties, start=1):
        problem = _problem(promise, configuration.columns) if promise.property in AGES else None
        if problem is not None:
            raise TablesConfigurationError(source, f"slaProperties {number}: {problem}", _HINT)


def _problem(promise: SlaProperty, columns: Mapping[str, ColumnConfiguration]) -> str | None:
    if isinstance(promise.value, bool | str) or not 0 < promise.value < math.inf:
        return f"value is {promise.value!r}; it must be a number greater than 0"
    if promise.unit not in DAYS_BY_UNIT:
        return f"unit is {promise.unit!r}; it must be one of {', '.join(DAYS_BY_UNIT)}"
    if promise.element is None:
        is_complete = promise.property != RETENTION
        return None if is_complete else "element is missing; retention requires the column with the time of a row"
    declared = columns[normalized_column_name(promise.element)].type
    if declared is not None and canonical_type(declared) not in _TIME_TYPES:
        return f"element '{promise.element}' is {declared}; it must be a date, timestamp or timestamptz"
    return None
