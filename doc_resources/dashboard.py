"""Renders the dashboard of a domain to an image: its layout, and what each widget shows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any

REPOSITORY = Path(__file__).parents[1]
MODULE = REPOSITORY / "domain_factory/modules/dashboard"
IMAGE = REPOSITORY / "doc_resources/dashboard.svg"
EXAMPLE = {
    "environment": "shop_sales_dev",
    "region": "eu-west-1",
    "failsafe_name": "shop_sales_dev_failsafe",
    "alarm_arns": json.dumps(
        [
            f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop_sales_dev_failsafe-{name}"
            for name in ("dead-letters", "errors", "throttles")
        ]
    ),
}
"""Inputs of the module: the domain `sales` of the examples."""

_COLUMNS, _COLUMN, _ROW, _LINE, _MARGIN = 24, 48, 24, 16, 8
"""Columns of the grid, then sizes in pixels."""
_CHARACTER = 6.2
"""Average width of a character in pixels."""

Widget = Mapping[str, Any]


def body(inputs: Mapping[str, str] = EXAMPLE) -> dict[str, Any]:
    """Returns the body of the dashboard.

    Args:
        inputs: Inputs of the module, as on Terraform's command line.

    Raises:
        CalledProcessError: Terraform rejected the inputs or the module.
    """
    variables = [f"-var={name}={value}" for name, value in inputs.items()]
    command = ["terraform", f"-chdir={MODULE}", "console", *variables]
    ran = subprocess.run(command, input="local.body", capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(json.loads(ran.stdout))
    return found


def image(dashboard: Mapping[str, Any]) -> str:
    """Returns the widgets of a dashboard as an SVG image.

    Args:
        dashboard: The body of the dashboard.
    """
    widgets = dashboard["widgets"]
    width, height = _COLUMNS * _COLUMN, max(widget["y"] + widget["height"] for widget in widgets) * _ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    background = f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>'
    return "\n".join([head, background, *(line for widget in widgets for line in _drawn(widget)), "</svg>", ""])


def _drawn(widget: Widget) -> Iterator[str]:
    x, y = widget["x"] * _COLUMN + _MARGIN / 2, widget["y"] * _ROW + _MARGIN / 2
    width, height = widget["width"] * _COLUMN - _MARGIN, widget["height"] * _ROW - _MARGIN
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="white" stroke="#aab7b8"/>'
    title, *lines = _text(widget)
    wrapped = [part for line in lines for part in wrap(line, int((width - 2 * _MARGIN) / _CHARACTER))]
    for number, line in enumerate([title, *wrapped]):
        style = 'font-size="13" font-weight="bold"' if number == 0 else 'font-size="11" fill="#545b64"'
        yield f'<text x="{x + _MARGIN}" y="{y + (number + 1) * _LINE}" {style}>{escape(line)}</text>'


def _text(widget: Widget) -> list[str]:
    """Returns the title of a widget, and lines that describe its content."""
    properties = widget["properties"]
    if widget["type"] == "text":
        text = re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", properties["markdown"])
        return [line.removeprefix("# ") for line in text.splitlines() if line]
    if widget["type"] == "alarm":
        return [properties["title"], " · ".join(arn.rpartition(":")[2] for arn in properties["alarms"])]
    return [properties["title"], *(_metric(metric["expression"]) for (metric,) in properties["metrics"])]


def _metric(expression: str) -> str:
    """Describes a search: `Sum of AWS/States ExecutionsFailed by StateMachineArn`."""
    search = r"SEARCH\('\{([^,]+),([^}]+)} MetricName=\"(\w+)\" .*', '(\w+)', \d+\)"
    found = re.fullmatch(search, expression)
    if not found:
        raise ValueError(f'{expression}: expected SEARCH(\'{{namespace,dimensions}} MetricName="name" …')
    namespace, dimensions, name, statistic = found.groups()
    return f"{statistic} of {namespace} {name} by {dimensions.replace(',', ', ')}"


if __name__ == "__main__":
    IMAGE.write_text(image(body()), encoding="utf-8")
