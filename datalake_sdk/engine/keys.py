"""Upsert keys as 64-bit codes: what is compared, sorted and searched in place of values of any type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import DuplicateKeysError, NullKeysError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EXAMPLES = 5
_SALTS = 8


@dataclass(frozen=True)
class KeyIndex:
    """The keys of a batch, ready to be searched for.

    Args:
        keys: Key columns, one row for each row of the batch; unique and without nulls.
        codes: Codes of the keys, ascending and unique.
        rows: For each code the number of the batch's row.
        salt: What the codes were made with; None when the code is the key.
    """

    keys: pa.Table
    codes: np.ndarray
    rows: np.ndarray
    salt: int | None

    @property
    def columns(self) -> list[str]:
        """Names of the key columns."""
        return list(self.keys.column_names)

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return int(self.keys.num_rows)

    def search(self, stored: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """Finds stored rows whose key is in the batch.

        Args:
            stored: Key columns of stored rows, in the types of the batch's; nulls match nothing.

        Returns:
            Positions among the stored rows, ascending, and for each the number of the batch's row.
        """
        candidates = _codes(stored, self.salt)
        places = np.searchsorted(self.codes, candidates)
        places[places == len(self.codes)] = 0
        positions = np.flatnonzero(self.codes[places] == candidates)
        rows = self.rows[places[positions]]
        equal = self._are_equal(stored, positions, rows)
        return positions[equal], rows[equal]

    def _are_equal(self, stored: pa.Table, positions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Tells real hits from those that only share a code; a null has the code of some value."""
        equal = np.ones(len(positions), dtype=bool)
        if self.salt is None and not any(column.null_count for column in stored.columns):
            return equal
        found, wanted = stored.take(pa.array(positions)), self.keys.take(pa.array(rows))
        for one, other in zip(found.columns, wanted.columns, strict=True):
            equal &= _same(one, other).to_numpy()
        return equal


def index_keys(table: str, keys: pa.Table) -> KeyIndex:
    """Checks and indexes the keys of a batch.

    Args:
        table: Name for messages.
        keys: Key columns, at least one row.

    Raises:
        NullKeysError: A row has a null key.
        DuplicateKeysError: Two rows have the same key.
    """
    _check_nulls(table, keys)
    salts = [None] if _is_its_own_code(keys) else range(_SALTS)
    for salt in salts:
        codes = _codes(keys, salt)
        rows = np.argsort(codes)
        codes = codes[rows]
        repeated = codes[1:] == codes[:-1]
        if not repeated.any():
            return KeyIndex(keys, codes, rows, salt)
        _check_duplicates(table, keys.take(pa.array(rows[np.append(repeated, False) | np.append(False, repeated)])))
    raise AssertionError("distinct keys share 64-bit codes under every salt")


def _is_its_own_code(keys: pa.Table) -> bool:
    data_type = keys.schema.types[0]
    is_temporal = pa.types.is_temporal(data_type)
    return len(keys.schema) == 1 and (pa.types.is_integer(data_type) or is_temporal)


def _codes(keys: pa.Table, salt: int | None) -> np.ndarray:
    if salt is None:
        column = keys.column(0)
        width = pa.int32() if column.type.bit_width == 32 else pa.int64()
        return _numbers(pc.fill_null(column.cast(width), 0).cast(pa.int64()))
    with _connection() as connection:
        connection.register("keys", _searchable(keys))
        names = ", ".join(_quoted(name) for name in keys.column_names)
        hashed = connection.sql(f"SELECT hash({names}, {salt}) AS code FROM keys")
        return _numbers(hashed.to_arrow_table()["code"])


def _connection() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = column.to_numpy()
    return values


def _searchable(keys: pa.Table) -> pa.Table:
    return pa.table([_storage(column) for column in keys.columns], names=keys.column_names)


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    equal = pc.fill_null(pc.equal(_storage(one), _storage(other)), False)
    if pa.types.is_floating(one.type):
        return pc.or_(equal, pc.fill_null(pc.and_(pc.is_nan(one), pc.is_nan(other)), False))
    return equal


def _check_nulls(table: str, keys: pa.Table) -> None:
    if not any(column.null_count for column in keys.columns):
        return
    missing = np.zeros(keys.num_rows, dtype=bool)
    for column in keys.columns:
        missing |= column.is_null().to_numpy()
    raise NullKeysError(table, keys.column_names, int(missing.sum()))


def _check_duplicates(table: str, suspects: pa.Table) -> None:
    columns = suspects.column_names
    names = ", ".join(_quoted(column) for column in columns)
    with _connection() as connection:
        connection.register("keys", _searchable(suspects))
        repeated = f"FROM keys GROUP BY {names} HAVING count(*) > 1 ORDER BY {names}"
        rows = connection.execute(f"SELECT {names} {repeated}").fetchall()
    if rows:
        raise DuplicateKeysError(table, columns, len(rows), [_described(columns, row) for row in rows[:_EXAMPLES]])


def _described(columns: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(columns, values, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
