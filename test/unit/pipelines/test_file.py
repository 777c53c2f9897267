"""Pipeline files, with the types of Terraform's `yamldecode`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from datalake_sdk.errors import InvalidPipelineError, PipelineFileError
from datalake_sdk.pipelines.file import read_pipeline
from datalake_sdk.pipelines.terraform_yaml import TerraformLoader


@pytest.fixture
def read(tmp_path):
    """`read(content)` reads a file next to the folder of a task named `load`."""
    code = tmp_path / "load/code"
    code.mkdir(parents=True)
    (code / "main.py").touch()
    (tmp_path / "load/requirements.txt").touch()

    def read(content: str):
        (tmp_path / "pipeline.yaml").write_text(content, encoding="utf-8")
        return read_pipeline(tmp_path / "pipeline.yaml")

    return read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01T00:00:00Z"),
        ("2026-01-01T10:00:00", "2026-01-01T10:00:00"),
        ("yes", True),
        ("off", False),
        ("1_000", "1_000"),
        ("1e3", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.0", 1),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("=", "="),
        ("'7'", "7"),
    ],
)
def test_scalars_have_the_types_of_terraform(text, expected):
    assert yaml.load(f"value: {text}", Loader=TerraformLoader) == {"value": expected}


def test_values_are_converted_as_terraform_converts_them(read):
    task = "{path: load, retries: '3', additional_parameters: {days: 7, share: 1.50, full: yes}}"
    pipeline = read(f"pipeline_name: daily\ntasks:\n  load: {task}")
    assert pipeline.tasks["load"].retries == 3
    assert pipeline.tasks["load"].additional_parameters == {"days": "7", "share": "1.5", "full": "true"}


@pytest.mark.parametrize("number", ["1e999", "'1e999'", "1" + "0" * 400, "true"])
def test_a_number_that_no_float_can_hold_is_an_error(read, number):
    with pytest.raises(InvalidPipelineError, match=r"tasks.load.timeout_minutes is .*; it must be a number\."):
        read(f"pipeline_name: daily\ntasks: {{load: {{path: load, timeout_minutes: {number}}}}}")


def test_a_number_is_not_a_boolean(read):
    with pytest.raises(InvalidPipelineError, match=r"infra_config.use_spot is '1'; it must be true or false\."):
        read("pipeline_name: daily\ntasks: {load: {path: load, infra_config: {use_spot: 1}}}")


def test_anchors_and_merge_keys_are_supported(read):
    content = "pipeline_name: daily\ntasks:\n  load: &load {path: load}\n  again: {<<: *load, after: [load]}"
    assert read(content).tasks["again"].path == "load"


def test_all_violations_are_listed_under_the_name_of_the_file(read, tmp_path):
    with pytest.raises(InvalidPipelineError) as raised:
        read("pipeline_name: Daily\ntasks: {load: {path: load, retries: 20}}")
    first, *violations = raised.value.message.splitlines()
    assert first == f"{tmp_path / 'pipeline.yaml'} is invalid:"
    assert violations == [
        "pipeline_name is 'Daily'; it must be lowercase letters, digits and single '_' between them, starting with a "
        "letter.",
        "tasks.load.retries is 20; it must be a whole number from 0 to 10.",
    ]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (
            "",
            InvalidPipelineError,
            "The file must be an object. Valid attributes: pipeline_name, run_for_each",
        ),
        ("name: daily", InvalidPipelineError, "The file has no attribute 'name'; did you mean 'pipeline_name'?"),
        (
            "tasks: {load: {path: load, after: prepare}}",
            InvalidPipelineError,
            "pipeline.yaml is invalid:\ntasks.load.after",
        ),
        (
            "tasks: {load: {}, load: {}}",
            PipelineFileError,
            r"key 'load' occurs twice\n  in .*pipeline.yaml\", line 1, column 19",
        ),
        ("tasks: [", PipelineFileError, "is not valid YAML"),
        ("pipeline_name: {{ name }}", PipelineFileError, "found unhashable key"),
    ],
)
def test_malformed_files_are_rejected(read, content, error, message):
    with pytest.raises(error, match=message):
        read(content)


def test_a_missing_file_is_an_error():
    with pytest.raises(PipelineFileError, match="'nowhere.yaml': No such file"):
        read_pipeline(Path("nowhere.yaml"))
