"""Storage of Arrow extension types, such as UUIDs, for kernels that do not support extension types."""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa

Column = TypeVar("Column", pa.Array, pa.ChunkedArray)


def storage(column: Column) -> Column:
    """The storage array of an extension type; other columns unchanged."""
    return column.cast(column.type.storage_type) if isinstance(column.type, pa.BaseExtensionType) else column
