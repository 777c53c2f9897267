"""Events as OpenLineage: valid by the official schemas, and read back unchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from jsonschema import ValidationError

from datalake_sdk.ledger.model import (
    Check,
    Column,
    ColumnSource,
    Cost,
    Engine,
    Event,
    EventKey,
    EventType,
    Input,
    Job,
    Output,
    Parent,
    Run,
    RunError,
    RunKind,
    run_id_of,
)
from datalake_sdk.ledger.openlineage import from_openlineage, to_openlineage
from test.openlineage import validate

_STARTED = datetime(2026, 11, 29, 3, 4, 5, 678, tzinfo=UTC)
_ARN = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_orders:morning"
RUN = Run(
    id=run_id_of(_ARN, "load_orders", "token"),
    job=Job(
        RunKind.TASK,
        "orders.load_orders",
        "orders",
        "load_orders",
        "docker://123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop_sales_dev_orders_load_orders",
        "sha256:5f0c",
        "SELECT 1",
    ),
    started=_STARTED,
    group_time=_STARTED,
    parent=Parent(run_id_of(_ARN), "orders"),
    execution=_ARN,
    nominal_time=datetime(2026, 11, 28, tzinfo=UTC),
    engine=Engine("DuckDB", "2.0.0"),
    log="cloudwatch:shop_sales_dev_orders/load_orders:ecs/load_orders/1",
)
FULL = Event(
    EventType.FAIL,
    _STARTED,
    RUN,
    (
        Input("dev_shop.raw", snapshot_id=42),
        Input("s3://inbox/orders/1.csv"),
        Input("/tmp/a.csv"),
    ),
    (
        Output(
            "dev_shop.orders",
            43,
            1000,
            2048,
            2,
            (Column("id", "long", "Key of the order."), Column("amount", "decimal(10, 2)")),
            {
                "id": (ColumnSource("dev_shop.raw", "id", "IDENTITY"), ColumnSource("dev_shop.raw", "day", "FILTER")),
                "amount": (ColumnSource("dev_shop.raw", "amount"),),
            },
            (Check("required", "id", "error", "fail", 0, True), Check("rows", "", "warning", "warn", 3, False)),
        ),
        Output("dev_shop.old", is_dropped=True),
    ),
    RunError("ContractViolatedError", "dev_shop.orders: 3 rows", "Fix them.", True, "Traceback"),
    Cost(12.5, 0.5, 1024, 4096),
)


def identity(table: str) -> tuple[str, str]:
    return "arn:aws:glue:eu-west-1:123456789012", f"table/{table.replace('.', '/')}"


def test_an_event_with_every_facet_is_valid_openlineage() -> None:
    validate(to_openlineage(FULL, "shop_sales_dev", identity))


def test_an_event_without_optional_facts_is_valid_openlineage() -> None:
    run = Run(RUN.id, Job(RunKind.DELETION, "delete_table.dev_shop.orders"), _STARTED, _STARTED)
    validate(to_openlineage(Event(EventType.START, _STARTED, run), "shop_sales_dev", identity))


def test_validation_notices_an_invalid_facet() -> None:
    content = to_openlineage(FULL, "shop_sales_dev", identity)
    content["run"]["facets"]["parent"]["run"]["runId"] = 1
    with pytest.raises(ValidationError):
        validate(content)


def test_an_event_is_read_back_unchanged() -> None:
    assert from_openlineage(to_openlineage(FULL, "shop_sales_dev", identity)) == FULL


def test_the_classes_of_openlineage_accept_every_facet() -> None:
    from openlineage.client import event_v2, facet_v2
    from openlineage.client.serde import Serde

    content = to_openlineage(FULL, "shop_sales_dev", identity)
    facets = {name: value for name, value in content["run"]["facets"].items() if not name.startswith("datalakeSdk")}
    parent = facets["parent"]
    event = event_v2.RunEvent(
        eventType=event_v2.RunState(content["eventType"]),
        eventTime=content["eventTime"],
        run=event_v2.Run(
            content["run"]["runId"],
            {
                "parent": facet_v2.parent_run.ParentRunFacet(
                    facet_v2.parent_run.Run(parent["run"]["runId"]),
                    facet_v2.parent_run.Job(parent["job"]["namespace"], parent["job"]["name"]),
                ),
            },
        ),
        job=event_v2.Job(content["job"]["namespace"], content["job"]["name"]),
        inputs=[event_v2.InputDataset(each["namespace"], each["name"]) for each in content["inputs"]],
        outputs=[event_v2.OutputDataset(each["namespace"], each["name"]) for each in content["outputs"]],
        producer=content["producer"],
    )
    written = Serde.to_dict(event)
    assert written["run"]["facets"]["parent"]["_schemaURL"] == parent["_schemaURL"]
    assert written["schemaURL"] == content["schemaURL"]
    assert written["eventType"] == content["eventType"]


def test_ids_of_runs_depend_on_execution_task_and_attempt_only() -> None:
    assert run_id_of(_ARN, "load", "1") == run_id_of(_ARN, "load", "1")
    assert len({run_id_of(_ARN), run_id_of(_ARN, "load", "1"), run_id_of(_ARN, "load", "2")}) == 3


def test_names_of_events_are_ordered_by_execution_and_parsed_back() -> None:
    key = FULL.key
    assert EventKey.parse(str(key)) == key
    later = replace(FULL, run=replace(RUN, group_time=datetime(2026, 11, 29, 10, tzinfo=UTC))).key
    assert str(key) < str(later)
    assert EventKey.parse("compacted-1.parquet") is None
