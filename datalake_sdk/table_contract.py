"""What a table promises: the frozen model of `tables_configuration/db.table.yaml`.

Fields have the names and the meaning of the Open Data Contract Standard 3:
https://bitol-io.github.io/open-data-contract-standard/latest/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

CONTRACT_PROPERTY = "datalake_sdk_contract"
"""The [contract](contracts.md#the-stored-contract) as JSON with the fields of a table file, without `properties`.
Writes without a table file are checked against it."""

Scalar: TypeAlias = bool | int | float | str
"""A constant of a contract; dates and times are strings in ISO 8601."""


class OnViolation(StrEnum):
    """Effect of rows that violate a check."""

    FAIL = "fail"
    """Nothing is published. All violated checks are reported at once."""
    QUARANTINE = "quarantine"
    """The offending rows are stored in the [quarantine](quarantine.md), the others are published."""
    WARN = "warn"
    """All rows are published, and the violation is logged once. Checks of severity `warning` do the same."""


class Severity(StrEnum):
    """Severity of a check; a violated check of severity `warning` never fails a write."""

    ERROR = "error"
    WARNING = "warning"


class Evolution(StrEnum):
    """Whether a batch may change the columns of the table."""

    EVOLVE = "evolve"
    FREEZE = "freeze"


class OnTypeChange(StrEnum):
    """Effect of a new type that Iceberg cannot promote the stored type to."""

    REFUSE = "refuse"
    REWRITE = "rewrite"


class QualityType(StrEnum):
    """Kind of a quality item: a metric, SQL, or text for readers."""

    LIBRARY = "library"
    SQL = "sql"
    TEXT = "text"


class Metric(StrEnum):
    """What a quality item of type `library` counts."""

    NULL_VALUES = "nullValues"
    """Rows whose value is null."""
    MISSING_VALUES = "missingValues"
    """Rows whose value is null or in `arguments.missingValues`."""
    INVALID_VALUES = "invalidValues"
    """Rows whose value is not in `arguments.validValues` or does not match `arguments.pattern`."""
    DUPLICATE_VALUES = "duplicateValues"
    """Rows that share their value with another row; for a table, their values in `arguments.properties`."""
    ROW_COUNT = "rowCount"
    """Rows of the table. Needs a bound."""


class Unit(StrEnum):
    """Unit of the bounds of a quality item."""

    ROWS = "rows"
    PERCENT = "percent"


class Dimension(StrEnum):
    """Dimension of data quality."""

    ACCURACY = "accuracy"
    COMPLETENESS = "completeness"
    CONFORMITY = "conformity"
    CONSISTENCY = "consistency"
    COVERAGE = "coverage"
    TIMELINESS = "timeliness"
    UNIQUENESS = "uniqueness"


class Operator(StrEnum):
    """Comparison of a number with the bounds of a quality item."""

    MUST_BE = "mustBe"
    MUST_NOT_BE = "mustNotBe"
    MUST_BE_GREATER_THAN = "mustBeGreaterThan"
    MUST_BE_GREATER_OR_EQUAL_TO = "mustBeGreaterOrEqualTo"
    MUST_BE_LESS_THAN = "mustBeLessThan"
    MUST_BE_LESS_OR_EQUAL_TO = "mustBeLessOrEqualTo"
    MUST_BE_BETWEEN = "mustBeBetween"
    MUST_NOT_BE_BETWEEN = "mustNotBeBetween"


@dataclass(frozen=True)
class EnumValue:
    """A valid value of a column.

    Args:
        value: The value.
        label: Short name for readers.
        description: Text for readers.
    """

    value: Scalar
    label: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class ValueOptions:
    """Limits of the values of a column: `logicalTypeOptions`.

    Args:
        minimum: Smallest valid number, date or time. NaN is outside every bound.
        maximum: Largest valid number, date or time.
        exclusive_minimum: Valid numbers, dates or times are greater.
        exclusive_maximum: Valid numbers, dates or times are less.
        min_length: Minimum number of characters (code points) of a string.
        max_length: Maximum number of characters of a string.
        pattern: Regular expression that a string must contain a match of; anchor it with `^` and `$`. See
            [patterns](#patterns).
        format: Format of a string: `email`, `hostname`, `ipv4`, `uri` or `uuid`. For other types, it is for readers.
    """

    minimum: Scalar | None = None
    maximum: Scalar | None = None
    exclusive_minimum: Scalar | None = None
    exclusive_maximum: Scalar | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class Relationship:
    """A foreign key.

    Args:
        to: Referenced column as `table.column` of the same database, or `database.table.column`. Its table's current
            snapshot must contain the value.
        type: Only `foreignKey`.
        on_violation: Effect of rows without a referenced row; by default that of the column.
    """

    to: str
    type: str = "foreignKey"
    on_violation: OnViolation | None = None


@dataclass(frozen=True)
class MetricArguments:
    """Arguments of a metric.

    Args:
        missing_values: Values that `missingValues` counts in addition to null.
        valid_values: Values that `invalidValues` does not count.
        pattern: Regular expression; `invalidValues` does not count the strings that it matches.
        properties: Columns of `duplicateValues` on a table.
    """

    missing_values: tuple[Scalar, ...] = ()
    valid_values: tuple[Scalar, ...] = ()
    pattern: str | None = None
    properties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """Comparison of a number, for example `mustBeLessThan: 5`.

    Args:
        operator: Comparison.
        values: One number, or two of `mustBeBetween` and `mustNotBeBetween`.
    """

    operator: Operator
    values: tuple[float, ...]

    def allow(self, value: float) -> bool:
        """Whether a number is valid."""
        first, last = self.values[0], self.values[-1]
        match self.operator:
            case Operator.MUST_BE:
                return value == first
            case Operator.MUST_NOT_BE:
                return value != first
            case Operator.MUST_BE_GREATER_THAN:
                return value > first
            case Operator.MUST_BE_GREATER_OR_EQUAL_TO:
                return value >= first
            case Operator.MUST_BE_LESS_THAN:
                return value < first
            case Operator.MUST_BE_LESS_OR_EQUAL_TO:
                return value <= first
            case Operator.MUST_BE_BETWEEN:
                return first <= value <= last
            case Operator.MUST_NOT_BE_BETWEEN:
                return not first <= value <= last

    def __str__(self) -> str:
        numbers = [f"{value:g}" for value in self.values]
        return f"{self.operator} {numbers[0] if len(numbers) == 1 else '[' + ', '.join(numbers) + ']'}"


@dataclass(frozen=True)
class Quality:
    """A quality item of a column or of the table.

    Args:
        name: Name of the check in messages and results; by default derived from the metric or the SQL.
        description: Text for readers.
        dimension: Dimension of data quality, for readers.
        severity: A violated check of severity `warning` never fails a write.
        type: A metric (`library`), SQL, or text for readers. `sql` is the default with `query` or `expression`.
        metric: [What is counted](#metrics).
        arguments: [Arguments of the metric](#arguments-of-a-metric).
        query: A query in Athena's SQL with one number as its result, which a bound compares. It reads `{object}`, the
            table, and in a column also `{property}`.
        expression: A boolean condition in Athena's SQL, which a row violates if it is false. Null, the result of a
            comparison with null, is not false.
        bounds: Bound of the number of rows that violate the item, or of the result of a query; one per item. Without
            a bound, or with `mustBe: 0`, each row is checked.
        unit: Unit of the bound: rows, or percent of the table's rows.
        on_violation: Effect of a violation; by default that of the column or the table.
    """

    name: str | None = None
    description: str | None = None
    dimension: Dimension | None = None
    severity: Severity = Severity.ERROR
    type: QualityType = QualityType.LIBRARY
    metric: Metric | None = None
    arguments: MetricArguments = field(default_factory=MetricArguments)
    query: str | None = None
    expression: str | None = None
    bounds: Bounds | None = None
    unit: Unit = Unit.ROWS
    on_violation: OnViolation | None = None


@dataclass(frozen=True)
class ColumnConfiguration:
    """One column of a table file.

    Args:
        type: Declared Iceberg type, for example `long` or `decimal(10, 2)`; by default inferred. A value that the type
            cannot represent always fails the write.
        description: Comment stored with the column; by default the stored comment remains.
        required: Whether each row must have a value.
        unique: Whether no two rows may have the same value; null equals no value.
        primary_key: Whether the column is part of the primary key. Its columns must not be null, and no two rows may
            have the same values in all of them.
        enum: [Valid values](#valid-values): constants, or mappings with a label.
        logical_type_options: [Limits of the values](#logicaltypeoptions).
        classification: For example `public`, `restricted` or `confidential`. Values of columns with a classification
            other than `public` are [hidden](contract-commands.md).
        relationships: [Foreign keys](#relationships).
        examples: Examples for readers.
        tags: Tags for readers.
        quality: [Quality items](#quality-items) of the column.
        on_violation: [Effect of violations](#violations) of the checks of this column; by default that of the table.
    """

    type: str | None = None
    description: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    enum: tuple[EnumValue, ...] = ()
    logical_type_options: ValueOptions = field(default_factory=ValueOptions)
    classification: str | None = None
    relationships: tuple[Relationship, ...] = ()
    examples: tuple[Scalar, ...] = ()
    tags: tuple[str, ...] = ()
    quality: tuple[Quality, ...] = ()
    on_violation: OnViolation | None = None


@dataclass(frozen=True)
class TeamMember:
    """A member of the team that owns a table.

    Args:
        username: Name or e-mail address.
        name: Full name.
        role: For example `owner`.
        description: Text for readers.
    """

    username: str
    name: str | None = None
    role: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Team:
    """The team that owns a table.

    Args:
        name: Name of the team.
        description: Text for readers.
        members: [Members](#members).
    """

    name: str | None = None
    description: str | None = None
    members: tuple[TeamMember, ...] = ()


@dataclass(frozen=True)
class SlaProperty:
    """A service-level promise, for example `freshness` of 24 hours.

    Args:
        property: Name of the promise. `freshness`, `latency` and `retention` need a positive number and a unit of
            time, and `retention` an `element`.
        value: Promised value.
        unit: A unit of time is `m`, `h`, `d`, `w`, `months`, `y` or its long name.
        element: Column that the promise is about.
        driver: For example `regulatory`, `analytics` or `operational`.
        description: Text for readers.
    """

    property: str
    value: Scalar
    unit: str | None = None
    element: str | None = None
    driver: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class TableConfiguration:
    """Configuration of a table in `tables_configuration/db.table.yaml`.

    Args:
        description: Comment stored with the table; by default the stored comment remains.
        columns: [Columns](#fields-of-a-column) by name, normalized as in a batch; `columns` is an alias of `schema`.
        partition_keys: Columns or transforms such as `day(ts)`; by default the table keeps its partitioning. See the
            [write contract](write-contract.md).
        properties: [Table properties](table-properties.md) to set, as strings.
        quality: [Quality items](#quality-items) of the table.
        team: [Owner](#team) of the table.
        sla_properties: [Service-level promises](#service-level-promises).
        status: For readers, for example `draft`, `active` or `deprecated`.
        version: Version of the contract, for readers.
        tags: Tags for readers.
        on_violation: [Effect of violated checks](#violations) without their own `on_violation`.
        evolution: With `freeze`, a batch may not change the columns.
        on_type_change: With `rewrite`, a column is converted to a type that Iceberg cannot promote its type to.
        is_contract: Whether this is the table's contract, which replaces the stored one; False if it only has
            descriptions and types.
    """

    description: str | None = None
    columns: Mapping[str, ColumnConfiguration] = field(default_factory=dict)
    partition_keys: tuple[str, ...] | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    quality: tuple[Quality, ...] = ()
    team: Team | None = None
    sla_properties: tuple[SlaProperty, ...] = ()
    status: str | None = None
    version: str | None = None
    tags: tuple[str, ...] = ()
    on_violation: OnViolation = OnViolation.FAIL
    evolution: Evolution = Evolution.EVOLVE
    on_type_change: OnTypeChange = OnTypeChange.REFUSE
    is_contract: bool = False

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Columns of the primary key."""
        return tuple(name for name, column in self.columns.items() if column.primary_key)

    @property
    def classified_columns(self) -> frozenset[str]:
        """Columns with a classification other than `public`, whose values are hidden in messages."""
        return frozenset(
            name
            for name, column in self.columns.items()
            if column.classification and column.classification.lower() != "public"
        )
