"""Draws charts as SVG: https://www.w3.org/TR/SVG11/."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from datalake_sdk.datalfred_agent.charts import Chart, number_text, ticks
from datalake_sdk.terminal_text import short_label

COLORS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2")
"""One for each series."""
FONTS = "Arial, Helvetica, Liberation Sans, Noto Sans, DejaVu Sans, sans-serif"
"""Fonts of macOS, Windows and common Linux distributions."""
_WIDTH, _HEIGHT = 800, 450
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 780, 60, 390
_LABELS = 8
_LABEL_LENGTH, _TITLE_LENGTH = 16, 100
_BAR_SHARE = 0.8
"""Part of the width of a category that its bars cover."""


@dataclass(frozen=True)
class _Scales:
    """Maps rows and values to points of the image."""

    chart: Chart

    def across(self, index: int) -> float:
        positions = self.chart.positions
        if self.chart.kind == "bar":
            return _LEFT + (index + 0.5) * self.category
        first, last = min(positions), max(positions)
        share = (positions[index] - first) / (last - first) if last > first else 0.5
        return _LEFT + share * (_RIGHT - _LEFT)

    def down(self, value: float) -> float:
        low, high = self.chart.limits
        return _TOP + (high - value) / (high - low) * (_BOTTOM - _TOP)

    @property
    def category(self) -> float:
        """Width of a category of bars."""
        return (_RIGHT - _LEFT) / len(self.chart.labels)


def svg_chart(chart: Chart) -> str:
    """Draws a chart as an SVG document without scripts, links and external resources."""
    scales = _Scales(chart)
    marks = {"bar": _bars, "line": _lines, "scatter": _points}[chart.kind]
    elements = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="{FONTS}" '
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 24, chart.title, _TITLE_LENGTH, 'font-size="16"'),
        *_legend(chart),
        *_value_axis(chart, scales),
        *_label_axis(chart, scales),
        *marks(chart, scales),
        "</svg>",
    ]
    return "\n".join(elements) + "\n"


def _legend(chart: Chart) -> Iterator[str]:
    width = (_RIGHT - _LEFT) / len(chart.series)
    for index, (color, series) in enumerate(zip(COLORS, chart.series, strict=False)):
        left = _LEFT + index * width
        yield f'<rect x="{left:.1f}" y="36" width="10" height="10" fill="{color}"/>'
        yield _text(left + 15, 45, series.name, _LABEL_LENGTH)


def _value_axis(chart: Chart, scales: _Scales) -> Iterator[str]:
    for value in ticks(*chart.limits):
        down = scales.down(value)
        yield f'<line x1="{_LEFT}" y1="{down:.1f}" x2="{_RIGHT}" y2="{down:.1f}" stroke="#dddddd"/>'
        yield _text(_LEFT - 8, down + 4, number_text(value), _LABEL_LENGTH, 'text-anchor="end"')


def _label_axis(chart: Chart, scales: _Scales) -> Iterator[str]:
    order = sorted(range(len(chart.labels)), key=lambda index: chart.positions[index])
    for index in order[:: math.ceil(len(order) / _LABELS)]:
        yield _text(scales.across(index), _BOTTOM + 20, chart.labels[index], _LABEL_LENGTH, 'text-anchor="middle"')


def _bars(chart: Chart, scales: _Scales) -> Iterator[str]:
    width = scales.category * _BAR_SHARE / len(chart.series)
    for number, (color, series) in enumerate(zip(COLORS, chart.series, strict=False)):
        for index, value in enumerate(series.values):
            if value is not None:
                left = scales.across(index) - scales.category * _BAR_SHARE / 2 + number * width
                top, bottom = sorted((scales.down(value), scales.down(0)))
                yield (
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" '
                    f'fill="{color}"/>'
                )


def _lines(chart: Chart, scales: _Scales) -> Iterator[str]:
    for color, series in zip(COLORS, chart.series, strict=False):
        for run in _runs(series.values):
            points = " ".join(f"{scales.across(index):.1f},{scales.down(value):.1f}" for index, value in run)
            yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>'
    yield from _points(chart, scales)


def _points(chart: Chart, scales: _Scales) -> Iterator[str]:
    for color, series in zip(COLORS, chart.series, strict=False):
        for index, value in enumerate(series.values):
            if value is not None:
                yield f'<circle cx="{scales.across(index):.1f}" cy="{scales.down(value):.1f}" r="3" fill="{color}"/>'


def _runs(values: Sequence[float | None]) -> Iterable[list[tuple[int, float]]]:
    """Returns the values between gaps, with their indexes."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def _text(x: float, y: float, text: str, length: int, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(short_label(text, length))}</text>'
