"""Index of upsert keys: values of any type are compared, sorted and searched as 64-bit codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.engine.extension_types import storage
from datalake_sdk.engine.number_arrays import number_array
from datalake_sdk.errors import DuplicateKeysError, NullKeysError
from datalake_sdk.process_databases import on_fork_or_exit
from datalake_sdk.sql_quotes import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_EXAMPLES = 5
_SALTS = 8
_SLOTS_PER_KEY = 8
_MAX_SLOTS = 1 << 24
_MAX_64_BIT_DIGITS = 18


@dataclass(frozen=True)
class KeyIndex:
    """Index of the keys of a batch.

    Args:
        keys: Key columns with one row per row of the batch; unique and without nulls.
        codes: Codes of the keys, ascending and unique.
        salt: Salt of the hash function; None if the codes are the keys themselves.
    """

    keys: pa.Table
    codes: np.ndarray
    salt: int | None

    @property
    def columns(self) -> list[str]:
        """Names of the key columns."""
        return list(self.keys.column_names)

    @property
    def num_rows(self) -> int:
        """Number of rows in the batch."""
        return len(self.codes)

    @cached_property
    def rows(self) -> np.ndarray:
        """Row number in the batch for each code."""
        return np.argsort(_codes(self.keys, self.salt))

    def sorted_integers(self) -> dict[str, np.ndarray]:
        """Sorted values of each integer column."""
        integers = [field.name for field in self.keys.schema if pa.types.is_integer(field.type)]
        if self.salt is None:
            return dict.fromkeys(integers, self.codes)
        return {column: np.sort(_integers(self.keys[column])) for column in integers}

    def search(self, stored: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """Finds stored rows whose key is in the batch.

        Args:
            stored: Key columns of stored rows, with the types of the batch; nulls never match.

        Returns:
            Positions of matching stored rows, ascending, and the index of each one's key in `codes`.
        """
        candidates = _codes(stored, self.salt)
        possible = np.flatnonzero(self._slots[_slot(candidates, len(self._slots))])
        found, code_indices = _find(candidates[possible], self.codes)
        positions = possible[found]
        equal = self._are_equal(stored, positions, code_indices)
        return positions[equal], code_indices[equal]

    @cached_property
    def _slots(self) -> np.ndarray:
        """Bitmap of the low bits of all codes, which rules out most stored rows without a search."""
        size = min(1 << (_SLOTS_PER_KEY * len(self.codes)).bit_length(), _MAX_SLOTS)
        slots = np.zeros(size, dtype=bool)
        slots[_slot(self.codes, size)] = True
        return slots

    def _are_equal(self, stored: pa.Table, positions: np.ndarray, code_indices: np.ndarray) -> np.ndarray:
        """Distinguishes equal keys from hash collisions and from nulls, which have the same code as some value."""
        equal = np.ones(len(positions), dtype=bool)
        if self.salt is None and not any(column.null_count for column in stored.columns):
            return equal
        found, wanted = stored.take(number_array(positions)), self.keys.take(number_array(self.rows[code_indices]))
        for one, other in zip(found.columns, wanted.columns, strict=True):
            equal &= _are_equal_values(one, other).to_numpy()
        return equal


def index_keys(table: str, keys: pa.Table) -> KeyIndex:
    """Checks and indexes the keys of a batch.

    Args:
        table: Name for messages.
        keys: Key columns with at least one row.

    Raises:
        NullKeysError: A row has a null key.
        DuplicateKeysError: Two rows have the same key.
    """
    check_nulls(table, keys)
    salts = [None] if _is_directly_comparable(keys) else range(_SALTS)
    for salt in salts:
        codes = _codes(keys, salt)
        codes.sort()
        repeated = codes[1:][codes[1:] == codes[:-1]]
        if not len(repeated):
            return KeyIndex(keys, codes, salt)
        suspects, _ = _find(_codes(keys, salt), repeated)
        _check_duplicates(table, keys.take(pa.array(suspects)))
    raise AssertionError("different keys have equal 64-bit hashes with every salt")


def suspected_duplicates(keys: pa.Table) -> np.ndarray:
    """Numbers of the rows whose key probably occurs more than once, ascending; includes all that do.

    Args:
        keys: Key columns without nulls.
    """
    codes = _codes(keys, None if _is_directly_comparable(keys) else 0)
    ordered = np.sort(codes)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return _find(codes, repeated)[0] if len(repeated) else repeated


def row_digests(rows: pa.Table) -> np.ndarray:
    """A digest of each row, as two columns of integers.

    Args:
        rows: Rows with columns of any type.
    """
    with connection() as duckdb:
        duckdb.register("given", searchable(rows))
        # The hash of null is also that of an empty list and of a struct of nulls; their string representations differ.
        strings = duckdb.sql("SELECT COLUMNS(*)::VARCHAR FROM given").to_arrow_table()
    return np.column_stack([_hashes(rows, 0), _hashes(strings, 0)])


def format_key(columns: Sequence[str], values: Sequence[object]) -> str:
    """A key for messages: `id=1, day=2024-01-01`."""
    return ", ".join(f"{column}={value}" for column, value in zip(columns, values, strict=True))


def _find(candidates: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the candidates that are among the sorted codes, and the index of each in the codes."""
    code_indices = np.searchsorted(codes, candidates)
    code_indices[code_indices == len(codes)] = 0
    found = np.flatnonzero(codes[code_indices] == candidates)
    return found, code_indices[found]


