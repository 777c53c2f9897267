from __future__ import annotations

import pytest
import yaml

from datalake_sdk.pipelines.file import read_pipeline
from datalake_sdk.pipelines.rules import check_pipeline

PIPELINE = "pipelines/daily_sales/pipeline.yaml"


@pytest.mark.parametrize("task_type", ["python", "sql", "dbt"])
def test_a_task_is_added_to_the_pipeline(init, shop, task_type):
    before = (shop / PIPELINE).read_text()
    (shop / PIPELINE).write_text(before.replace("trigger:", "# Every morning\ntrigger:"))
    result = init("task", "load_customers", "--type", task_type)
    assert result.exit_code == 0, result.output
    pipeline = read_pipeline(shop / PIPELINE)
    check_pipeline(pipeline)
    assert pipeline.tasks["load_customers"].type == task_type
    assert "# Every morning\ntrigger:" in (shop / PIPELINE).read_text()
    assert {path for path in result.output.splitlines() if not (shop / path).is_file()} == set()


@pytest.mark.parametrize("tasks", ["\n    first: {path: first}", "\n    'first': {path: first}", ""])
def test_a_task_has_the_indentation_of_the_others(init, shop, tasks):
    (shop / PIPELINE).write_text(f"pipeline_name: daily_sales\ntasks:{tasks}")
    assert init("task", "second").exit_code == 0
    assert list(yaml.safe_load((shop / PIPELINE).read_text())["tasks"])[-1:] == ["second"]


def test_a_pipeline_is_added(init, shop):
    assert init("pipeline", "stock").exit_code == 0
    check_pipeline(read_pipeline(shop / "pipelines/stock/pipeline.yaml"))
    assert init("task", "stock_by_day", "--pipeline", "stock", "--type", "sql").exit_code == 0
    check_pipeline(read_pipeline(shop / "pipelines/stock/pipeline.yaml"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("task", "Load"), "name of the task is 'Load'; it must be lowercase letters"),
        (("task", "load_orders"), "/tasks/load_orders' already exists"),
        (("task", "load", "--pipeline", "stock"), "--pipeline is 'stock'; pipelines of the repository: 'daily_sales'"),
        (("pipeline", "daily_sales"), "/pipelines/daily_sales' already exists"),
        (("pipeline", "daily-stock"), "name of the pipeline is 'daily-stock'"),
    ],
)
def test_an_invalid_name_changes_nothing(init, shop, arguments, message):
    before = {file: file.read_bytes() for file in shop.rglob("*") if file.is_file()}
    result = init(*arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert {file: file.read_bytes() for file in shop.rglob("*") if file.is_file()} == before


def test_a_pipeline_must_be_chosen_from_several(init, shop):
    init("pipeline", "stock")
    result = init("task", "load")
    assert (result.exit_code, "--pipeline is missing" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: {}\n", "has no line `tasks:`"),
        ("tasks:\n  load:\n    path: load\n", "already has the task 'load'\nHint: Choose another name."),
        ("tasks:\n  'load':\n    path: load\n", "already has the task 'load'"),
        ('tasks:\n  a: {path: a}\n  "load" : {path: load}\n', "already has the task 'load'"),
        ("tasks:\n  a: [\n", "is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_extended_is_an_error(init, shop, text, message):
    (shop / PIPELINE).write_text(text)
    result = init("task", "load")
    assert (result.exit_code, message in result.output) == (1, True), result.output
    assert not (shop / "pipelines/daily_sales/tasks/load").exists()
