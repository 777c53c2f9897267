"""PutDashboard refuses bodies that do not have the documented structure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.cloudwatch.exceptions import DashboardInvalidInputError
from moto.cloudwatch.responses import CloudWatchResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("cloudwatch_dashboards")

_COLUMNS, _HIGHEST, _MOST_WIDGETS = 24, 1000, 500
_VIEWS = {"timeSeries", "singleValue", "gauge", "bar", "pie", "table"}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "alarm": ("alarms",),
    "custom": ("endpoint",),
    "explorer": ("metrics", "labels"),
    "log": ("query", "region"),
    "metric": ("region",),
    "text": ("markdown",),
}


@PATCHES.replace(CloudWatchResponse, "put_dashboard", "f1906622aedf")
def _put_dashboard(stock: Callable[..., Any], self: CloudWatchResponse) -> Any:
    messages = list(problems(self._get_param("DashboardBody")))
    if messages:
        raise DashboardInvalidInputError(f"The dashboard body is invalid: {'; '.join(messages)}")
    return stock(self)


def problems(body: str) -> Iterator[str]:
    """Yields the violations of the documented structure.

    Args:
        body: Body of a dashboard.
    """
    try:
        widgets = json.loads(body)["widgets"]
    except (KeyError, TypeError, ValueError) as error:
        yield f"/: must be a JSON object with widgets: {error!r}"
        return
    if len(widgets) > _MOST_WIDGETS:
        yield f"/widgets: must have at most {_MOST_WIDGETS} items"
    for index, widget in enumerate(widgets):
        yield from (f"/widgets/{index}{problem}" for problem in (*_place(widget), *_content(widget)))


def _place(widget: Mapping[str, Any]) -> Iterator[str]:
    for name, least, most in (("x", 0, 23), ("y", 0, None), ("width", 1, 24), ("height", 1, _HIGHEST)):
        value = widget.get(name, least)
        if not isinstance(value, int) or value < least or (most is not None and value > most):
            yield f"/{name}: must be an integer from {least} to {most or 'any'}, not {value}"


def _content(widget: Mapping[str, Any]) -> Iterator[str]:
    kind, properties = widget.get("type"), widget.get("properties") or {}
    if kind not in _REQUIRED:
        yield f"/type: must be one of {', '.join(_REQUIRED)}, not {kind}"
        return
    yield from (f"/properties/{name}: is required" for name in _REQUIRED[kind] if not properties.get(name))
    if kind == "metric":
        yield from _metrics(properties)


def _metrics(properties: Mapping[str, Any]) -> Iterator[str]:
    if not properties.get("metrics") and not properties.get("annotations"):
        yield "/properties: must have metrics or annotations"
    if properties.get("view", "timeSeries") not in _VIEWS:
        yield f"/properties/view: must be one of {', '.join(sorted(_VIEWS))}"
    period = properties.get("period", 300)
    if period not in (1, 5, 10, 30) and period % 60:
        yield "/properties/period: must be 1, 5, 10, 30 or a multiple of 60"
    for index, metric in enumerate(properties.get("metrics") or ()):
        options = metric[-1] if metric and isinstance(metric[-1], dict) else {}
        if "expression" not in options and len(metric) - bool(options) < 2:
            yield f"/properties/metrics/{index}: must have a namespace and a name, or an expression"
