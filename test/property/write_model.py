"""Model of the write contract with dicts and lists: the oracle for every engine and platform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
NUMBERS: Mapping[str, Callable[[Any], Any]] = {
    "long": int,
    "double": float,
    "decimal": lambda value: Decimal(value).quantize(Decimal("0.01")),
}
"""Conversion of a value to each stored number type."""


class Rejected(Exception):
    """The contract rejects this write."""


@dataclass
class ModelTable:
    """A table: its rows, the types of its columns in order, its partition columns and its ingestion ids."""

    rows: list[Row] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    partition_keys: tuple[str, ...] = ()
    ingestion_ids: set[str] = field(default_factory=set)

    def write(
        self,
        mode: str,
        batch: Sequence[Row],
        types: Mapping[str, str],
        keys: Sequence[str] = (),
        partition_keys: tuple[str, ...] | None = None,
        ingestion_id: str | None = None,
        empty: str = "ignore",
        partitions: Mapping[str, Sequence[Any]] | None = None,
        on_duplicate: str = "refuse",
        order_by: str | None = None,
        delete_when: str | None = None,
    ) -> None:
        """Applies one write; `partitions` are those to replace, as values by column.

        Raises:
            Rejected: The table is unchanged.
        """
        if ingestion_id is not None and ingestion_id in self.ingestion_ids:
            return
        if partition_keys is not None and not set(partition_keys) <= set(types):
            raise Rejected("partition column not in the data")
        spec = self.partition_keys if partition_keys is None else partition_keys
        if mode == "overwrite_partitions" and not spec:
            raise Rejected("no partitions")
        if mode == "upsert" and not {order_by, delete_when} - {None} <= set(types):
            raise Rejected("order_by or delete_when not in the data")
        stored = {column: kind for column, kind in types.items() if column != delete_when}
        kinds = {**stored, **self.types}
        rows = [{column: self._stored(column, kinds, row[column]) for column in stored} for row in batch]
        gone = [bool(row.get(delete_when)) for row in batch]
        if mode == "upsert":
            self._check_keys(rows, stored, keys)
            rows, gone = self._last(rows, gone, keys, order_by) if on_duplicate == "last" else (rows, gone)
            self._check_unique(rows, keys)
        deleted = {self._key(row, keys) for row, is_gone in zip(rows, gone, strict=True) if is_gone}
        rows = [row for row, is_gone in zip(rows, gone, strict=True) if not is_gone]
        self._check_declared(mode, empty, partitions, spec, rows)
        if not rows and not deleted and empty == "ignore" and partitions is None:
            return
        self.types = {**self.types, **{column: kind for column, kind in stored.items() if column not in self.types}}
        self.partition_keys = spec
        changed = self._changed(mode, rows, keys, partitions)
        self.rows = [row for row in changed if not deleted or self._key(row, keys) not in deleted]
        if ingestion_id is not None:
            self.ingestion_ids.add(ingestion_id)

    @property
    def columns(self) -> list[str]:
        """Column names in order."""
        return list(self.types)

    def content(self) -> list[Row]:
        """All rows with all columns, ordered by their values."""
        complete = [{column: row.get(column) for column in self.columns} for row in self.rows]
        return sorted(complete, key=repr)

    def _stored(self, column: str, kinds: Mapping[str, str], value: Any) -> Any:
        """Converts a number to the column's type."""
        convert = NUMBERS.get(kinds[column])
        if convert is None or value is None:
            return value
        stored = convert(value)
        if Decimal(str(stored)) != Decimal(str(value)):
            raise Rejected(f"{column} is {kinds[column]}")
        return stored

    def _check_keys(self, batch: Sequence[Row], columns: Collection[str], keys: Sequence[str]) -> None:
        if not keys or not set(keys) <= set(columns):
            raise Rejected("keys")
        if any(None in self._key(row, keys) for row in batch):
            raise Rejected("null keys")

    def _check_unique(self, batch: Sequence[Row], keys: Sequence[str]) -> None:
        if len({self._key(row, keys) for row in batch}) < len(batch):
            raise Rejected("duplicate keys")

    def _last(
        self, batch: Sequence[Row], gone: Sequence[bool], keys: Sequence[str], order_by: str | None
    ) -> tuple[list[Row], list[bool]]:
        """Keeps the last row of each key, or different rows of which none is before another."""
        last: dict[tuple[Any, ...], list[tuple[Row, bool]]] = {}
        for row, is_gone in zip(batch, gone, strict=True):
            rows = last.setdefault(self._key(row, keys), [(row, is_gone)])
            order, greatest = self._order(row[order_by]), self._order(rows[0][0][order_by])
            if order > greatest:
                rows[:] = [(row, is_gone)]
            elif order == greatest and not (rows[0] == (row, is_gone) or (is_gone and rows[0][1])):
                rows.append((row, is_gone))
        kept = [each for rows in last.values() for each in rows]
        return [row for row, _ in kept], [is_gone for _, is_gone in kept]

    @staticmethod
    def _order(value: Any) -> tuple[bool, Any]:
        """Null and NaN are less than any value."""
        is_value = value is not None and value == value
        return is_value, value if is_value else 0

    def _check_declared(
        self,
        mode: str,
        empty: str,
        declared: Mapping[str, Sequence[Any]] | None,
        spec: Sequence[str],
        batch: Sequence[Row],
    ) -> None:
        if empty == "replace" and (mode in ("append", "upsert") or (mode != "overwrite" and declared is None)):
            raise Rejected("no partitions to empty")
        if declared is None:
            return
        if mode != "overwrite_partitions" or not set(declared) <= set(spec):
            raise Rejected("no such partitions")
        if not all(self._is_in(row, declared) for row in batch):
            raise Rejected("rows outside of the declared partitions")

    @staticmethod
    def _is_in(row: Row, declared: Mapping[str, Sequence[Any]]) -> bool:
        return all(row.get(column) in values for column, values in declared.items())

    def _changed(
        self,
        mode: str,
        batch: Sequence[Row],
        keys: Sequence[str],
        declared: Mapping[str, Sequence[Any]] | None,
    ) -> list[Row]:
        if mode == "overwrite":
            return list(batch)
        if mode == "append":
            return self.rows + list(batch)
        if declared is not None:
            return [row for row in self.rows if not self._is_in(row, declared)] + list(batch)
        if mode == "overwrite_partitions":
            replaced = {self._key(row, self.partition_keys) for row in batch}
            kept = [row for row in self.rows if self._key(row, self.partition_keys) not in replaced]
            return kept + list(batch)
        return self._upserted(batch, keys)

    def _upserted(self, batch: Sequence[Row], keys: Sequence[str]) -> list[Row]:
        stored = {self._key(row, keys): row for row in self.rows}
        changed = {self._key(row, keys) for row in batch}
        kept = [row for row in self.rows if self._key(row, keys) not in changed]
        return kept + [stored.get(self._key(row, keys), {}) | row for row in batch]

    @staticmethod
    def _key(row: Row, columns: Sequence[str]) -> tuple[Any, ...]:
        return tuple(row.get(column) for column in columns)
