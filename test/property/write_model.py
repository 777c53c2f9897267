"""Model of the write contract with dicts and lists: the oracle for every engine and platform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from test.property.contract_model import Check, Contract, Row, checks_of

NUMBERS: Mapping[str, Callable[[Any], Any]] = {
    "long": int,
    "double": float,
    "decimal": lambda value: Decimal(value).quantize(Decimal("0.01")),
}
"""Conversion of a value to each stored number type."""


class Rejected(Exception):
    """The contract rejects this write."""


@dataclass(frozen=True)
class Change:
    """What a write does with its rows.

    Args:
        mode: Mode of the write.
        keys: Upsert keys.
        partitions: Partitions to replace, as values by column; None are those of the rows.
        deleted: Keys of the rows to delete.
        missing: Columns whose stored values an upsert keeps.
        quarantining: Checks that quarantine rows because of other rows or stored values.
    """

    mode: str
    keys: Sequence[str]
    partitions: Mapping[str, Sequence[Any]] | None
    deleted: Collection[Any]
    missing: Collection[str]
    quarantining: Sequence[Check]


@dataclass
class ModelTable:
    """A table: its rows, the types of its columns in order, its partition columns, its ingestion ids and its contract.

    Args:
        violations: Number of violations of each check in the last write; empty if it committed nothing.
        quarantined: Number of rows that the last write quarantined.
        quarantines_final: Whether upserts quarantine duplicates and rows whose stored values violate a check.
    """

    rows: list[Row] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    partition_keys: tuple[str, ...] = ()
    ingestion_ids: set[str] = field(default_factory=set)
    contract: Contract = field(default_factory=dict)
    violations: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    quarantines_final: bool = True

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
        contract: Contract | None = None,
    ) -> None:
        """Applies one write; `partitions` are those to replace, as values by column.

        Without a contract, that of the table applies; otherwise it replaces that of the table.

        Raises:
            Rejected: The table is unchanged.
        """
        self.violations, self.quarantined = {}, 0
        if ingestion_id is not None and ingestion_id in self.ingestion_ids:
            return
        spec = self._spec(mode, types, partition_keys)
        if mode == "upsert" and not {order_by, delete_when} - {None} <= set(types):
            raise Rejected("order_by or delete_when not in the data")
        stored = {column: kind for column, kind in types.items() if column != delete_when}
        kinds = {**stored, **self.types}
        before, self.contract = self.contract, self.contract if contract is None else contract
        self._check_frozen(stored)
        rows = [{column: self._stored(column, kinds, row[column]) for column in stored} for row in batch]
        gone = [bool(row.get(delete_when)) for row in batch]
        checks = checks_of(self.contract)
        row_checks = [check for check in checks if check.is_of_rows]
        missing = {*self.types} - {*stored} if mode == "upsert" else set()
        final = [check for check in row_checks if order_by or missing & {*check.columns}]
        counts, kept = self._staged([check for check in row_checks if check not in final], rows, gone)
        rows, gone = ([each[number] for number in kept] for each in (rows, gone))
        is_rejected = len(kept) < len(batch)
        if mode == "upsert":
            self._check_keys(rows, stored, keys)
            rows, gone = self._last(rows, gone, keys, order_by) if on_duplicate == "last" else (rows, gone)
            self._check_unique(rows, keys)
        deleted = {self._key(row, keys) for row, is_gone in zip(rows, gone, strict=True) if is_gone}
        rows = [row for row, is_gone in zip(rows, gone, strict=True) if not is_gone]
        self._check_declared(mode, empty, partitions, spec, rows)
        if not rows and not deleted and not is_rejected and empty == "ignore" and partitions is None:
            self.contract = before
            return
        self.types = {**self.types, **{column: kind for column, kind in stored.items() if column not in self.types}}
        self.partition_keys = spec
        change = Change(mode, keys, partitions, deleted, missing, self._quarantining(mode, checks, final))
        old, new, late = self._applied(change, rows, is_rejected)
        self._check_stored([check for check in checks if check not in checks_of(before)], old)
        counts |= self._final(final, new) | self._of_table(checks, new, [*old, *new])
        self.rows, self.violations = [*old, *new], {name: count + late[name] for name, count in counts.items()}
        self.quarantined = len(batch) - len(kept) + len(rows) - len(new)
        if ingestion_id is not None:
            self.ingestion_ids.add(ingestion_id)

    def has_ambiguous_values(self, keys: Sequence[str], batch: Sequence[Row], columns: Collection[str]) -> bool:
        """Whether an upsert of these columns would keep values of stored rows that have the same key, but differ."""
        changed = {self._key(row, keys) for row in batch}
        kept = [column for column in self.types if column not in columns]
        rows = [row for row in self.rows if self._key(row, keys) in changed]
        distinct = {(self._key(row, keys), self._key(row, kept)) for row in rows}
        return len(distinct) > len({self._key(row, keys) for row in rows})

    def _spec(self, mode: str, types: Mapping[str, str], partition_keys: tuple[str, ...] | None) -> tuple[str, ...]:
        if partition_keys is not None and not set(partition_keys) <= set(types):
            raise Rejected("partition column not in the data")
        spec = self.partition_keys if partition_keys is None else partition_keys
        if mode == "overwrite_partitions" and not spec:
            raise Rejected("no partitions")
        return spec

    def _quarantining(self, mode: str, checks: Sequence[Check], final: Collection[Check]) -> list[Check]:
        """Checks that quarantine rows because of other rows or stored values."""
        if mode == "upsert" and not self.quarantines_final:
            return []
        late = [check for check in checks if check in final or check.kind == "unique"]
        return [check for check in late if check.effect == "quarantine"]

    def _applied(
        self, change: Change, rows: Sequence[Row], is_rejected: bool
    ) -> tuple[list[Row], list[Row], Counter[str]]:
        """Replaces rows until none has to be quarantined because of others.

        Returns:
            The rows that stay, the new rows and the number of late violations of each check.
        """
        late: Counter[str] = Counter()
        while True:
            replaces = rows or change.deleted or not is_rejected
            changed = self._changed(change.mode, rows, change.keys, change.partitions) if replaces else self.rows
            old, new = changed[: len(changed) - len(rows)], changed[len(changed) - len(rows) :]
            old = [row for row in old if not change.deleted or self._key(row, change.keys) not in change.deleted]
            is_bad = self._rejected_late(change.quarantining, new, [*old, *new], change.missing, late)
            if not any(is_bad):
                return old, new, late
            is_rejected = True
            rows = [row for row, bad in zip(rows, is_bad, strict=True) if not bad]

    def _check_frozen(self, columns: Collection[str]) -> None:
        known = {*self.types, *self.contract.get("schema", {})}
        if self.contract.get("evolution") == "freeze" and known and not set(columns) <= known:
            raise Rejected("new columns")

    def _staged(
        self, checks: Sequence[Check], batch: Sequence[Row], gone: Sequence[bool]
    ) -> tuple[dict[str, int], list[int]]:
        """Counts the violations of rows to store, and numbers the rows that are not quarantined."""
        violated = {check: [bad and not left for bad, left in self._with(check, batch, gone)] for check in checks}
        if any(check.effect == "fail" and any(found) for check, found in violated.items()):
            raise Rejected("rows violate a check")
        rejected = [found for check, found in violated.items() if check.effect == "quarantine"]
        kept = [number for number in range(len(batch)) if not any(found[number] for found in rejected)]
        return {check.name: sum(found) for check, found in violated.items()}, kept

    @staticmethod
    def _with(check: Check, batch: Sequence[Row], gone: Sequence[bool]) -> zip[tuple[bool, bool]]:
        return zip(check.violations(batch), gone, strict=True)

    @staticmethod
    def _rejected_late(
        checks: Sequence[Check], new: Sequence[Row], rows: Sequence[Row], missing: Collection[str], late: Counter[str]
    ) -> list[bool]:
        """Whether each new row is quarantined because of other rows or stored values; counts the violations.

        A duplicate of a stored value that an upsert keeps cannot be quarantined.
        """
        is_bad = [False] * len(new)
        for check in checks:
            if check.kind == "unique":
                found = [bad and not missing & {*check.columns} for bad in check.duplicates(new, rows)]
            else:
                found = check.violations(new)
            late[check.name] += sum(found)
            is_bad = [bad or is_found for bad, is_found in zip(is_bad, found, strict=True)]
        return is_bad

    def _final(self, checks: Sequence[Check], new: Sequence[Row]) -> dict[str, int]:
        """Checks the rows of an upsert with the stored values that they keep."""
        counts = {check: sum(check.violations(new)) for check in checks}
        if any(count and check.effect != "warn" for check, count in counts.items()):
            raise Rejected("rows with stored values violate a check")
        return {check.name: count for check, count in counts.items()}

    def _of_table(self, checks: Sequence[Check], new: Sequence[Row], rows: Sequence[Row]) -> dict[str, int]:
        counts = {check: check.table_violations(new, rows) for check in checks if not check.is_of_rows}
        if any(count and check.effect != "warn" for check, count in counts.items()):
            raise Rejected("the table violates a check")
        return {check.name: count for check, count in counts.items()}

    def _check_stored(self, added: Sequence[Check], stored: Sequence[Row]) -> None:
        """Stored rows must fulfill new checks that fail a write."""
        for check in added:
            count = sum(check.violations(stored)) if check.is_of_rows else check.table_violations(stored, stored)
            if check.effect == "fail" and check.kind != "rowCount" and count:
                raise Rejected("stored rows violate a new check")

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