def _slot(codes: np.ndarray, size: int) -> np.ndarray:
    slots: np.ndarray = codes & (size - 1)
    return slots


def _is_directly_comparable(keys: pa.Table) -> bool:
    data_type = keys.schema.types[0]
    is_temporal = pa.types.is_temporal(data_type)
    return len(keys.schema) == 1 and (pa.types.is_integer(data_type) or is_temporal)


def _codes(keys: pa.Table, salt: int | None) -> np.ndarray:
    """One integer per row, in a new array."""
    return _integers(keys.column(0)) if salt is None else _hashes(keys, salt)


def _integers(column: pa.ChunkedArray) -> np.ndarray:
    width = pa.int32() if column.type.bit_width == 32 else pa.int64()
    numbers = (chunk.view(width) for chunk in column.chunks)
    chunks = [(chunk.fill_null(0) if chunk.null_count else chunk).to_numpy() for chunk in numbers]
    return np.concatenate([np.empty(0, dtype=np.dtype(str(width))), *chunks])


def _hashes(keys: pa.Table, salt: int) -> np.ndarray:
    with connection() as duckdb:
        duckdb.register("keys", searchable(keys))
        columns = ", ".join(map(_hashed_column, keys.schema))
        hashed = duckdb.sql(f"SELECT hash({columns}, {salt}) AS code FROM keys").to_arrow_table()
    chunks = [chunk.to_numpy().view(np.int64) for chunk in hashed["code"].chunks]
    return np.concatenate([np.empty(0, dtype=np.int64), *chunks])


def _hashed_column(field: pa.Field) -> str:
    # DuckDB combines the hashes of the halves of a 128-bit number by exclusive or, so those of 0 and -1 are equal.
    # https://github.com/duckdb/duckdb/blob/main/src/common/types/hash.cpp
    has_128_bits = pa.types.is_decimal(field.type) and field.type.precision > _MAX_64_BIT_DIGITS
    return f"{quoted(field.name)}::VARCHAR" if has_128_bits else quoted(field.name)


def connection() -> DuckDBPyConnection:
    """A connection to a database in memory."""
    return _database().cursor()


@cache
def _database() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


on_fork_or_exit(_database.cache_clear)


def searchable(keys: pa.Table) -> pa.Table:
    """Keys with columns that DuckDB can read."""
    return pa.table([storage(column) for column in keys.columns], names=keys.column_names)


def _are_equal_values(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    equal = pc.fill_null(pc.equal(storage(one), storage(other)), False)
    if pa.types.is_floating(one.type):
        return pc.or_(equal, pc.fill_null(pc.and_(pc.is_nan(one), pc.is_nan(other)), False))
    return equal


def check_nulls(table: str, keys: pa.Table) -> None:
    """Checks that keys are not null.

    Raises:
        NullKeysError: A row has a null key.
    """
    if not any(column.null_count for column in keys.columns):
        return
    missing = np.zeros(keys.num_rows, dtype=bool)
    for column in keys.columns:
        missing |= column.is_null().to_numpy()
    raise NullKeysError(table, keys.column_names, int(missing.sum()))


def _check_duplicates(table: str, suspects: pa.Table) -> None:
    columns = suspects.column_names
    names = ", ".join(quoted(column) for column in columns)
    with connection() as duckdb:
        duckdb.register("keys", searchable(suspects))
        repeated = f"SELECT {names} FROM keys GROUP BY {names} HAVING count(*) > 1"
        ((count,),) = duckdb.execute(f"SELECT count(*) FROM ({repeated})").fetchall()
        examples = duckdb.execute(f"{repeated} ORDER BY {names} LIMIT {MAX_EXAMPLES}").fetchall()
    if count:
        raise DuplicateKeysError(table, columns, count, [format_key(columns, row) for row in examples])
