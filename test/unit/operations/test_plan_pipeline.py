"""Plans of pipelines: the tables that SQL tasks read, and the resulting permissions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from datalake_sdk.errors import UndeclaredReadError
from datalake_sdk.operations.plan_pipeline import check_reads, plan_pipeline
from datalake_sdk.pipelines import permissions
from datalake_sdk.pipelines.definition import Task, pipeline_from
from datalake_sdk.platforms.select import resolve_environment

TASK_ROLE = Path(__file__).parents[3] / "pipeline_factory/modules/task_role"


@pytest.fixture
def sql_pipeline(tmp_path):
    """`sql_pipeline(query, **attributes)`: a pipeline with one SQL task."""

    def build(sql: str, **attributes):
        code = tmp_path / "report/code"
        code.mkdir(parents=True, exist_ok=True)
        (code / "main.sql").write_text(sql, encoding="utf-8")
        task = {"type": "sql", "path": "report", "output_tables": {"daily.report": {}}, **attributes}
        return pipeline_from({"pipeline_name": "daily", "tasks": {"report": task}}, tmp_path)

    return build


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM {database_prefix}daily.orders",
        "SELECT * FROM orders WHERE day = DATE '{logical_date}' AND country = {country}",
        'SELECT * FROM "orders$snapshots"',
        "WITH recent AS (SELECT * FROM daily.ORDERS) SELECT * FROM recent",
        "SELECT * FROM orders WHERE id NOT IN (SELECT id FROM report)",
    ],
)
def test_a_sql_task_may_read_its_inputs_and_its_output(sql_pipeline, sql):
    pipeline = sql_pipeline(sql, input_tables=["daily.orders"], additional_parameters={"country.$": "$.country"})
    assert check_reads(pipeline) == []


def test_an_undeclared_read_is_an_error(sql_pipeline):
    pipeline = sql_pipeline("SELECT * FROM orders JOIN raw.rates USING (day)", input_tables=["daily.orders"])
    with pytest.raises(UndeclaredReadError, match="task 'report' reads undeclared tables: 'raw.rates'"):
        plan_pipeline(pipeline)


def test_an_unused_declaration_is_a_warning(sql_pipeline):
    pipeline = sql_pipeline("SELECT 1 AS one", input_tables=["daily.orders"])
    assert plan_pipeline(pipeline).warnings == [
        "tasks.report.input_tables contains daily.orders, which its query does not read"
    ]


@pytest.mark.parametrize(
    ("loop", "placeholder"),
    [({"items": [{"region": "eu"}]}, "region"), ({"input": "$.files"}, "key"), ({"tables": "sales"}, "table_name")],
)
def test_a_query_contains_the_parameters_of_items(sql_pipeline, loop, placeholder):
    sql = f"SELECT '{{logical_date}}' AS day, {{{placeholder}}} AS given"
    assert check_reads(sql_pipeline(sql, for_each=loop)) == []


def test_a_query_contains_the_parameters_of_a_caught_failure(sql_pipeline):
    pipeline = sql_pipeline("SELECT {caught_task} AS task, {caught_error} AS error, {caught_cause} AS cause")
    load = Task("load", catch="report")
    assert check_reads(replace(pipeline, tasks={**pipeline.tasks, "load": load})) == []


def test_a_plan_shows_conditions_loops_and_catches(tmp_path):
    tasks = {
        "cleanup": {"output_tables": {"daily.failures": {}}},
        "load": {"for_each": {"items": ["eu", "us"]}, "catch": "cleanup"},
        "report": {"when": "$count($load) = 2"},
    }
    plan = plan_pipeline(pipeline_from({"pipeline_name": "daily", "tasks": tasks}, tmp_path))
    fields = ("name", "level", "after", "when", "for_each", "catch", "catches")
    assert [tuple(task[field] for field in fields) for task in plan.as_dict()["tasks"]] == [
        ("load", 1, [], None, {"description": "2 items", "max_concurrency": 4}, "cleanup", ()),
        ("report", 2, ["load"], "$count($load) = 2", None, None, ()),
        ("cleanup", None, (), None, None, None, ["load"]),
    ]


def test_a_task_that_takes_the_object_of_the_trigger_as_item_may_read_it(tmp_path):
    tasks = {"load": {"for_each": {"input": "$"}}, "count": {"for_each": {"input": "$.regions"}}}
    trigger = {"type": "s3", "bucket": "shop-inbox"}
    pipeline = pipeline_from({"pipeline_name": "daily", "tasks": tasks, "trigger": trigger}, tmp_path)
    purposes = {task.name: [each.purpose for each in task.permissions] for task in plan_pipeline(pipeline).tasks}
    assert purposes == {"count": [], "load": ["reads the object of the trigger"]}


def test_permissions_follow_from_tables_paths_and_the_object_of_the_trigger(tmp_path):
    task = {
        "input_tables": ["sales.orders"],
        "input_paths": ["s3://shop-inbox/rates/"],
        "output_paths": ["s3://shop-outbox/report.csv"],
        "output_tables": {"daily.report": {}},
        "additional_parameters": {"key.$": "$.detail.object.key"},
        "additional_permissions": {"mail": {"actions": ["ses:SendEmail"], "resources": ["*"]}},
    }
    trigger = {"type": "s3", "bucket": "shop-inbox", "prefix": "in/", "suffix": ".csv"}
    pipeline = pipeline_from({"pipeline_name": "daily", "tasks": {"load": task}, "trigger": trigger}, tmp_path)
    (planned,) = plan_pipeline(pipeline, resolve_environment("shop", "sales", "dev")).tasks
    assert {each.purpose: each.resources[-1] for each in planned.permissions} == {
        "reads daily.report": "arn:aws:s3:::shop-sales-dev-data/daily/report/*",
        "reads sales.orders": "arn:aws:s3:::shop-sales-dev-data/sales/orders/*",
        "writes daily.report": "arn:aws:s3:::shop-sales-dev-data/daily/report/*",
        "quarantines rows of daily.report": "arn:aws:s3:::shop-sales-dev-data/daily/report__quarantine/*",
        "reads s3://shop-inbox/rates/": "arn:aws:s3:::shop-inbox/rates/*",
        "reads the object of the trigger": "arn:aws:s3:::shop-inbox/in/*.csv",
        "writes s3://shop-outbox/report.csv": "arn:aws:s3:::shop-outbox/report.csv",
        "additional_permissions.mail": "*",
    }


@pytest.mark.parametrize(
    ("sid", "actions"),
    [
        ("ReadTables", permissions.READ_TABLES),
        ("ReadFiles", permissions.READ_FILES),
        ("ListFiles", permissions.LIST_FILES),
        ("WriteTables", permissions.WRITE_TABLES),
        ("WriteFiles", permissions.WRITE_FILES),
        ("ReadObjects", permissions.READ_OBJECTS),
        ("WriteObjects", permissions.WRITE_OBJECTS),
    ],
)
def test_the_actions_are_those_of_the_role(sid, actions):
    source = "".join((TASK_ROLE / file).read_text(encoding="utf-8") for file in ("tables.tf", "objects.tf"))
    (listed,) = re.findall(rf'sid\s*= "{sid}"\s*actions\s*= \[(.*?)\]', source)
    assert tuple(re.findall('"(.*?)"', listed)) == actions
