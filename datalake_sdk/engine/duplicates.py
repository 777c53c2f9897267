"""Chooses the last row of each key of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.engine.keys import MAX_EXAMPLES, connection, format_key, searchable, suspected_duplicates
from datalake_sdk.engine.upsert_columns import UpsertColumns
from datalake_sdk.errors import AmbiguousDuplicatesError
from datalake_sdk.sql_quotes import quoted

_ORDER, _ROW = "order of the row", "number of the row"
"""Names with spaces, which stored columns cannot have."""


@dataclass(frozen=True)
class Duplicates:
    """The rows of keys that occur more than once.

    Args:
        kept: For each row of the batch, whether it is the last one of its key.
        tied: Numbers of the rows that share the greatest order with another row of their key, ascending.
        chosen: For each of them, the number of the row that is kept.
    """

    kept: np.ndarray
    tied: np.ndarray
    chosen: np.ndarray


def last_rows(rows: pa.Table, columns: UpsertColumns) -> Duplicates | None:
    """Finds the row with the greatest order of each key; null and NaN are less than any value.

    Args:
        rows: Keys and ordering column of each row of the batch; keys are not null.
        columns: Columns that control the upsert.

    Returns:
        None if all keys are unique.
    """
    suspects = suspected_duplicates(rows.select(list(columns.keys)))
    if not len(suspects):
        return None
    last, chosen = _greatest(rows.take(pa.array(suspects)), columns, suspects)
    kept = np.ones(rows.num_rows, dtype=bool)
    kept[suspects] = False
    kept[chosen] = True
    leaders, counts = np.unique(chosen, return_counts=True)
    is_tied = np.isin(chosen, leaders[counts > 1])
    return None if kept.all() else Duplicates(kept, last[is_tied], chosen[is_tied])


def _greatest(rows: pa.Table, columns: UpsertColumns, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with the greatest order of their key, ascending, and for each of them the first such row of the key."""
    order = rows[columns.order_by]
    if pa.types.is_floating(order.type):
        order = pc.if_else(pc.is_nan(order), pa.scalar(None, order.type), order)
    table = searchable(rows.select(list(columns.keys)).append_column(_ORDER, order))
    keys = ", ".join(quoted(key) for key in columns.keys)
    with connection() as duckdb:
        duckdb.register("suspects", table.append_column(_ROW, pa.array(numbers)))
        last = duckdb.sql(
            f"""SELECT "{_ROW}" AS last, min("{_ROW}") OVER (PARTITION BY {keys}) AS chosen FROM (
                FROM suspects QUALIFY rank() OVER (PARTITION BY {keys} ORDER BY "{_ORDER}" DESC NULLS LAST) = 1
            ) ORDER BY last"""
        ).to_arrow_table()
    return last["last"].to_numpy(), last["chosen"].to_numpy()


def check_same_content(
    table: str, columns: UpsertColumns, rows: pa.Table, duplicates: Duplicates, digests: np.ndarray
) -> None:
    """Checks that tied rows do not differ.

    Args:
        table: Name for messages.
        columns: Columns that control the upsert.
        rows: Keys of each row of the batch.
        duplicates: Tied rows.
        digests: Digest of each tied row.

    Raises:
        AmbiguousDuplicatesError: Tied rows of a key differ.
    """
    chosen = digests[np.searchsorted(duplicates.tied, duplicates.chosen)]
    ambiguous = np.unique(duplicates.chosen[(digests != chosen).any(axis=1)])
    if not len(ambiguous):
        return
    names = list(columns.keys)
    examples = rows.select(names).take(pa.array(ambiguous[:MAX_EXAMPLES])).to_pylist()
    keys = sorted(format_key(names, list(row.values())) for row in examples)
    raise AmbiguousDuplicatesError(table, names, columns.order_by or "", len(ambiguous), keys)
