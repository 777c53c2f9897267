"""The state machines that terraform test plans are valid, and those with control flow run on the emulator."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonata import Jsonata

from datalake_sdk.platforms.aws.execution_history import execution_states
from test.aws.emulator.execution import ROLE, Workshop
from test.terraform.terraform import TESTS_OF_DEFINITIONS, Terraform, shared_provider

PROGRAM = """
import boto3, json, os, pathlib
variables = {name: value for name, value in os.environ.items() if name.startswith("TASK_ADDITIONAL_PARAMETERS_")}
parameters = {name.removeprefix("TASK_ADDITIONAL_PARAMETERS_"): value for name, value in variables.items()}
line = json.dumps([os.environ["TASK_NAME"], parameters])
with pathlib.Path("ran").open("a") as file:
    file.write(line + "\\n")
sfn, token = boto3.client("stepfunctions"), os.environ["step_function_task_token"]
failing = json.loads(pathlib.Path("failing").read_text())
if os.environ["TASK_NAME"] in failing or parameters.get("item") in failing:
    causes = [os.environ["TASK_NAME"], os.environ.get("step_function_map_item"), 2000 * "x"]
    sfn.send_task_failure(taskToken=token, error="TerminalError", cause=": ".join(filter(None, causes)))
else:
    result = {"tables": {"orders.raw": {"rows_inserted": 3}}, "parameters": parameters}
    sfn.send_task_success(taskToken=token, output=json.dumps(result))
"""
"""A task that records its parameters in the file `ran`, and fails if `failing` contains its name or item."""
FILES = {"detail": {"kind": "full", "files": ["a.csv", {"file": "b.csv", "rows": [1, 2]}]}}
ITERATIONS = [
    ("files", {"file": "b.csv", "rows": "[1,2]"}),
    ("files", {"item": "a.csv"}),
    ("regions", {"days": "1", "kind": "full", "region": "eu"}),
    ("regions", {"days": "2.5", "kind": "full", "region": "us"}),
    ("report", {}),
]
CHANGES = '"resource_changes":'
CAUGHT = {"caught_error": "TerminalError", "kind": "full"}


@pytest.fixture(scope="module")
def definitions(repository: Path) -> dict[str, dict[str, Any]]:
    """The definition of each run of `terraform test` that plans one; all of its tests pass."""
    module = Terraform(repository / "pipeline_factory", {})
    module.init()
    with shared_provider(module):
        messages = module.run("test", "-json", "-verbose", *(f"-filter={file}" for file in TESTS_OF_DEFINITIONS))
    return {
        run: json.loads(change["change"]["after"]["definition"])
        for run, changes in _planned_changes(messages)
        for change in changes
        if change["type"] == "aws_sfn_state_machine"
    }


def _planned_changes(messages: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yields each run with its changes; does not decode the schema of the provider, 13 MB in each message."""
    for line in messages.splitlines():
        if line.endswith('"type":"test_plan"}') and (start := line.find(CHANGES)) != -1:
            run = line.partition('"@testrun":"')[2].partition('"')[0]
            yield run, json.JSONDecoder().raw_decode(line, start + len(CHANGES))[0]


class Pipeline:
    """A planned state machine whose tasks run the program above.

    Args:
        shop: Helpers for the emulator.
        definition: Its definition.
    """

    def __init__(self, shop: Workshop, definition: dict[str, Any]) -> None:
        self.shop = shop
        self.fail()
        requests = list(_requests(definition))
        for request in requests:
            name = request["Overrides"]["ContainerOverrides"][0]["Name"]
            request |= {"Cluster": "cluster", "TaskDefinition": name}
            request["NetworkConfiguration"] = {"AwsvpcConfiguration": {"Subnets": [shop.subnet], "SecurityGroups": []}}
        for name in {request["TaskDefinition"] for request in requests}:
            shop.define_task(PROGRAM, family=name, name=name, environment=[{"name": "TASK_NAME", "value": name}])
        self.machine = shop.machine(definition["States"], StartAt=definition["StartAt"])

    def fail(self, *names: str) -> None:
        """Lets tasks, or iterations over the items of these names, fail from now on."""
        (self.shop.folder / "failing").write_text(json.dumps(names))

    def run(self, given: Any) -> dict[str, Any]:
        """Executes the state machine; returns the description of the execution."""
        return self.shop.ended(self.shop.start(self.machine, given))

    def states(self, given: Any) -> list[tuple[str, str]]:
        """Executes the state machine; returns the tasks and states that `run_pipeline --follow` shows, sorted."""
        execution = self.run(given)["executionArn"]
        history = self.shop.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return sorted((state.name, state.status) for state in execution_states(self.machine, history))

    def redrive(self, execution: dict[str, Any]) -> dict[str, Any]:
        self.shop.sfn.redrive_execution(executionArn=execution["executionArn"])
        return self.shop.ended(execution["executionArn"])

    def tasks(self) -> list[tuple[str, dict[str, str]]]:
        """Returns the names and parameters of the tasks that ran since the last call, sorted."""
        file = self.shop.folder / "ran"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        ran = [json.loads(line) for line in lines]
        return sorted(((name, dict(sorted(given.items()))) for name, given in ran), key=str)

    def names(self) -> list[str]:
        """Returns the names of the tasks that ran since the last call, sorted."""
        return [name for name, _ in self.tasks()]


