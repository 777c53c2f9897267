"""Model of data contracts with dicts and lists: which rows violate each check of a table file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Contract = Mapping[str, Any]
"""Content of a table file."""


@dataclass(frozen=True)
class Check:
    """One check of a table file.

    Args:
        name: Name in results.
        kind: Field of the table file, or `expression`.
        columns: Columns that it reads.
        argument: A limit, a pattern, an expression, a list of values as text, or a pair of limits.
        effect: `fail`, `quarantine` or `warn`.
        severity: `error` or `warning`.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    argument: Any
    effect: str
    severity: str = "error"

    @property
    def is_of_rows(self) -> bool:
        """Whether the check holds for each row on its own."""
        return self.kind not in ("unique", "rowCount")

    def violations(self, rows: Sequence[Row]) -> list[bool]:
        """Whether each row violates a check of rows."""
        (column,) = self.columns
        return [self._is_violated(row.get(column)) for row in rows]

    def table_violations(self, new: Sequence[Row], rows: Sequence[Row]) -> int:
        """Number of new rows that violate a check of the table; 1 if it has too few or too many rows."""
        if self.kind == "rowCount":
            least, most = self.argument
            return int(not least <= len(rows) <= most)
        return sum(self.duplicates(new, rows))

    def duplicates(self, new: Sequence[Row], rows: Sequence[Row]) -> list[bool]:
        """Whether each new row shares its values with another row."""
        counts = Counter(map(self._key, rows))
        return [counts[self._key(row)] > 1 and None not in self._key(row) for row in new]

    def _is_violated(self, value: Any) -> bool:
        if value is None:
            return self.kind == "required"
        return self.kind != "required" and _VIOLATED[self.kind](value, self.argument)

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row.get(column) for column in self.columns)


def checks_of(contract: Contract) -> list[Check]:
    """The checks of a table file."""
    return [*_column_checks(contract), *_table_checks(contract)]


def _column_checks(contract: Contract) -> Iterator[Check]:
    for column, fields in contract.get("schema", {}).items():
        effect = fields.get("on_violation", contract.get("on_violation", "fail"))
        if fields.get("required") or fields.get("primaryKey"):
            yield Check(f"{column}.required", "required", (column,), None, effect)
        if "enum" in fields:
            yield Check(f"{column}.enum", "enum", (column,), tuple(fields["enum"]), effect)
        for kind, limit in fields.get("logicalTypeOptions", {}).items():
            yield Check(f"{column}.{kind}", kind, (column,), limit, effect)
        if fields.get("unique"):
            yield Check(f"{column}.unique", "unique", (column,), None, effect)
        for item in fields.get("quality", ()):
            text = item["expression"]
            yield Check(text, "expression", (column,), text, *_effect(item, effect))


def _table_checks(contract: Contract) -> Iterator[Check]:
    default = contract.get("on_violation", "fail")
    keys = tuple(column for column, fields in contract.get("schema", {}).items() if fields.get("primaryKey"))
    if keys:
        yield Check("primaryKey", "unique", keys, None, default)
    for item in contract.get("quality", ()):
        yield Check("rowCount", "rowCount", (), tuple(item["mustBeBetween"]), *_effect(item, default))


def _effect(item: Mapping[str, Any], default: str) -> tuple[str, str]:
    if item.get("severity") == "warning":
        return "warn", "warning"
    return item.get("on_violation", default), "error"


EXPRESSIONS: Mapping[str, Callable[[Any], bool]] = {
    "price * 2 <= 3": lambda value: value * 2 <= 3,
    "name <> 'NA'": lambda value: value != "NA",
    "id % 2 = 0 OR id IS NULL": lambda value: value % 2 == 0,
}
"""Whether a value fulfills an expression in Athena's SQL over its column."""
_VIOLATED: Mapping[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, values: value not in values,
    "minimum": lambda value, limit: value < limit,
    "maximum": lambda value, limit: value > limit,
    "exclusiveMinimum": lambda value, limit: value <= limit,
    "exclusiveMaximum": lambda value, limit: value >= limit,
    "minLength": lambda value, limit: len(value) < limit,
    "maxLength": lambda value, limit: len(value) > limit,
    "pattern": lambda value, pattern: re.search(pattern, value) is None,
    "expression": lambda value, text: not EXPRESSIONS[text](value),
}
