"""Types of dataframe libraries whose Arrow export does not preserve the values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datalake_sdk.errors import UnreadableColumnTypeError

_AS_DECIMAL, _AS_STRING = "cast it to DECIMAL(38, 0)", "cast it to VARCHAR"
_UNREADABLE = {
    "duckdb": {"UHUGEINT": _AS_DECIMAL, "BIGNUM": _AS_STRING, "BIT": _AS_STRING, "TIME WITH TIME ZONE": _AS_STRING},
    "polars": {
        "Object": "map it to strings",
        "Int128": "cast it to Decimal(38, 0)",
        "UInt128": "cast it to Decimal(38, 0)",
    },
    "pandas": {"period": "use .dt.to_timestamp()", "complex": "split it into .real and .imag"},
}
"""Advice by library and prefix of the type name."""


def check_types(value: Any, library: str) -> None:
    """Rejects dataframes with columns of these types.

    Args:
        value: A dataframe.
        library: Package name of its library.

    Raises:
        UnreadableColumnTypeError: A column has an unsupported type.
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
