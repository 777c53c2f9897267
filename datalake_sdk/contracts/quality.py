"""Parses the quality items of a table file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from datalake_sdk.contracts.fields import Fields, near
from datalake_sdk.contracts.file_fields import file_fields
from datalake_sdk.contracts.patterns import pattern_problem
from datalake_sdk.errors import DatalakeError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.table_contract import (
    Bounds,
    Dimension,
    Metric,
    MetricArguments,
    OnViolation,
    Operator,
    Quality,
    QualityType,
    Severity,
    Unit,
)

_Parsed = TypeVar("_Parsed")
_PAIRS = (Operator.MUST_BE_BETWEEN, Operator.MUST_NOT_BE_BETWEEN)
_TABLE_METRICS = (Metric.ROW_COUNT, Metric.DUPLICATE_VALUES)


def parse_quality(fields: Fields, column: str | None, columns: tuple[str, ...]) -> tuple[Quality, ...]:
    """Parses the field `quality`.

    Args:
        fields: The table or a column.
        column: The column; None for the table.
        columns: Columns of the table, for checks that name them.

    Raises:
        TablesConfigurationError: An item is invalid.
        InvalidCheckExpressionError: An expression does not parse.
    """
    items = [Fields.of(fields.source, place, item, file_fields(Quality)) for place, item in fields.items("quality")]
    return tuple(_parsed(item, column, columns) for item in items)


def _parsed(item: Fields, column: str | None, columns: tuple[str, ...]) -> Quality:
    quality = Quality(
        name=item.string("name"),
        description=item.string("description"),
        dimension=item.choice("dimension", Dimension),
        severity=item.choice("severity", Severity) or Severity.ERROR,
        type=_type(item),
        metric=item.choice("metric", Metric),
        arguments=_arguments(item, columns),
        query=item.string("query"),
        expression=item.string("expression"),
        bounds=_bounds(item),
        unit=item.choice("unit", Unit) or Unit.ROWS,
        on_violation=item.choice("on_violation", OnViolation),
    )
    _CHECKS[quality.type](item, quality, column, columns)
    return quality


def _type(item: Fields) -> QualityType:
    given = item.choice("type", QualityType)
    has_sql = "query" in item.values or "expression" in item.values
    return given or (QualityType.SQL if has_sql else QualityType.LIBRARY)


def _bounds(item: Fields) -> Bounds | None:
    given = [operator for operator in Operator if operator in item.values]
    if len(given) > 1:
        item.refuse(f"{' and '.join(given)} are both set; an item has one of them")
    if not given:
        return None
    operator = given[0]
    return Bounds(operator, item.number_pair(operator) if operator in _PAIRS else (item.number(operator),))


def _arguments(item: Fields, columns: tuple[str, ...]) -> MetricArguments:
    given = item.within("arguments", file_fields(MetricArguments))
    given.check("pattern", pattern_problem)
    properties = tuple(map(normalized_column_name, given.strings("properties")))
    for name in properties:
        _check_column(item, name, columns)
    missing = [value for _, value in given.items("missingValues") if value is not None]
    return MetricArguments(
        missing_values=tuple(given.as_scalar("missingValues", value) for value in missing),
        valid_values=given.scalars("validValues"),
        pattern=given.string("pattern"),
        properties=properties,
    )


def _check_column(item: Fields, name: str, columns: tuple[str, ...]) -> None:
    if name not in columns:
        hint = near(name, columns)
        item.refuse(f"column '{name}' is not in schema", hint or "Add it to `schema`, with or without a type.")


def _check_metric(item: Fields, quality: Quality, column: str | None, columns: tuple[str, ...]) -> None:
    _check_unused(item, ("query", "expression"), "metrics")
    if quality.metric is None:
        item.refuse("metric is not set", f"Set it to one of {', '.join(Metric)}, or set `query` or `expression`.")
    if quality.metric is Metric.ROW_COUNT and column is not None:
        item.refuse("metric is 'rowCount', which counts the rows of the table", "Move the item to the table's quality.")
    if quality.metric is Metric.ROW_COUNT and (quality.bounds is None or quality.unit is Unit.PERCENT):
        item.refuse("metric is 'rowCount', which needs a bound in rows", "For example mustBeGreaterThan: 0.")
    if column is None and quality.metric not in _TABLE_METRICS:
        item.refuse(f"metric is '{quality.metric}', which counts values of a column", "Move the item to the column.")
    _check_arguments(item, quality, column)


def _check_arguments(item: Fields, quality: Quality, column: str | None) -> None:
    given, metric = quality.arguments, quality.metric
    used = {
        Metric.MISSING_VALUES: ("missingValues",),
        Metric.INVALID_VALUES: ("validValues", "pattern"),
        Metric.DUPLICATE_VALUES: ("properties",) if column is None else (),
    }.get(metric or Metric.ROW_COUNT, ())
    for name in item.values.get("arguments") or ():
        if name not in used:
            valid = f"use {', '.join(used)}" if used else "remove it"
            item.refuse(f"arguments has '{name}', which does not apply to metric '{metric}'; {valid}")
    if metric is Metric.INVALID_VALUES and not given.valid_values and given.pattern is None:
        item.refuse("metric is 'invalidValues' without arguments", "Set arguments.validValues or arguments.pattern.")
    if metric is Metric.DUPLICATE_VALUES and column is None and not given.properties:
        item.refuse("metric is 'duplicateValues' without columns", "List them in arguments.properties.")


def _check_sql(item: Fields, quality: Quality, column: str | None, columns: tuple[str, ...]) -> None:
    from datalake_sdk.contracts.statements import expression_columns, table_query

    _check_unused(item, ("metric", "arguments"), "SQL")
    if (quality.query is None) == (quality.expression is None):
        item.refuse("an item of type sql has either `query` or `expression`")
    if quality.expression is not None:
        for name in _valid(item, partial(expression_columns, quality.expression)):
            _check_column(item, name, columns)
    if quality.query is not None:
        if quality.bounds is None or quality.unit is Unit.PERCENT:
            item.refuse("a query needs a bound in rows for its result", "For example mustBe: 0.")
        _valid(item, partial(table_query, quality.query, column))


def _valid(item: Fields, parse: Callable[[], _Parsed]) -> _Parsed:
    try:
        return parse()
    except DatalakeError as error:
        item.refuse(error.message, error.hint)


def _check_text(item: Fields, quality: Quality, column: str | None, columns: tuple[str, ...]) -> None:
    _check_unused(item, ("metric", "arguments", "query", "expression", *Operator), "text")
    if quality.description is None:
        item.refuse("an item of type text has no description")


def _check_unused(item: Fields, names: tuple[str, ...], kind: str) -> None:
    for name in names:
        if name in item.values:
            item.refuse(f"{name} does not apply to {kind}", "Remove it, or change `type`.")


_CHECKS = {
    QualityType.LIBRARY: _check_metric,
    QualityType.SQL: _check_sql,
    QualityType.TEXT: _check_text,
}