def _requests(value: Any) -> Any:
    """Yields all RunTask requests of a definition."""
    if isinstance(value, dict):
        if "TaskDefinition" in value:
            yield value
        value = list(value.values())
    for each in value if isinstance(value, list) else []:
        yield from _requests(each)


@pytest.fixture
def pipeline(shop, definitions):
    return lambda name: Pipeline(shop, json.loads(json.dumps(definitions[name])))


@pytest.fixture
def shop(aws, tmp_path):
    return Workshop(aws, tmp_path)


def test_the_planned_definitions_are_valid(problems, definitions):
    assert len(definitions) >= 12
    found = {run: problems(json.dumps(without_variables(definition))) for run, definition in definitions.items()}
    assert {run: problem for run, problem in found.items() if problem} == {}


def without_variables(definition):
    """A definition without the variables of its levels: statelint knows variables only in states with JSONata.

    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    """
    levels = {
        name: {field: value for field, value in level.items() if field != "Assign"}
        for name, level in definition["States"].items()
    }
    return {**definition, "States": levels}


@pytest.mark.parametrize(
    ("given", "tasks"),
    [
        ({"kind": "orders"}, ["load", "report"]),
        ({"kind": "parcels", "rows": 3}, ["done"]),
        ({}, ["done"]),
    ],
)
def test_a_condition_on_the_input_or_on_a_result_decides_whether_a_task_runs(pipeline, given, tasks):
    conditions = pipeline("conditions")
    assert conditions.run(given)["status"] == "SUCCEEDED"
    assert conditions.names() == tasks


def test_a_condition_that_raises_fails_the_execution(pipeline):
    execution = pipeline("conditions").run({"rows": "many"})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert "$input.rows + 0 > 10" in execution["cause"]


def test_a_task_runs_for_each_item_of_a_list(pipeline):
    loops = pipeline("loops")
    assert loops.run(FILES)["status"] == "SUCCEEDED"
    assert loops.tasks() == ITERATIONS


def test_a_failed_iteration_fails_the_execution_and_is_redriven_alone(pipeline):
    loops = pipeline("loops")
    loops.fail("a.csv")
    failed = loops.run(FILES)
    assert (failed["status"], failed["error"]) == ("FAILED", "TerminalError")
    assert failed["cause"].startswith("files: item=a.csv: ")
    assert ("files", {"item": "a.csv"}) in (before := loops.tasks())
    loops.fail()
    assert loops.redrive(failed)["status"] == "SUCCEEDED"
    assert ("files", {"item": "a.csv"}) in (after := loops.tasks())
    assert [task for task in ITERATIONS if task in before or task in after] == ITERATIONS


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        (None, "for_each.input is $.detail.files, which is not a list"),
        ({"file": "a.csv"}, "for_each.input is $.detail.files, which is not a list"),
        ([{"limit": 4}], "an item of for_each.input sets the parameter limit, which is not a valid name, or is set by"),
        ([{"max-age": 4}], "an item of for_each.input sets the parameter max-age, which is not a valid name, or is"),
    ],
)
def test_unusable_items_fail_the_execution(pipeline, files, cause):
    execution = pipeline("loops").run({"detail": {"kind": "full", "files": files}})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert f"files: {cause}" in execution["cause"]


def test_an_empty_list_is_a_loop_without_iterations(pipeline):
    loops = pipeline("loops")
    assert loops.run({"detail": {"kind": "full", "files": []}})["status"] == "SUCCEEDED"
    assert loops.names() == ["regions", "regions"]


def test_a_task_runs_for_each_table_of_a_database(shop, definitions):
    glue = shop.client("glue")
    glue.create_database(DatabaseInput={"Name": "dev_sales"})
    kinds = {"orders": "EXTERNAL_TABLE", "parcels": "EXTERNAL_TABLE", "report": "VIRTUAL_VIEW", "returns": ""}
    for name, kind in kinds.items():
        glue.create_table(DatabaseName="dev_sales", TableInput={"Name": name, "TableType": kind})
    pages_of_two = json.dumps(definitions["loops_over_tables"]).replace(
        "{'DatabaseName'", "{'MaxResults': 2, 'DatabaseName'"
    )
    tables = Pipeline(shop, json.loads(pages_of_two))
    assert tables.run({})["status"] == "SUCCEEDED"
    assert [parameters["table_name"] for _, parameters in tables.tasks()] == [
        "sales.orders",
        "sales.parcels",
        "sales.returns",
    ]


