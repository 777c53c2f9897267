"""Types of dataframe libraries whose Arrow form is not the value: it would be stored wrong, without an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datalake_sdk.errors import UnreadableColumnTypeError

_AS_DECIMAL, _AS_TEXT = "cast it to DECIMAL(38, 0)", "cast it to VARCHAR"
_UNREADABLE = {
    "duckdb": {"UHUGEINT": _AS_DECIMAL, "BIGNUM": _AS_TEXT, "BIT": _AS_TEXT, "TIME WITH TIME ZONE": _AS_TEXT},
    "polars": {
        "Object": "map it to text",
        "Int128": "cast it to Decimal(38, 0)",
        "UInt128": "cast it to Decimal(38, 0)",
    },
    "pandas": {"period": "use .dt.to_timestamp()", "complex": "split it into .real and .imag"},
}
"""By library, beginnings of types' names, and what to do."""


def check_types(value: Any, library: str) -> None:
    """Refuses a dataframe with such a column.

    Args:
        value: A dataframe.
        library: Name of its package.

    Raises:
        UnreadableColumnTypeError: A column has such a type.
    """
    for prefix, advice in _UNREADABLE.get(library, {}).items():
        for name, data_type in _columns(value, library):
            if data_type.startswith(prefix):
                raise UnreadableColumnTypeError(name, data_type, advice)


def _columns(value: Any, library: str) -> Iterable[tuple[str, str]]:
    schema: Iterable[tuple[Any, Any]] = ()
    if library == "duckdb" and hasattr(value, "types"):
        schema = zip(value.columns, value.types, strict=True)
    elif library == "polars" and hasattr(value, "collect_schema"):
        schema = value.collect_schema().items()
    elif library == "pandas" and hasattr(value, "dtypes") and hasattr(value, "columns"):
        schema = zip(value.columns, value.dtypes, strict=True)
    return [(str(name), str(data_type)) for name, data_type in schema]
