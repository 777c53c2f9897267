"""Draws charts with characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from datalake_sdk.datalfred_agent.charts import Chart, number_text
from datalake_sdk.terminal_text import short_label

MARKERS = "●○■□▲△"
"""One for each series."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NEGATIVE = "▒"
_CONNECTION = "·"
_MAX_WIDTH, _MIN_PLOT_WIDTH, _ROWS = 120, 20, 16
_LABEL_LENGTH, _TITLE_LENGTH = 24, 120


def terminal_chart(chart: Chart, width: int) -> str:
    """Draws a chart as lines of text.

    Args:
        chart: Chart to draw.
        width: Width of the terminal in characters.
    """
    lines = _bars(chart, min(width, _MAX_WIDTH)) if chart.kind == "bar" else _grid(chart, min(width, _MAX_WIDTH))
    return "\n".join([short_label(chart.title, _TITLE_LENGTH), *lines])


def _bars(chart: Chart, width: int) -> Iterator[str]:
    """Yields a line for each value: its label, its series if there are several, a bar and the number."""
    rows = list(_bar_rows(chart))
    headings = [heading for heading, _ in rows]
    numbers = ["" if value is None else number_text(value) for _, value in rows]
    heading_width, number_width = max(map(len, headings)), max(map(len, numbers))
    available = max(_MIN_PLOT_WIDTH, width - heading_width - number_width - 3)
    scale = max(map(abs, chart.limits))
    for (heading, value), number in zip(rows, numbers, strict=True):
        bar = "" if value is None else _bar(value / scale, available)
        yield f"{heading:<{heading_width}} {bar:<{available}} {number:>{number_width}}".rstrip()


def _bar_rows(chart: Chart) -> Iterator[tuple[str, float | None]]:
    length = max(len(short_label(label, _LABEL_LENGTH)) for label in chart.labels)
    for index, label in enumerate(chart.labels):
        for number, series in enumerate(chart.series):
            name = f" {short_label(series.name, _LABEL_LENGTH)}" if len(chart.series) > 1 else ""
            yield f"{'' if number else short_label(label, _LABEL_LENGTH):<{length}}{name}", series.values[index]


def _bar(share: float, width: int) -> str:
    if share < 0:
        return _NEGATIVE * max(1, round(-share * width))
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _grid(chart: Chart, width: int) -> Iterator[str]:
    low, high = chart.limits
    axis = [number_text(high), *[""] * (_ROWS - 2), number_text(low)]
    margin = max(map(len, axis))
    columns = max(_MIN_PLOT_WIDTH, width - margin - 2)
    cells = _cells(chart, columns)
    for row, tick in enumerate(axis):
        line = "".join(cells.get((column, row), " ") for column in range(columns))
        yield f"{tick:>{margin}} {'┤' if tick else '│'}{line}".rstrip()
    yield f"{'':>{margin}} └{'─' * columns}"
    yield f"{'':>{margin}}  {_ends(chart, columns)}"
    yield "  ".join(
        f"{mark} {short_label(each.name, _LABEL_LENGTH)}" for mark, each in zip(MARKERS, chart.series, strict=False)
    )


def _ends(chart: Chart, columns: int) -> str:
    """Labels of the first and of the last position."""
    ordered = sorted(zip(chart.positions, chart.labels, strict=True))
    length = min(_LABEL_LENGTH, columns // 2 - 1)
    first, last = (short_label(label, length) for _, label in (ordered[0], ordered[-1]))
    return f"{first}{last:>{columns - len(first)}}" if first != last else first


def _cells(chart: Chart, columns: int) -> Mapping[tuple[int, int], str]:
    """Returns a character for each column and row in which something is drawn."""
    cells: dict[tuple[int, int], str] = {}
    for marker, series in zip(MARKERS, chart.series, strict=False):
        points = [_point(chart, columns, *each) for each in zip(chart.positions, series.values, strict=True)]
        if chart.kind == "line":
            for cell in _connections(points):
                cells.setdefault(cell, _CONNECTION)
        cells |= {point: marker for point in points if point is not None}
    return cells


def _point(chart: Chart, columns: int, position: float, value: float | None) -> tuple[int, int] | None:
    if value is None:
        return None
    (low, high), (first, last) = chart.limits, (min(chart.positions), max(chart.positions))
    across = (position - first) / (last - first) if last > first else 0.5
    return round(across * (columns - 1)), round((high - value) / (high - low) * (_ROWS - 1))


def _connections(points: Iterable[tuple[int, int] | None]) -> Iterator[tuple[int, int]]:
    """Yields the cells between consecutive points; lines are interrupted at gaps."""
    previous: tuple[int, int] | None = None
    for point in points:
        if previous is not None and point is not None:
            steps = max(abs(point[0] - previous[0]), abs(point[1] - previous[1]), 1)
            for step in range(1, steps):
                share = step / steps
                column = round(previous[0] + (point[0] - previous[0]) * share)
                yield column, round(previous[1] + (point[1] - previous[1]) * share)
        previous = point
