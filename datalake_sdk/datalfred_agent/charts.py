"""Charts: a specification and the rows of a query, checked before anything is drawn."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from datalake_sdk.datalfred_agent.queries import QueryResult
from datalake_sdk.errors import ChartRowsError, NotNumericColumnError, UnknownChartColumnError

Kind: TypeAlias = Literal["bar", "line", "scatter"]
_MAX_TICKS = 6
_MAX_VALUE = 1e300
"""Larger values are drawn as gaps, and larger positions are not used, since their differences may not be finite."""
_MAX_EXACT_INTEGER = 1e15
"""Smaller integers are exact as floats."""
_TWO_DECIMALS_FROM = 100


@dataclass(frozen=True)
class Series:
    """Values of one column; None is a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Args:
        kind: Kind of chart.
        title: Title.
        labels: Label of each row.
        positions: Position of each row on the horizontal axis: its number or time, or else its index.
        series: Values of each row.
    """

    kind: Kind
    title: str
    labels: tuple[str, ...]
    positions: tuple[float, ...]
    series: tuple[Series, ...]

    @property
    def limits(self) -> tuple[float, float]:
        """Minimum and maximum of the vertical axis, which are always different; bars start at zero."""
        values = [value for series in self.series for value in series.values if value is not None]
        low, high = min(values), max(values)
        if self.kind == "bar":
            low, high = min(low, 0.0), max(high, 0.0)
        padding = abs(low) / 10 or 1
        return (low, high) if low < high else (low - padding, high + padding)


def create_chart(kind: Kind, title: str, x: str, y: Sequence[str], result: QueryResult) -> Chart:
    """Creates a chart from the rows of a query.

    Args:
        kind: Kind of chart.
        title: Title.
        x: Column of the labels.
        y: Numeric columns.
        result: All rows.

    Raises:
        ChartRowsError: The result is incomplete, or has no value.
        UnknownChartColumnError: A column does not exist.
        NotNumericColumnError: A value of `y` is not a number.
    """
    if not result.is_complete:
        raise ChartRowsError(f"more than {len(result.lines):,} rows")
    columns = _columns(result)
    labels = _column(columns, x)
    series = tuple(Series(name, tuple(_number(name, text) for text in _column(columns, name))) for name in y)
    if all(value is None for each in series for value in each.values):
        raise ChartRowsError("no values")
    return Chart(kind, title, labels, _positions(kind, labels), series)


def number_text(value: float) -> str:
    """Formats a number for axes and labels."""
    if value.is_integer() and abs(value) < _MAX_EXACT_INTEGER:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if _TWO_DECIMALS_FROM <= abs(value) < _MAX_EXACT_INTEGER else f"{value:.4g}"


def ticks(low: float, high: float) -> list[float]:
    """Returns at most six round numbers between two numbers."""
    rough = (high - low) / (_MAX_TICKS - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(factor for factor in (1, 2, 5, 10) if factor * unit >= rough * (1 - 1e-9))
    return [count * step for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _columns(result: QueryResult) -> dict[str, tuple[str, ...]]:
    # The reader returns a line with one empty value as an empty row.
    rows = [row or [""] for row in csv.reader(result.lines)]
    return {column["name"]: tuple(row[index] for row in rows) for index, column in enumerate(result.columns)}


def _column(columns: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    if name not in columns:
        raise UnknownChartColumnError(name, list(columns))
    return columns[name]


def _number(column: str, text: str) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        raise NotNumericColumnError(column, text) from None
    return value if abs(value) <= _MAX_VALUE else None


def _positions(kind: Kind, labels: tuple[str, ...]) -> tuple[float, ...]:
    parsers: tuple[Callable[[str], float], ...] = () if kind == "bar" else (float, _seconds)
    for parse in parsers:
        try:
            found = tuple(map(parse, labels))
        except ValueError:
            continue
        if all(abs(position) <= _MAX_VALUE for position in found):
            return found
    return tuple(map(float, range(len(labels))))


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
