"""A pipeline has the same errors and the same order in Terraform and in the SDK."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from datalake_sdk.errors import InvalidPipelineError
from datalake_sdk.pipelines.attributes import SCHEMA
from datalake_sdk.pipelines.datasets import datasets_from
from datalake_sdk.pipelines.definition import pipeline_from
from datalake_sdk.pipelines.expansion import expanded
from datalake_sdk.pipelines.order import levels
from datalake_sdk.pipelines.rules import check_pipeline
from datalake_sdk.pipelines.rules_datasets import dataset_errors
from test.contract.pipeline_rules import REPOSITORY, evaluated_cases
from test.contract.test_terraform_attributes import PIPELINE, accepted
from test.terraform.tools import require

FILE = Path(__file__).parent / "pipeline_cases.yaml"
GOLDEN = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CASES = GOLDEN["cases"] | GOLDEN["attribute_cases"]
DATASET_CASES = GOLDEN["dataset_cases"]


def schema():
    """The attributes in configuration.tf: names by kind, for the path of each object."""
    return {
        path: {kind: sorted(name for name in kinds if kinds[name] == kind) for kind in sorted(set(kinds.values()))}
        for path, kinds in accepted(PIPELINE).items()
    }


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "domain" not in case])
def test_the_sdk_reports_the_errors_and_the_levels_of_each_case(name):
    case = CASES[name]
    try:
        pipeline = expanded(pipeline_from(GOLDEN["defaults"] | case.get("pipeline", {}), REPOSITORY))
        check_pipeline(pipeline, datasets_from(case.get("datasets")))
    except InvalidPipelineError as error:
        assert sorted(error.violations) == case["errors"]
    else:
        assert levels(pipeline) == case["levels"]
        assert {name: tables_and_parameters(pipeline.tasks[name]) for name in case.get("tasks", {})} == case.get(
            "tasks", {}
        )


def tables_and_parameters(task):
    """The attributes that a case lists."""
    written = {
        table: {"ingestion_mode": output.ingestion_mode, "upsert_keys": list(output.upsert_keys)}
        for table, output in task.output_tables.items()
    }
    return {
        "input_tables": list(task.input_tables),
        "output_tables": written,
        "additional_parameters": dict(task.additional_parameters),
    }


@pytest.mark.parametrize("name", DATASET_CASES)
def test_the_sdk_reports_the_errors_of_datasets(name):
    case = DATASET_CASES[name]
    assert sorted(dataset_errors(datasets_from(case["datasets"]))) == case["errors"]


def test_terraform_reports_the_errors_and_the_levels_of_each_case(tmp_path):
    require("terraform", "test the rules of pipeline_factory")
    reported = evaluated_cases(FILE, schema(), tmp_path)
    for case in reported.values():
        if "errors" in case:
            case["errors"] = sorted(error.replace("tasks_configuration", "tasks") for error in case["errors"])
    assert reported == {
        name: {key: case[key] for key in ("errors", "levels", "tasks") if key in case}
        for name, case in (CASES | DATASET_CASES).items()
    }


def test_a_pipeline_file_has_the_attributes_of_the_variables():
    variables = {
        path if path.startswith("datasets") else f"pipeline.{path.replace('tasks_configuration', 'tasks')}": kinds
        for path, kinds in schema().items()
        if path.startswith(("datasets", "tasks_configuration", "triggers"))
    }
    assert variables == {
        path: {
            kind: sorted(names)
            for kind, names in (
                ("bool", attributes.booleans),
                ("number", attributes.numbers),
                ("other", attributes.others),
            )
            if names
        }
        for path, attributes in SCHEMA.items()
        if path not in ("pipeline", "pipeline.trigger")
    }
