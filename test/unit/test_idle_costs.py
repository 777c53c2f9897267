from __future__ import annotations

import datetime
import re

import pytest

from doc_resources import idle_costs
from doc_resources.idle_costs import Cost, Price, PriceTable, UnpricedTypesError
from test.terraform.state import Resource

NAMES = (
    "interface_endpoint",
    "alarm_metric",
    "image_storage",
    "advanced_parameter",
    "function_request",
    "function_duration",
)
PRICES = {name: Price(label=name, unit="units", usd=2, source="https://example.com") for name in NAMES}
TABLE = PriceTable(
    region="eu-west-1",
    date=datetime.date(2026, 11, 29),
    assumptions={"image_gb": {"emr_": 3, "other": 0.5}, "function_seconds": 2},
    prices=PRICES,
    free={"aws_cloudwatch_event_rule": "free", "aws_lambda_function": "free"},
)


def resource(kind, mode="managed", **values):
    return Resource(f"module.sales.{values.get('name', kind)}", mode, kind, values)


def used(*resources):
    """What the resources use, by name of the price."""
    return {cost.price.label: cost.quantity for cost in idle_costs.idle_costs(resources, TABLE)}


def test_an_interface_endpoint_is_charged_by_the_hour_in_each_zone_and_a_gateway_endpoint_is_free():
    interface = resource("aws_vpc_endpoint", subnet_ids=["subnet-1", "subnet-2"])
    gateway = resource("aws_vpc_endpoint", subnet_ids=[])
    assert used(interface, gateway) == {"interface_endpoint": 1460}


def test_an_alarm_is_charged_by_its_metrics():
    simple = resource("aws_cloudwatch_metric_alarm", metric_query=[])
    ratio = [{"metric": [{}]}, {"metric": [{}]}, {"metric": [], "expression": "a / b"}]
    assert used(simple, resource("aws_cloudwatch_metric_alarm", metric_query=ratio)) == {"alarm_metric": 3}


def test_the_size_of_an_image_depends_on_its_base():
    assert used(resource("aws_ecr_repository", name="emr_task"), resource("aws_ecr_repository", name="ecs_task")) == {
        "image_storage": 3.5
    }


def test_only_parameters_over_4_kb_are_charged():
    standard, advanced = (resource("aws_ssm_parameter", insecure_value="é" + "a" * size) for size in (4094, 4095))
    assert used(standard) == {}
    assert used(standard, advanced) == {"advanced_parameter": 1}


def test_a_function_is_charged_for_its_schedule_but_not_for_events():
    function = resource("aws_lambda_function", arn="failsafe", memory_size=512)
    rules = [
        resource("aws_cloudwatch_event_rule", name="every_hour", schedule_expression="rate(60 minutes)"),
        resource("aws_cloudwatch_event_rule", name="stopped", schedule_expression=""),
    ]
    targets = [resource("aws_cloudwatch_event_target", rule=rule.values["name"], arn="failsafe") for rule in rules]
    assert used(function, *rules, *targets) == {"function_request": 730, "function_duration": 730}


def test_a_schedule_in_another_form_is_an_error():
    rule = resource("aws_cloudwatch_event_rule", name="daily", schedule_expression="cron(0 6 * * ? *)")
    target = resource("aws_cloudwatch_event_target", rule="daily", arn="failsafe")
    with pytest.raises(ValueError, match=r"cron\(0 6"):
        used(resource("aws_lambda_function", arn="failsafe", memory_size=512), rule, target)


def test_a_type_without_a_price_is_an_error():
    with pytest.raises(UnpricedTypesError, match="aws_nat_gateway: not in doc_resources/prices.yaml"):
        used(resource("aws_nat_gateway"))


def test_data_sources_are_free():
    assert used(resource("aws_ecr_repository", mode="data")) == {}


def test_costs_are_rounded_to_cents():
    assert Cost(PRICES["alarm_metric"], 0.0026).usd == 0.01


def test_a_single_unit_is_singular():
    assert [Cost(PRICES["alarm_metric"], quantity).units for quantity in (1, 1460)] == ["1 unit", "1,460 units"]


def test_prices_have_sources_and_free_types_have_reasons():
    table = idle_costs.read_prices()
    assert all(price.source.startswith("https://aws.amazon.com/") for price in table.prices.values())
    assert all(table.free.values())
    assert table.free.keys() & idle_costs.QUANTITIES.keys() == set()


def test_every_resource_type_of_the_modules_has_a_price_or_a_reason_to_be_free():
    files = [file for folder in ("domain_factory", "modules", "pipeline_factory") for file in terraform_files(folder)]
    types = {kind for file in files for kind in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)}
    assert types - idle_costs.read_prices().free.keys() - idle_costs.QUANTITIES.keys() == set()


def terraform_files(folder):
    return [file for file in (idle_costs.REPOSITORY / folder).rglob("*.tf") if ".terraform" not in file.parts]
