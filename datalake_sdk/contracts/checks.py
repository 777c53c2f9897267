"""The checks of a contract: what each of them requires, and what happens to rows that violate it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from datalake_sdk.contracts.patterns import FORMATS
from datalake_sdk.table_contract import (
    Bounds,
    ColumnConfiguration,
    Metric,
    OnViolation,
    Operator,
    Quality,
    QualityType,
    Scalar,
    Severity,
    TableConfiguration,
    Unit,
    ValueOptions,
)

_SHOWN_EXPRESSION = 60


class RowRule(StrEnum):
    """What a row must fulfill; null violates only `REQUIRED` and `NOT_MISSING`."""

    REQUIRED = "required"
    NOT_MISSING = "missingValues"
    ENUM = "enum"
    MINIMUM = "minimum"
    EXCLUSIVE_MINIMUM = "exclusiveMinimum"
    MAXIMUM = "maximum"
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum"
    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"
    PATTERN = "pattern"
    EXPRESSION = "expression"


class TableRule(StrEnum):
    """What the rows of a table must fulfill together."""

    UNIQUE = "unique"
    FOREIGN_KEY = "foreignKey"
    ROW_COUNT = "rowCount"
    COUNT = "count"
    QUERY = "query"


@dataclass(frozen=True)
class RowCheck:
    """A check of one row.

    Args:
        name: Unique name in the contract, for example `amount.minimum`.
        column: Column that the contract declares the check for; None for a check of the table.
        rule: Kind of the check.
        columns: Columns that the check reads.
        value: A bound, a length, a pattern, an expression, or a tuple of values.
        severity: Severity of the check.
        on_violation: Effect of a violation.
    """

    name: str
    column: str | None
    rule: RowRule
    columns: tuple[str, ...]
    value: Scalar | tuple[Scalar, ...] | None
    severity: Severity
    on_violation: OnViolation

    @property
    def requirement(self) -> str:
        """What the check requires, for messages."""
        match self.rule:
            case RowRule.REQUIRED:
                return f"'{self.column}' is required"
            case RowRule.EXPRESSION:
                return f"{self.value}"
            case RowRule.ENUM | RowRule.NOT_MISSING:
                relation = "one of" if self.rule is RowRule.ENUM else "none of null,"
                values = ", ".join(map(str, self.value if isinstance(self.value, tuple) else ()))
                return f"'{self.column}' must be {relation} {values:.200}".rstrip(" ,")
            case RowRule.PATTERN if self.value in FORMATS.values():
                name = next(name for name, pattern in FORMATS.items() if pattern == self.value)
                return f"format of '{self.column}' is {name}"
        return f"{self.rule} of '{self.column}' is {self.value}"


@dataclass(frozen=True)
class TableCheck:
    """A check of all rows of the table as the write leaves it.

    Args:
        name: Unique name in the contract, for example `primaryKey`.
        column: Column that the contract declares the check for; None for a check of the table.
        rule: Kind of the check.
        columns: Columns that the check reads.
        value: `table.column` of a foreign key, or a query.
        counted: Rules that `COUNT` counts the violations of: rows that violate at least one of them.
        bounds: Valid numbers; None allows no violation.
        unit: Unit of the bounds.
        severity: Severity of the check.
        on_violation: Effect of a violation.
    """

    name: str
    column: str | None
    rule: TableRule
    columns: tuple[str, ...]
    value: str | None
    counted: tuple[RowCheck, ...]
    bounds: Bounds | None
    unit: Unit
    severity: Severity
    on_violation: OnViolation

    @property
    def requirement(self) -> str:
        """What the check requires, for messages."""
        match self.rule:
            case TableRule.UNIQUE if self.bounds is None:
                return f"{', '.join(self.columns)} must be unique"
            case TableRule.FOREIGN_KEY:
                return f"'{self.column}' must be a value of {self.value}"
        unit = "%" if self.unit is Unit.PERCENT else ""
        return f"{self.bounds}{unit}"


Check = RowCheck | TableCheck


@dataclass(frozen=True)
class Checks:
    """The checks of a contract.

    Args:
        rows: Checks of single rows.
        table: Checks of the table.
    """

    rows: tuple[RowCheck, ...] = ()
    table: tuple[TableCheck, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.table)

    @property
    def by_name(self) -> dict[str, Check]:
        """All checks by their names."""
        every: tuple[Check, ...] = (*self.rows, *self.table)
        return {check.name: check for check in every}

    def without(self, others: Checks) -> Checks:
        """The checks that others do not contain."""
        return Checks(
            tuple(check for check in self.rows if check not in others.rows),
            tuple(check for check in self.table if check not in others.table),
        )


NO_CHECKS = Checks()


@dataclass(frozen=True)
class CheckResult:
    """Result of a check in one write.

    Args:
        name: Name of the check.
        column: Column of the check; None for a check of the table.
        severity: Severity of the check.
        on_violation: Effect of a violation.
        violations: Number of rows that violate the check; 1 for a violated `rowCount` or query.
        passed: Whether the check holds.
        value: The number that a check with bounds compares.
        examples: Some of the violating rows; values of classified columns are hidden.
    """

    name: str
    column: str | None
    severity: Severity
    on_violation: OnViolation
    violations: int
    passed: bool
    value: float | None = None
    examples: tuple[str, ...] = ()


def contract_checks(contract: TableConfiguration) -> Checks:
    """Lists the checks of a contract.

    Args:
        contract: The contract of a table.
    """
    found: list[Check] = []
    for name, column in contract.columns.items():
        found += _column_checks(name, column, column.on_violation or contract.on_violation)
    if contract.primary_key:
        found.append(_unique("primaryKey", None, contract.primary_key, contract.on_violation))
    for quality in contract.quality:
        found += _quality_checks(quality, None, contract.on_violation)
    named = list(_with_unique_names(found))
    return Checks(
        tuple(check for check in named if isinstance(check, RowCheck)),
        tuple(check for check in named if isinstance(check, TableCheck)),
    )


def _with_unique_names(checks: Sequence[Check]) -> Iterator[Check]:
    seen: dict[str, int] = {}
    for check in checks:
        seen[check.name] = number = seen.get(check.name, 0) + 1
        yield check if number == 1 else replace(check, name=f"{check.name} ({number})")


def _column_checks(name: str, column: ColumnConfiguration, action: OnViolation) -> Iterator[Check]:
    if column.required or column.primary_key:
        yield _row_check(f"{name}.required", name, RowRule.REQUIRED, None, action)
    if column.enum:
        yield _row_check(f"{name}.enum", name, RowRule.ENUM, tuple(each.value for each in column.enum), action)
    yield from _option_checks(name, column.logical_type_options, action)
    if column.unique:
        yield _unique(f"{name}.unique", name, (name,), action)
    for relationship in column.relationships:
        yield replace(
            _unique(f"{name}.{relationship.type}", name, (name,), relationship.on_violation or action),
            rule=TableRule.FOREIGN_KEY,
            value=relationship.to,
        )
    for quality in column.quality:
        yield from _quality_checks(quality, name, action)


def _option_checks(name: str, options: ValueOptions, action: OnViolation) -> Iterator[RowCheck]:
    rules = {
        RowRule.MINIMUM: options.minimum,
        RowRule.EXCLUSIVE_MINIMUM: options.exclusive_minimum,
        RowRule.MAXIMUM: options.maximum,
        RowRule.EXCLUSIVE_MAXIMUM: options.exclusive_maximum,
        RowRule.MIN_LENGTH: options.min_length,
        RowRule.MAX_LENGTH: options.max_length,
        RowRule.PATTERN: options.pattern,
    }
    for rule, value in rules.items():
        if value is not None:
            yield _row_check(f"{name}.{rule}", name, rule, value, action)
    if options.format in FORMATS:
        yield _row_check(f"{name}.format", name, RowRule.PATTERN, FORMATS[options.format], action)


def _row_check(
    name: str, column: str | None, rule: RowRule, value: Scalar | tuple[Scalar, ...] | None, action: OnViolation
) -> RowCheck:
    return RowCheck(name, column, rule, (column,) if column else (), value, Severity.ERROR, action)


def _unique(name: str, column: str | None, columns: tuple[str, ...], action: OnViolation) -> TableCheck:
    return TableCheck(
        name, column, TableRule.UNIQUE, columns, None, (), None, Unit.ROWS, severity=Severity.ERROR, on_violation=action
    )


def _quality_checks(quality: Quality, column: str | None, default: OnViolation) -> Iterator[Check]:
    if quality.type is QualityType.TEXT:
        return
    is_warning = quality.severity is Severity.WARNING
    action = OnViolation.WARN if is_warning else quality.on_violation or default
    name = quality.name or _derived_name(quality, column)
    for check in _unbounded(quality, name, column, action):
        yield replace(check, severity=quality.severity)


def _derived_name(quality: Quality, column: str | None) -> str:
    sql = " ".join((quality.expression or quality.query or "").split())
    name = quality.metric.value if quality.metric else sql[:_SHOWN_EXPRESSION]
    return f"{column}.{name}" if column and quality.metric else name


def _unbounded(quality: Quality, name: str, column: str | None, action: OnViolation) -> Iterator[Check]:
    if quality.metric is Metric.ROW_COUNT or quality.query is not None:
        rule = TableRule.ROW_COUNT if quality.query is None else TableRule.QUERY
        yield _bounded(replace(_unique(name, column, (), action), rule=rule, value=quality.query), quality)
    elif quality.metric is Metric.DUPLICATE_VALUES:
        columns = (column,) if column else quality.arguments.properties
        yield _bounded(_unique(name, column, columns, action), quality)
    else:
        rules = tuple(_row_rules(quality, name, column, action))
        if _allows_no_violation(quality.bounds):
            yield from rules
        else:
            columns = tuple(dict.fromkeys(each for rule in rules for each in rule.columns))
            check = replace(_unique(name, column, columns, action), rule=TableRule.COUNT, counted=rules)
            yield _bounded(check, quality)


def _bounded(check: TableCheck, quality: Quality) -> TableCheck:
    bounds = None if check.rule is TableRule.UNIQUE and _allows_no_violation(quality.bounds) else quality.bounds
    return replace(check, bounds=bounds, unit=quality.unit)


def _allows_no_violation(bounds: Bounds | None) -> bool:
    """Whether only 0 violations are valid, so that each row can be checked for itself."""
    return bounds is None or (
        bounds.operator in (Operator.MUST_BE, Operator.MUST_BE_LESS_OR_EQUAL_TO) and bounds.values == (0,)
    )


def _row_rules(quality: Quality, name: str, column: str | None, action: OnViolation) -> Iterator[RowCheck]:
    arguments = quality.arguments
    if quality.expression is not None:
        from datalake_sdk.contracts.statements import expression_columns

        columns = expression_columns(quality.expression)
        yield replace(_row_check(name, column, RowRule.EXPRESSION, quality.expression, action), columns=columns)
    elif quality.metric is Metric.NULL_VALUES:
        yield _row_check(name, column, RowRule.REQUIRED, None, action)
    elif quality.metric is Metric.MISSING_VALUES:
        yield _row_check(name, column, RowRule.NOT_MISSING, arguments.missing_values, action)
    else:
        if arguments.valid_values:
            yield _row_check(name, column, RowRule.ENUM, arguments.valid_values, action)
        if arguments.pattern is not None:
            yield _row_check(name, column, RowRule.PATTERN, arguments.pattern, action)
