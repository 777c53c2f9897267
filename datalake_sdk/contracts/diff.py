"""Compares two contracts of a table: lists the changes, and whether each breaks readers or writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, count
from typing import Any

from datalake_sdk.contracts.promises import AGES, DAYS_BY_UNIT, RETENTION
from datalake_sdk.contracts.type_names import canonical_type, is_promotion
from datalake_sdk.table_contract import (
    Bounds,
    ColumnConfiguration,
    Evolution,
    OnTypeChange,
    OnViolation,
    Quality,
    QualityType,
    Severity,
    SlaProperty,
    TableConfiguration,
)


@dataclass(frozen=True)
class ContractChange:
    """One difference between two contracts.

    Args:
        place: For example `amount.required`, or `slaProperties.freshness`.
        before: Value before, as text; None if it is added.
        after: Value after, as text; None if it is removed.
        breaks_readers: Whether queries that rely on the old contract may fail or return other results.
        breaks_writers: Whether batches that satisfied the old contract may violate the new one.
    """

    place: str
    before: str | None
    after: str | None
    breaks_readers: bool = False
    breaks_writers: bool = False

    @property
    def is_breaking(self) -> bool:
        """Whether the change breaks readers or writers."""
        return self.breaks_readers or self.breaks_writers

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def diff_contracts(before: TableConfiguration, after: TableConfiguration) -> list[ContractChange]:
    """Lists the changes from one contract to another, columns first.

    Types are compared if both contracts declare one.

    Args:
        before: The contract that readers and writers rely on.
        after: The new contract.
    """
    return [change for change in _changes(before, after) if change.before != change.after]


def _changes(before: TableConfiguration, after: TableConfiguration) -> Iterator[ContractChange]:
    for name in [*before.columns, *(name for name in after.columns if name not in before.columns)]:
        yield from _column(name, before, after)
    yield from _qualities("", before.quality, after.quality)
    yield from _settings(before, after)
    yield from _service_levels(before.sla_properties, after.sla_properties)


def _column(name: str, before: TableConfiguration, after: TableConfiguration) -> Iterator[ContractChange]:
    old, new = before.columns.get(name), after.columns.get(name)
    if new is None:
        is_frozen = after.evolution is Evolution.FREEZE
        yield ContractChange(name, "column", None, breaks_readers=True, breaks_writers=is_frozen)
        return
    if old is None:
        yield ContractChange(name, None, "column")
        old = ColumnConfiguration(type=new.type)
    yield from _type(name, old, new)
    yield from _constraints(name, old, new)
    yield from _qualities(f"{name}.", old.quality, new.quality)
    if name in before.columns and old.on_violation != new.on_violation:
        was, is_now = old.on_violation or before.on_violation, new.on_violation or after.on_violation
        yield _on_violation(f"{name}.on_violation", was, is_now)
    for attribute in ("classification", "description"):
        yield ContractChange(f"{name}.{attribute}", getattr(old, attribute), getattr(new, attribute))


def _type(name: str, old: ColumnConfiguration, new: ColumnConfiguration) -> Iterator[ContractChange]:
    if old.type is None or new.type is None:
        return
    before, after = canonical_type(old.type), canonical_type(new.type)
    widens = is_promotion(before, after)
    yield ContractChange(f"{name}.type", before, after, breaks_readers=not widens, breaks_writers=not widens)


def _constraints(name: str, old: ColumnConfiguration, new: ColumnConfiguration) -> Iterator[ContractChange]:
    """Removed constraints break readers, added constraints break writers."""
    for attribute, place in (("required", "required"), ("unique", "unique"), ("primary_key", "primaryKey")):
        was, is_now = getattr(old, attribute), getattr(new, attribute)
        yield ContractChange(
            f"{name}.{place}",
            str(was).lower(),
            str(is_now).lower(),
            breaks_readers=was and not is_now,
            breaks_writers=is_now and not was,
        )
    yield _set(f"{name}.enum", [item.value for item in old.enum], [item.value for item in new.enum])
    for attribute, place, is_looser in _LIMITS:
        first, last = (getattr(column.logical_type_options, attribute) for column in (old, new))
        yield _limit(f"{name}.{place}", first, last, is_looser)
    targets = [sorted(item.to for item in column.relationships) for column in (old, new)]
    yield ContractChange(
        f"{name}.relationships",
        ", ".join(targets[0]) or None,
        ", ".join(targets[1]) or None,
        breaks_readers=bool(set(targets[0]) - set(targets[1])),
        breaks_writers=bool(set(targets[1]) - set(targets[0])),
    )


def _set(place: str, old: list[Any], new: list[Any]) -> ContractChange:
    """A set of valid values; an empty one allows every value."""
    grows = bool(old) and (not new or any(value not in old for value in new))
    shrinks = bool(new) and (not old or any(value not in new for value in old))
    before, after = (", ".join(map(str, values)) or None for values in (old, new))
    return ContractChange(place, before, after, breaks_readers=grows, breaks_writers=shrinks)


def _less(first: Any, last: Any) -> bool:
    return bool(last < first)


def _greater(first: Any, last: Any) -> bool:
    return bool(last > first)


_LIMITS: tuple[tuple[str, str, Callable[[Any, Any], bool] | None], ...] = (
    ("minimum", "minimum", _less),
    ("exclusive_minimum", "exclusiveMinimum", _less),
    ("maximum", "maximum", _greater),
    ("exclusive_maximum", "exclusiveMaximum", _greater),
    ("min_length", "minLength", _less),
    ("max_length", "maxLength", _greater),
    ("pattern", "pattern", None),
    ("format", "format", None),
)
"""Limits of values: attribute, name in a file, and whether the last value allows more than the first."""


def _limit(place: str, first: Any, last: Any, is_looser: Callable[[Any, Any], bool] | None) -> ContractChange:
    before, after = (None if value is None else str(value) for value in (first, last))
    if first is None or last is None:
        return ContractChange(place, before, after, breaks_readers=last is None, breaks_writers=first is None)
    if is_looser is None or isinstance(first, str) != isinstance(last, str):
        return ContractChange(place, before, after, breaks_readers=True, breaks_writers=True)
    looser = is_looser(first, last)
    return ContractChange(place, before, after, breaks_readers=looser, breaks_writers=not looser)


def _qualities(prefix: str, old: tuple[Quality, ...], new: tuple[Quality, ...]) -> Iterator[ContractChange]:
    before, after = _by_title(old), _by_title(new)
    for title in [*before, *(title for title in after if title not in before)]:
        first, last = before.get(title), after.get(title)
        was, is_now = (item is not None and _rejects(item) for item in (first, last))
        differs = first is not None and last is not None and _condition(first) != _condition(last)
        yield ContractChange(
            f"{prefix}quality.{title}",
            None if first is None else _described(first),
            None if last is None else _described(last),
            breaks_readers=was and (not is_now or differs),
            breaks_writers=is_now and (not was or differs),
        )


def _by_title(items: tuple[Quality, ...]) -> dict[str, Quality]:
    """Items by name, or by what they check; items with the same title are numbered."""
    found: dict[str, Quality] = {}
    for item in items:
        title = item.name or item.metric or _one_line(item.expression or item.query or item.description)
        numbered = (f"{title} #{number}" for number in count(2))
        found[next(each for each in chain([title], numbered) if each not in found)] = item
    return found


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _rejects(item: Quality) -> bool:
    return (
        item.type is not QualityType.TEXT
        and item.severity is Severity.ERROR
        and item.on_violation is not OnViolation.WARN
    )


def _condition(item: Quality) -> tuple[object, ...]:
    return item.metric, item.arguments, item.query, item.expression, item.bounds, item.unit


def _described(item: Quality) -> str:
    subject = item.metric or _one_line(item.expression or item.query or item.description)
    parts = [str(subject), *([f"{item.bounds} {item.unit}"] if isinstance(item.bounds, Bounds) else [])]
    if item.type is not QualityType.TEXT:
        parts.append(item.severity)
    return ", ".join([*parts, *([item.on_violation] if item.on_violation else [])])


def _settings(before: TableConfiguration, after: TableConfiguration) -> Iterator[ContractChange]:
    yield _on_violation("on_violation", before.on_violation, after.on_violation)
    yield ContractChange(
        "evolution", before.evolution, after.evolution, breaks_writers=after.evolution is Evolution.FREEZE
    )
    rewrites = after.on_type_change is OnTypeChange.REWRITE
    yield ContractChange("on_type_change", before.on_type_change, after.on_type_change, breaks_readers=rewrites)
    for name in ("description", "status", "version"):
        yield ContractChange(name, getattr(before, name), getattr(after, name))
    old, new = (None if item.team is None else item.team.name for item in (before, after))
    yield ContractChange("team", old, new)


def _on_violation(place: str, before: OnViolation, after: OnViolation) -> ContractChange:
    warns = OnViolation.WARN
    return ContractChange(place, before, after, breaks_readers=after is warns, breaks_writers=before is warns)


def _service_levels(old: tuple[SlaProperty, ...], new: tuple[SlaProperty, ...]) -> Iterator[ContractChange]:
    """Any other value of a service level may be a weaker promise; only those of `AGES` are ordered."""
    before, after = _by_property(old), _by_property(new)
    for name in [*before, *(name for name in after if name not in before)]:
        first, last = before.get(name), after.get(name)
        weaker = first is not None and (last is None or _is_weaker(first, last))
        yield ContractChange(f"slaProperties.{name}", _promise(first), _promise(last), breaks_readers=weaker)


def _promise(item: SlaProperty | None) -> str | None:
    return None if item is None else f"{item.value} {item.unit or ''}".strip()


def _by_property(items: tuple[SlaProperty, ...]) -> Mapping[str, SlaProperty]:
    return {item.property if item.element is None else f"{item.property}.{item.element}": item for item in items}


def _is_weaker(first: SlaProperty, last: SlaProperty) -> bool:
    before, after = _days(first), _days(last)
    if first.property not in AGES or before is None or after is None:
        return (first.value, first.unit) != (last.value, last.unit)
    return after < before if first.property == RETENTION else after > before


def _days(item: SlaProperty) -> float | None:
    is_number = isinstance(item.value, int | float) and item.unit in DAYS_BY_UNIT
    return float(item.value) * DAYS_BY_UNIT[item.unit or ""] if is_number else None
