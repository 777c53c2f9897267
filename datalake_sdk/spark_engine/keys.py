"""Checks the upsert keys of a batch with Spark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from datalake_sdk.engine.keys import MAX_EXAMPLES, format_key
from datalake_sdk.errors import DuplicateKeysError, NullKeysError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ROWS = "rows of the key"
"""Contains a space, unlike any stored column name."""


def checked_rows(table: str, keys: Sequence[str], rows: DataFrame, *, are_unique: bool) -> int:
    """Checks that the keys of a batch are not null and, if they must be, unique.

    Args:
        table: Table name for messages.
        keys: Key columns.
        rows: Batch.
        are_unique: Whether the keys must be unique.

    Returns:
        Number of rows.

    Raises:
        NullKeysError: Rows have a null key.
        DuplicateKeysError: Rows share a key.
    """
    from pyspark.sql import functions as f

    by_key = rows.groupBy(*keys).agg(f.count("*").alias(_ROWS))
    is_null = reduce(or_, (f.col(key).isNull() for key in keys))
    repeated = f.col(_ROWS) > 1
    counts = (f.sum(_ROWS), f.sum(f.when(is_null, f.col(_ROWS))), f.count_if(repeated))
    count, nulls, duplicates = by_key.agg(*counts).collect()[0]
    if nulls:
        raise NullKeysError(table, keys, nulls)
    if duplicates and are_unique:
        examples = by_key.where(repeated).select(*keys).orderBy(*keys).limit(MAX_EXAMPLES).collect()
        raise DuplicateKeysError(table, keys, duplicates, [format_key(keys, row) for row in examples])
    return count or 0
