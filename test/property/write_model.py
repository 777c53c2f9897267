"""Model of the write contract with dicts and lists: the oracle for every engine and platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        if mode == "upsert":
            self._check_keys(batch, types, keys)
        self._check_declared(mode, empty, partitions, spec, batch)
        if not batch and empty == "ignore" and partitions is None:
            return
        self.types = {**self.types, **{column: kind for column, kind in types.items() if column not in self.types}}
        batch = [{column: self._stored(column, value) for column, value in row.items()} for row in batch]
        self.partition_keys = spec
        self.rows = self._changed(mode, batch, keys, partitions)
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

    def _stored(self, column: str, value: Any) -> Any:
        """Converts a number to the column's type."""
        convert = NUMBERS.get(self.types[column])
        if convert is None or value is None:
            return value
        stored = convert(value)
        if Decimal(str(stored)) != Decimal(str(value)):
            raise Rejected(f"{column} is {self.types[column]}")
        return stored

    def _check_keys(self, batch: Sequence[Row], columns: Mapping[str, str], keys: Sequence[str]) -> None:
        if not keys or not set(keys) <= set(columns):
            raise Rejected("keys")
        found = [self._key(row, keys) for row in batch]
        if any(None in key for key in found) or len(set(found)) < len(found):
            raise Rejected("null or duplicate keys")

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
