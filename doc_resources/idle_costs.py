"""Generates the idle costs in the READMEs of the Terraform examples, from their resources and a table of prices.

The resources are those in Terraform's state after an apply on the emulator, which takes about five minutes.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from doc_resources.page_parts import with_part
from test.terraform.state import Resource

REPOSITORY = Path(__file__).parents[1]
TABLE = REPOSITORY / "doc_resources/prices.yaml"
HOURS_PER_MONTH = 730
_EXAMPLES = "/examples/"

Quantity = tuple[str, float]
"""Name of a price, and how many of its units a resource uses in a month."""


class UnpricedTypesError(Exception):
    """Resource types without a price, and without a reason why they are free."""

    def __init__(self, types: Iterable[str]) -> None:
        super().__init__(
            f"{', '.join(sorted(types))}: not in doc_resources/prices.yaml. Add the reason why they are free to "
            "`free`, or a price to `prices` and the quantity to QUANTITIES in doc_resources/idle_costs.py."
        )


@dataclass(frozen=True)
class Price:
    """The list price of a unit.

    Attributes:
        label: What is charged.
        unit: Unit, in the plural.
        usd: Price of a unit in US dollars; storage and resources are priced per month.
        source: The page that states the price.
        note: A free tier or an assumption.
    """

    label: str
    unit: str
    usd: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class PriceTable:
    """`prices.yaml`.

    Attributes:
        region: Region of the prices.
        date: Date of the prices.
        assumptions: Quantities that do not follow from resources.
        prices: Prices by name.
        free: Resource types that cost nothing while idle, each with the reason.
    """

    region: str
    date: datetime.date
    assumptions: Mapping[str, Any]
    prices: Mapping[str, Price]
    free: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """The cost of a quantity in a month."""

    price: Price
    quantity: float

    @property
    def usd(self) -> float:
        return round(self.quantity * self.price.usd, 2)

    @property
    def units(self) -> str:
        """The quantity with its unit, such as `1 key`."""
        unit = self.price.unit.removesuffix("s") if self.quantity == 1 else self.price.unit
        return f"{self.quantity:,.10g} {unit}"


def read_prices() -> PriceTable:
    """Reads `prices.yaml`."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    prices = {name: Price(**price) for name, price in table.pop("prices").items()}
    return PriceTable(prices=prices, **table)


def idle_costs(resources: Iterable[Resource], table: PriceTable) -> list[Cost]:
    """Returns what resources cost in a month in which nothing runs, in the order of the table.

    Args:
        resources: Resources and data sources of a root module.
        table: The table of prices.

    Raises:
        UnpricedTypesError: The table has no price for a type, and no reason why it is free.
    """
    managed = [resource for resource in resources if resource.mode == "managed"]
    if unpriced := {resource.type for resource in managed} - table.free.keys() - QUANTITIES.keys():
        raise UnpricedTypesError(unpriced)
    used: Counter[str] = Counter()
    for resource in managed:
        if resource.type in QUANTITIES:
            for name, quantity in QUANTITIES[resource.type](resource, managed, table.assumptions):
                used[name] += quantity
    return [Cost(price, used[name]) for name, price in table.prices.items() if used[name]]


def pages(examples: Mapping[str, list[Resource]]) -> dict[Path, str]:
    """Returns READMEs with current costs: one for each example, and one for each module that has examples.

    Args:
        examples: Resources by path of their root module. Root modules that are not examples or that are free are
            ignored.
    """
    table = read_prices()
    costs = {path: idle_costs(resources, table) for path, resources in examples.items() if _EXAMPLES in path}
    costs = {path: each for path, each in costs.items() if each}
    contents = {path: _details(each, table) for path, each in costs.items()}
    for module in {path.partition(_EXAMPLES)[0] for path in costs}:
        own = {path: each for path, each in costs.items() if path.startswith(module + _EXAMPLES)}
        contents[module] = _summary(own, table)
    readmes = {REPOSITORY / path / "README.md": text for path, text in contents.items()}
    return {
        readme: with_part(readme.read_text(encoding="utf-8"), "IDLE COST", text) for readme, text in readmes.items()
    }


def _endpoint(endpoint: Resource, *_: Any) -> Iterator[Quantity]:
    # Gateway endpoints have no subnets and are free.
    # https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    yield "interface_endpoint", len(endpoint.values["subnet_ids"]) * HOURS_PER_MONTH


