"""Counts the rows that violate checks, from any thread, with some examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

import pyarrow as pa

from datalake_sdk.contracts.checks import Check, CheckResult, RowCheck

MAX_EXAMPLES = 5
_HIDDEN = "***"
_SHOWN_VALUE = 80


@dataclass(frozen=True)
class RowIdentity:
    """How messages identify a row.

    Args:
        keys: Columns of the primary key, or the upsert keys.
        hidden: Classified columns, whose values are not shown.
    """

    keys: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def columns(self, check: Check) -> list[str]:
        """Columns that identify a row in a message about a check."""
        return list(dict.fromkeys((*self.keys, *check.columns)))

    def examples(self, check: Check, rows: pa.Table) -> list[str]:
        """Formats rows, for example `id=1, amount=-5`.

        Args:
            check: The check that the rows violate.
            rows: Rows, of which the first few are formatted.
        """
        names = [name for name in self.columns(check) if name in rows.column_names]
        if not names:
            return []
        shown = rows.slice(0, MAX_EXAMPLES).select(names).to_pylist()
        return [", ".join(f"{name}={self._shown(name, row[name])}" for name in names) for row in shown]

    def _shown(self, name: str, value: object) -> str:
        if value is None:
            return "null"
        return _HIDDEN if name in self.hidden else _printable(str(value)[:_SHOWN_VALUE])


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


@dataclass
class _Count:
    rows: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, rows: int, examples: Iterable[str]) -> None:
        self.rows += rows
        self.examples = [*self.examples, *examples][:MAX_EXAMPLES]


class CheckLog:
    """Violations of row checks in one write.

    Those found while the batch is staged hold for every commit attempt, those that depend on stored rows for one.

    Attributes:
        evaluated: Checks of the rows of the batch that were evaluated while it was staged.
    """

    def __init__(self) -> None:
        self.evaluated: frozenset[RowCheck] = frozenset()
        self._staged: dict[str, _Count] = {}
        self._attempt: dict[str, _Count] = {}
        self._rejected: dict[str, _Count] = {}
        self._lock = Lock()

    def begin_attempt(self) -> None:
        """Removes what the previous commit attempt found."""
        self._attempt, self._rejected = {}, {}

    def add_rejected(self, check: Check, rows: int, examples: Sequence[str]) -> None:
        """Adds rows that the current commit attempt quarantines."""
        with self._lock:
            self._rejected.setdefault(check.name, _Count()).add(rows, examples)

    def add(self, check: Check, rows: int, examples: Sequence[str], *, in_attempt: bool = False) -> None:
        """Adds rows that violate a check."""
        with self._lock:
            counts = self._attempt if in_attempt else self._staged
            counts.setdefault(check.name, _Count()).add(rows, examples)

    def depends_on_attempt(self, check: Check) -> bool:
        """Whether the current commit attempt found violations of a check."""
        return check.name in self._attempt

    def with_rejected(self, result: CheckResult) -> CheckResult:
        """Adds the rows that the current commit attempt quarantines to the result of a check of the table."""
        rejected = self._rejected.get(result.name)
        if rejected is None:
            return result
        examples = (*result.examples, *rejected.examples)[:MAX_EXAMPLES]
        return replace(result, violations=result.violations + rejected.rows, passed=False, examples=examples)

    def result(self, check: Check) -> CheckResult:
        """The result of a check of single rows."""
        every = (self._staged, self._attempt, self._rejected)
        counts = [counts[check.name] for counts in every if check.name in counts]
        rows = sum(count.rows for count in counts)
        examples = [text for count in counts for text in count.examples]
        return CheckResult(
            check.name,
            check.column,
            check.severity,
            check.on_violation,
            rows,
            passed=rows == 0,
            examples=tuple(examples[:MAX_EXAMPLES]),
        )