def test_tables_are_listed_with_the_permissions_of_the_state_machine(shop, definitions):
    """As modules/state_machine_role grants them: glue:GetTables, and DESCRIBE on all tables."""
    lakeformation, glue = shop.client("lakeformation"), shop.client("glue")
    administrator = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:root"}
    settings = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    lakeformation.put_data_lake_settings(DataLakeSettings={**settings, "DataLakeAdmins": [administrator]})
    glue.create_database(DatabaseInput={"Name": "dev_sales"})
    glue.create_table(DatabaseName="dev_sales", TableInput={"Name": "orders", "TableType": "EXTERNAL_TABLE"})
    shop.allow("task", "states:*")
    shop.allow("machine", "ecs:RunTask", "ecs:TagResource", "iam:PassRole", "glue:GetTables")
    shop.aws.enforce_iam()
    tables = Pipeline(shop, definitions["loops_over_tables"])
    assert tables.run({})["status"] == "SUCCEEDED"
    assert tables.tasks() == []
    lakeformation.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": f"{ROLE}machine"},
        Resource={"Table": {"DatabaseName": "dev_sales", "TableWildcard": {}}},
        Permissions=["DESCRIBE"],
    )
    assert tables.run({})["status"] == "SUCCEEDED"
    assert tables.tasks() == [("maintain", {"table_name": "sales.orders"})]


def test_the_items_of_a_spark_task_are_variables_of_its_driver(definitions):
    enrich = definitions["spark_tasks"]["States"]["Level 1"]["Branches"][0]["States"]["enrich for each"]
    (task,) = enrich["ItemProcessor"]["States"].values()
    expression = Jsonata(task["Arguments"]["JobDriver"]["SparkSubmit"]["SparkSubmitParameters"].strip("{%}"))
    context = {"Execution": {"Input": {"detail": {"kind": "full"}}}, "Task": {"Token": "token"}}
    expression.assign(
        "states", {"context": context, "input": {"variables": {"TASK_ADDITIONAL_PARAMETERS_item": "it's"}}}
    )
    settings = shlex.split(expression.evaluate(None))
    assert "spark.emr-serverless.driverEnv.TASK_ADDITIONAL_PARAMETERS_item=it's" in settings
    assert "spark.emr-serverless.driverEnv.TASK_ADDITIONAL_PARAMETERS_kind=full" in settings


def test_a_catching_task_does_not_run_without_a_failure(pipeline):
    catches = pipeline("catches")
    assert catches.run({"kind": "full", "files": [1, 2]})["status"] == "SUCCEEDED"
    assert catches.names() == ["files", "files", "load"]


def test_a_handled_failure_continues_the_execution(pipeline):
    catches = pipeline("catches")
    catches.fail("load", "2")
    assert catches.run({"kind": "full", "files": [1, 2]})["status"] == "SUCCEEDED"
    *cleanups, first, second, load, report = catches.tasks()
    assert [name for name, _ in (first, second, load, report)] == ["files", "files", "load", "report"]
    assert [parameters.pop("caught_cause") for _, parameters in cleanups] == [
        f"{cause}: {'x' * 1024}"[:1024] for cause in ("files: item=2", "load")
    ]
    assert cleanups == [("cleanup", {**CAUGHT, "caught_task": task}) for task in ("files", "load")]


def test_a_failed_catching_task_fails_the_execution_and_is_redriven_alone(pipeline):
    catches = pipeline("catches")
    catches.fail("load", "cleanup")
    failed = catches.run({"kind": "full", "files": []})
    assert (failed["status"], failed["error"], failed["cause"][:9]) == ("FAILED", "TerminalError", "cleanup: ")
    assert catches.names() == ["cleanup", "load"]
    catches.fail()
    assert catches.redrive(failed)["status"] == "SUCCEEDED"
    assert catches.names() == ["cleanup", "report"]


@pytest.mark.parametrize(
    ("name", "given", "states"),
    [
        ("conditions", {}, [("done", "succeeded"), ("load", "skipped"), ("report", "skipped")]),
        (
            "loops",
            {"detail": {"kind": "full", "files": []}},
            [("regions", "succeeded"), ("regions", "succeeded"), ("report", "skipped")],
        ),
    ],
)
def test_the_history_shows_skipped_tasks_and_executed_iterations(pipeline, name, given, states):
    assert pipeline(name).states(given) == states