def _key(*_: Any) -> Iterator[Quantity]:
    yield "kms_key", 1


def _alarm(alarm: Resource, *_: Any) -> Iterator[Quantity]:
    metrics = [query for query in alarm.values.get("metric_query") or [] if query["metric"]]
    yield "alarm_metric", len(metrics) or 1


def _dashboard(*_: Any) -> Iterator[Quantity]:
    yield "dashboard", 1


def _image(repository: Resource, _: Any, assumptions: Mapping[str, Any]) -> Iterator[Quantity]:
    sizes = assumptions["image_gb"]
    yield "image_storage", next((gb for part, gb in sizes.items() if part in repository.address), sizes["other"])


def _packages(_repository: Any, _resources: Any, assumptions: Mapping[str, Any]) -> Iterator[Quantity]:
    yield "package_storage", assumptions["packages_gb"]


def _parameter(parameter: Resource, *_: Any) -> Iterator[Quantity]:
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    if len(parameter.values["insecure_value"].encode()) > 4096:
        yield "advanced_parameter", 1


def _pipe(_pipe: Any, _resources: Any, assumptions: Mapping[str, Any]) -> Iterator[Quantity]:
    polling = assumptions["pipe_polling"]
    yield "queue_request", polling["pollers"] * 3600 / polling["wait_seconds"] * HOURS_PER_MONTH


def _target(target: Resource, resources: list[Resource], assumptions: Mapping[str, Any]) -> Iterator[Quantity]:
    rules = {each.values["name"]: each.values for each in resources if each.type == "aws_cloudwatch_event_rule"}
    functions = {each.values["arn"]: each.values for each in resources if each.type == "aws_lambda_function"}
    schedule = rules[target.values["rule"]]["schedule_expression"]
    if schedule and target.values["arn"] in functions:
        calls = HOURS_PER_MONTH * 60 / _minutes(schedule)
        gigabytes = functions[target.values["arn"]]["memory_size"] / 1024
        yield "function_request", calls
        yield "function_duration", calls * gigabytes * assumptions["function_seconds"]


def _minutes(schedule: str) -> int:
    found = re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", schedule)
    if not found:
        raise ValueError(f"{schedule}: the schedule of a function must be rate(… minutes) or rate(… hours)")
    return int(found[1]) * (60 if found[2] == "hour" else 1)


QUANTITIES: Mapping[str, Callable[[Resource, list[Resource], Mapping[str, Any]], Iterable[Quantity]]] = {
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_event_target": _target,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_codeartifact_repository": _packages,
    "aws_ecr_repository": _image,
    "aws_kms_key": _key,
    "aws_pipes_pipe": _pipe,
    "aws_ssm_parameter": _parameter,
    "aws_vpc_endpoint": _endpoint,
}
"""What a resource uses, by its type, from the resource, all resources of its root module and the assumptions."""


def _details(costs: list[Cost], table: PriceTable) -> str:
    rows = [
        (
            f"[{cost.price.label}]({cost.price.source})",
            cost.units,
            f"{cost.price.usd:.10f}".rstrip("0").rstrip("."),
            f"{cost.usd:.2f}",
            cost.price.note,
        )
        for cost in costs
    ]
    lines = [f"| {' | '.join(row)} |" for row in [("", "Quantity", "Price", "USD a month", ""), ("---",) * 5, *rows]]
    return "\n".join([f"**{_total(costs):.2f} US dollars a month** in {table.region}.", "", *lines])


def _summary(costs: Mapping[str, list[Cost]], table: PriceTable) -> str:
    rows = [
        f"| [{name}](examples/{name}) | {_total(each):.2f} |"
        for name, each in sorted((path.partition(_EXAMPLES)[2], each) for path, each in costs.items())
    ]
    return "\n".join([f"| Example | USD a month in {table.region}, {table.date} |", "| --- | --- |", *rows])


def _total(costs: list[Cost]) -> float:
    return sum(cost.usd for cost in costs)


if __name__ == "__main__":
    from test.terraform.deployment import applied_deployment

    with TemporaryDirectory() as folder, applied_deployment(Path(folder)) as (_, applied):
        for readme, page in pages(applied).items():
            readme.write_text(page, encoding="utf-8")
