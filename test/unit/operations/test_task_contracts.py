"""SQL tasks are checked against the contracts of their output tables before anything runs."""

from __future__ import annotations

import pyarrow as pa
import pytest
import yaml

from datalake_sdk.errors import TaskContractError
from datalake_sdk.operations.plan_pipeline import plan_pipeline
from datalake_sdk.pipelines.definition import pipeline_from

STORED = {
    "daily.orders": pa.schema([("id", pa.int64()), ("amount", pa.float64()), ("sold_at", pa.timestamp("us"))]),
}


@pytest.fixture
def plan(tmp_path):
    """`plan(task=(query, output, contract), …)`: warnings of the plan of SQL tasks that read each other and orders."""

    def build(parameters=None, mode="append", **tasks):
        definitions, keys = {}, ["id"] if mode == "upsert" else None
        for name, (query, output, contract) in tasks.items():
            folder = tmp_path / name / "code/tables_configuration"
            folder.mkdir(parents=True)
            (folder.parent / "main.sql").write_text(query, encoding="utf-8")
            (folder / f"{output}.yaml").write_text(yaml.safe_dump(contract), encoding="utf-8")
            inputs = [table for table in ("daily.orders", "daily.days") if table.split(".")[1] in query]
            definitions[name] = {
                "type": "sql",
                "path": name,
                "input_tables": inputs,
                "output_tables": {output: {"ingestion_mode": mode, "upsert_keys": keys}},
                "additional_parameters": parameters or {},
            }
        pipeline = pipeline_from({"pipeline_name": "daily", "tasks": definitions}, tmp_path)
        return plan_pipeline(pipeline, stored_columns=lambda table: STORED.get(str(table))).warnings

    return build


def columns(**types):
    return {"schema": {name: {"type": data_type} for name, data_type in types.items()}}


def test_a_result_with_the_declared_types_has_no_warnings(plan):
    query = "SELECT id, sum(amount) AS Total, cast(min(sold_at) AS date) AS day FROM orders GROUP BY id"
    assert plan(report=(query, "daily.report", columns(id="long", total="double", day="date"))) == []


def test_a_result_of_an_incompatible_type_is_an_error(plan):
    query = "SELECT sold_at AS id, amount FROM orders"
    message = "task 'report' cannot satisfy the contract of daily.report: column 'id' is timestamp, .* declares long"
    with pytest.raises(TaskContractError, match=message):
        plan(report=(query, "daily.report", columns(id="long")))


def test_a_missing_required_column_is_an_error_unless_stored_rows_have_it(plan):
    contract = {"schema": {"id": {"required": True}, "note": {"required": True}}}
    with pytest.raises(TaskContractError, match="column 'note' is required by the contract and missing"):
        plan(report=("SELECT id FROM orders", "daily.report", contract))


def test_an_upsert_may_omit_required_columns(plan):
    contract = {"schema": {"id": {"required": True}, "note": {"required": True}}}
    assert plan(mode="upsert", report=("SELECT id FROM orders", "daily.report", contract)) == []


def test_a_column_that_a_frozen_contract_lacks_is_an_error(plan):
    with pytest.raises(
        TaskContractError, match="column 'amount' is not in the contract, which has 'evolution: freeze'"
    ):
        plan(report=("SELECT id, amount FROM orders", "daily.report", columns(id="long") | {"evolution": "freeze"}))


def test_a_conversion_that_depends_on_values_is_a_warning(plan):
    (warning,) = plan(report=("SELECT amount FROM orders", "daily.report", columns(amount="decimal(9, 2)")))
    assert warning.startswith(
        "tasks.report, daily.report: column 'amount' is double, the contract declares decimal(9, 2)"
    )


def test_the_columns_of_earlier_tasks_are_known(plan):
    first = ("SELECT id, cast(sold_at AS date) AS day FROM orders", "daily.days", {"schema": {"id": None}})
    with pytest.raises(TaskContractError, match="task 'second' .* column 'day' is date, the contract declares long"):
        plan(first=first, second=("SELECT day FROM days", "daily.report", columns(day="long")))


@pytest.mark.parametrize(
    ("query", "parameters", "reason"),
    [
        ("SELECT missing FROM orders", {}, "missing"),
        ("SELECT {day} AS id FROM orders", {"day.$": "$.day"}, "its parameters are computed by the run"),
        ("SELECT day AS id FROM days", {}, "the columns of daily.days are unknown"),
    ],
)
def test_a_task_whose_result_is_unknown_is_not_checked(plan, query, parameters, reason):
    (warning,) = plan(parameters, report=(query, "daily.report", columns(id="long")))
    assert warning.startswith("tasks.report: the types of its result are not checked: ")
    assert reason in warning
