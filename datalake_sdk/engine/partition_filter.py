"""Selects the manifests and files of one partition spec that may have rows of given partitions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import ManifestFile, PartitionFieldSummary
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import DoubleType, FloatType, IcebergType, PrimitiveType, UnknownType, UUIDType

_INCOMPARABLE = (FloatType, DoubleType, UUIDType, UnknownType)
"""Types whose bounds are not those of all values, such as NaN, or have no agreed order."""


@dataclass(frozen=True)
class PartitionFilter:
    """Partitions of one spec, by the values of some of its fields.

    Args:
        positions: Positions of these fields in partition records; without any, every partition is selected.
        values: Combinations of their values, as in partition records.
        types: Types of their values.
    """

    positions: tuple[int, ...]
    values: frozenset[tuple[Any, ...]]
    types: tuple[IcebergType, ...]
    _ranges: tuple[_FieldValues | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        by_field = zip(*self.values, strict=True) if self.values else ((),) * len(self.positions)
        ranges = (_FieldValues.of(set(values), kind) for values, kind in zip(by_field, self.types, strict=True))
        object.__setattr__(self, "_ranges", tuple(ranges))

    def __contains__(self, partition: Record) -> bool:
        return not self.positions or tuple([partition[position] for position in self.positions]) in self.values

    def may_contain(self, manifest: ManifestFile) -> bool:
        """Whether a manifest of the spec may list files of a selected partition, according to the manifest list."""
        summaries = manifest.partitions
        return not summaries or all(
            values is None or values.may_be_within(summaries[position])
            for position, values in zip(self.positions, self._ranges, strict=True)
        )

    def at(self, positions: Sequence[int]) -> PartitionFilter:
        """The same values at other positions."""
        return replace(self, positions=tuple(positions))


EVERY_PARTITION = PartitionFilter((), frozenset(), ())


def filter_of(
    spec: PartitionSpec, schema: Schema, positions: Sequence[int], partitions: Iterable[Record]
) -> PartitionFilter:
    """Selects partitions by the fields at the given positions.

    Args:
        spec: Partition spec of the records.
        schema: Current schema of the table.
        positions: Positions of the fields to compare.
        partitions: Partition records to select.
    """
    fields = spec.partition_type(schema).fields
    values = frozenset(tuple([partition[position] for position in positions]) for partition in partitions)
    return PartitionFilter(tuple(positions), values, tuple(fields[position].field_type for position in positions))


@dataclass(frozen=True)
class _FieldValues:
    """Selected values of one field, to compare with the bounds in a manifest list."""

    kind: PrimitiveType
    ordered: Sequence[Any]
    has_null: bool

    @classmethod
    def of(cls, values: Collection[Any], kind: IcebergType) -> _FieldValues | None:
        """The values; None if they cannot be compared with bounds."""
        if not isinstance(kind, PrimitiveType) or isinstance(kind, _INCOMPARABLE):
            return None
        return cls(kind, sorted(value for value in values if value is not None), None in values)

    def may_be_within(self, summary: PartitionFieldSummary) -> bool:
        if self.has_null and summary.contains_null is not False:
            return True
        if summary.lower_bound is None or summary.upper_bound is None:
            return False
        first = bisect_left(self.ordered, from_bytes(self.kind, summary.lower_bound))
        return first < len(self.ordered) and bool(self.ordered[first] <= from_bytes(self.kind, summary.upper_bound))
