"""Draws charts as PNG images with the fonts of the machine."""

from __future__ import annotations

import resvg_py

from datalake_sdk.datalfred_agent.charts import Chart
from datalake_sdk.datalfred_agent.svg_charts import FONTS, svg_chart
from datalake_sdk.errors import MissingFontError

_ZOOM = 2
_LETTER = f'<text y="15" font-family="{FONTS}">x</text>'


def png_chart(chart: Chart) -> bytes:
    """Draws a chart as a PNG image.

    Raises:
        MissingFontError: The machine has none of the fonts, and the chart would have no labels.
    """
    # resvg omits text without a matching font.
    if _small_image(_LETTER) == _small_image(""):
        raise MissingFontError(FONTS)
    return resvg_py.svg_to_bytes(svg_string=svg_chart(chart), zoom=_ZOOM)


def _small_image(element: str) -> bytes:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{element}</svg>'
    return resvg_py.svg_to_bytes(svg_string=svg)
