"""Columns of Arrow's extension types, such as UUIDs, for kernels that know no extension type."""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa

Column = TypeVar("Column", pa.Array, pa.ChunkedArray)


def storage(column: Column) -> Column:
    """The values as they are stored; any other column as it is."""
    return column.cast(column.type.storage_type) if isinstance(column.type, pa.BaseExtensionType) else column
