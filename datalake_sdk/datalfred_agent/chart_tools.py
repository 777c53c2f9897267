"""Tools that draw the result of a query: the model writes a specification, never code."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from datalake_sdk.datalfred_agent.charts import Chart, Kind, create_chart
from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.png_charts import png_chart
from datalake_sdk.datalfred_agent.queries import QueryRunner
from datalake_sdk.datalfred_agent.svg_charts import svg_chart
from datalake_sdk.datalfred_agent.terminal_charts import MARKERS, terminal_chart
from datalake_sdk.datalfred_agent.tools import Arguments, Draw, Drawing, Tool


class Plot(Arguments):
    """Draws the rows of one SELECT as a chart in the user's terminal, at most 200 rows in the order of the query.

    Use it if the shape of many values matters: a trend, a distribution, a comparison. The user sees the chart; do not
    repeat its values.
    """

    sql: str = Field(max_length=20_000, description="The statement, as for query.")
    kind: Kind = Field(description="`bar` for categories, `line` for times and sequences, `scatter` for pairs.")
    x: str = Field(max_length=255, description="Column of the categories, times or numbers on the horizontal axis.")
    y: tuple[str, ...] = Field(min_length=1, max_length=len(MARKERS), description="Numeric columns.")
    title: str = Field(max_length=100, description="Title with the unit of the values.")


class SaveChart(Plot):
    """Draws the rows of one SELECT as a chart like plot, and saves it as an SVG or PNG file. Needs an approval."""

    file: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\.(svg|png)$", description="Name of the new file.")


def chart_tools(queries: QueryRunner, draw: Draw, folder: Folder | None) -> list[Tool[Any]]:
    """Returns the tools that draw charts.

    Args:
        queries: Runs the queries.
        draw: Shows a chart to the user.
        folder: Folder for saved charts; None if they cannot be saved.
    """

    async def plot(given: Plot) -> Any:
        chart = await _chart(queries, given)
        draw(Drawing(lambda width: terminal_chart(chart, width), lambda: png_chart(chart)))
        return {"drawn": True, "rows": len(chart.labels)}

    async def save(given: SaveChart, target: Folder) -> Any:
        chart = await _chart(queries, given)
        image = png_chart(chart) if given.file.endswith(".png") else svg_chart(chart).encode()
        return {"saved": str(target.create(given.file, image)), "rows": len(chart.labels)}

    tools: list[Tool[Any]] = [Tool("plot", Plot, plot)]
    if folder is not None:
        tools.append(
            Tool(
                "save_chart",
                SaveChart,
                lambda given: save(given, folder),
                writes=True,
                resolve=lambda given: {"path": str(folder.root / given.file)},
            )
        )
    return tools


async def _chart(queries: QueryRunner, given: Plot) -> Chart:
    return create_chart(given.kind, given.title, given.x, given.y, await queries.run(given.sql))
