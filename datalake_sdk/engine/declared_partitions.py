"""The partitions that an `overwrite_partitions` declares, compared with the partitions of data files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isnan
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from datalake_sdk.engine.partitions import Partitioner, PartitionKey, spec_keys
from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.errors import PartitionSelectionError, UndeclaredPartitionsError, UnknownPartitionKeyError
from datalake_sdk.settings import PartitionInterval, PartitionSelection

_EPOCH = datetime(1970, 1, 1)
_SHORT_DATES = {re.compile(r"\d{4}"): "-01-01", re.compile(r"\d{4}-\d{2}"): "-01"}
_BOUNDED = (IntegerType, LongType, DecimalType)
_UNORDERED = (BooleanType, UUIDType, BinaryType, FixedType)


@dataclass(frozen=True)
class _Interval:
    start: Any
    end: Any

    def __contains__(self, value: Any) -> bool:
        return value is not None and self.start <= value < self.end


@dataclass(frozen=True)
class DeclaredPartitions:
    """Partitions to replace.

    Args:
        table: Name for messages.
        partitioner: Formats partitions for messages.
        values: Declared values, by position in the partition records; other positions may have any value.
    """

    table: str
    partitioner: Partitioner
    values: Mapping[int, Collection[Any] | _Interval]

    def __contains__(self, record: object) -> bool:
        return isinstance(record, Record) and all(
            record[position] in values for position, values in self.values.items()
        )

    def check(self, records: Iterable[Record]) -> None:
        """Checks that partitions are declared.

        Raises:
            UndeclaredPartitionsError: Some are not.
        """
        undeclared = {self.partitioner.path(record) for record in records if record not in self}
        if undeclared:
            raise UndeclaredPartitionsError(self.table, sorted(undeclared))


def declared_partitions(
    table: str, selection: PartitionSelection, spec: PartitionSpec, schema: Schema
) -> DeclaredPartitions:
    """Converts the declared values to those in partition records.

    Args:
        table: Name for messages.
        selection: Values or an interval by partition key.
        spec: Partition spec after the write.
        schema: Schema after the write.

    Raises:
        UnknownPartitionKeyError: The table is not partitioned by a key.
        PartitionSelectionError: A value does not belong to a partition of its key.
    """
    keys = [str(key) for key in spec_keys(spec, schema)]
    partitioner = Partitioner(spec, schema)
    values = {}
    for name, selected in selection.items():
        key = PartitionKey.parse(name)
        if str(key) not in keys:
            raise UnknownPartitionKeyError(table, name, keys)
        position = keys.index(str(key))
        source = schema.find_field(spec.fields[position].source_id).field_type
        field = _Field(table, key, source, partitioner, position)
        if position in values:
            raise PartitionSelectionError(table, name, selected, "the only entry for this partition key")
        values[position] = (
            field.interval(selected) if isinstance(selected, PartitionInterval) else field.set_of(selected)
        )
    return DeclaredPartitions(table, partitioner, values)


@dataclass(frozen=True)
class _Field:
    """A partition field, and its position in partition records."""

    table: str
    key: PartitionKey
    source: IcebergType
    partitioner: Partitioner
    position: int

    def set_of(self, values: Iterable[object]) -> frozenset[Any]:
        return frozenset(None if value is None else self._single_value(value) for value in values)

    def interval(self, interval: PartitionInterval) -> _Interval:
        if isinstance(self.key.transform, BucketTransform) or isinstance(self.source, _UNORDERED):
            raise self._error(interval, "a list of values: the partitions of this key have no order")
        start, end = (self._record_value(value) for value in (interval.start, interval.end))
        if start >= end:
            raise self._error(interval, "an interval whose start is before its end, which is not included")
        return _Interval(start, end)

    def _single_value(self, given: object) -> Any:
        """Refuses `2026-01` for a day, which may mean its first day or all of the month."""
        unit = type(self.source) if isinstance(self.key.transform, IdentityTransform) else type(self.key.transform)
        if len(str(given)) < _UNIT_LENGTHS.get(unit, 0):
            raise self._error(given, self._rule())
        return self._record_value(given)

    def _record_value(self, given: object) -> Any:
        value = given.item() if isinstance(given, np.generic) else given
        with suppress(ValueError, ArithmeticError, TypeError):
            converted = self._converted(value)
            if converted is not None:
                return self.partitioner.record_value(self.position, converted)
        raise self._error(given, self._rule())

    def _converted(self, value: Any) -> Any:
        """The value in partition records before its conversion by pyiceberg.

        Returns:
            None if the value is invalid.

        Raises:
            ValueError: The value is invalid, for example out of range.
        """
        transform = self.key.transform
        if isinstance(transform, BucketTransform):
            number = _integer(value)
            return number if number is not None and 0 <= number < transform.num_buckets else None
        if type(transform) in _UNITS:
            return _ordinal(transform, _moment(value))
        converted = _CONVERSIONS[type(self.source)](value)
        if isinstance(self.source, _BOUNDED):
            # Truncation of a decimal depends on its scale. https://iceberg.apache.org/spec/#truncate-transform-details
            converted = pa.scalar(converted, arrow_type(self.source)).as_py()
        if isinstance(transform, TruncateTransform) and converted is not None:
            return converted if transform.transform(self.source)(converted) == converted else None
        return converted

    def _rule(self) -> str:
        transform = self.key.transform
        if isinstance(transform, BucketTransform):
            return f"a number from 0 to {transform.num_buckets - 1}"
        if type(transform) in _UNITS:
            return f"the start of {_UNITS[type(transform)]}, such as {_EXAMPLES[type(transform)]}"
        kind = f"{self.source} value"
        return f"a {kind}" if isinstance(transform, IdentityTransform) else f"a {kind} as truncated by {self.key}"

    def _error(self, value: object, rule: str) -> PartitionSelectionError:
        shown = f"from {value.start} to {value.end}" if isinstance(value, PartitionInterval) else value
        return PartitionSelectionError(self.table, str(self.key), shown, rule)


_UNITS: dict[type[Transform[Any, Any]], str] = {
    YearTransform: "a year",
    MonthTransform: "a month",
    DayTransform: "a day",
    HourTransform: "an hour",
}
_UNIT_LENGTHS: dict[type, int] = {
    MonthTransform: len("2026-01"),
    DayTransform: len("2026-01-31"),
    DateType: len("2026-01-31"),
    HourTransform: len("2026-01-31T23"),
}
_EXAMPLES: dict[type[Transform[Any, Any]], str] = {
    YearTransform: "2026",
    MonthTransform: "2026-01",
    DayTransform: "2026-01-31",
    HourTransform: "2026-01-31T23:00",
}


def _moment(value: Any) -> datetime:
    """Parses a date or time; UTC, without a time zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    text = str(value)
    completion = next((rest for pattern, rest in _SHORT_DATES.items() if pattern.fullmatch(text)), "")
    moment = datetime.fromisoformat(text + completion)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _ordinal(transform: Transform[Any, Any], moment: datetime) -> int | None:
    """Number of whole units since 1970: https://iceberg.apache.org/spec/#partition-transforms."""
    if isinstance(transform, YearTransform):
        return moment.year - 1970 if moment == datetime(moment.year, 1, 1) else None
    if isinstance(transform, MonthTransform):
        is_start = moment == datetime(moment.year, moment.month, 1)
        return (moment.year - 1970) * 12 + moment.month - 1 if is_start else None
    units, rest = divmod(
        moment - _EPOCH, timedelta(days=1) if isinstance(transform, DayTransform) else timedelta(hours=1)
    )
    return None if rest else units


def _integer(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None


def _float(value: Any) -> float | None:
    number = float(value)
    return None if isnan(number) else number


def _boolean(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _date(value: Any) -> date | None:
    moment = _moment(value)
    return moment.date() if moment.time() == time() else None


def _of_type(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else None


_CONVERSIONS: dict[type[IcebergType], Callable[[Any], Any]] = {
    BooleanType: _boolean,
    IntegerType: _integer,
    LongType: _integer,
    FloatType: lambda value: _float(np.float32(value)),
    DoubleType: _float,
    DecimalType: lambda value: Decimal(str(value)),
    DateType: _date,
    TimeType: lambda value: time.fromisoformat(str(value)),
    TimestampType: _moment,
    TimestamptzType: lambda value: _moment(value).replace(tzinfo=UTC),
    StringType: _of_type(str),
    UUIDType: lambda value: UUID(str(value)),
    BinaryType: _of_type(bytes),
    FixedType: _of_type(bytes),
}
