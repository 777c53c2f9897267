"""Tests of a task as YAML files: given tables and files, and the expected rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalake_sdk.errors import TaskTestError
from datalake_sdk.naming import check_fields
from datalake_sdk.operations.tables_configuration import repeated_key
from datalake_sdk.pipelines.loops import iteration_parameters
from datalake_sdk.settings import TableName

_FIELDS = ("given", "files", "input", "parameters", "expected")


@dataclass(frozen=True)
class Case:
    """One test.

    Args:
        file: Its file.
        given: For each input table, its rows or a file with them.
        files: For each `s3://` path that the task reads, the file to use.
        input: Input of the run.
        parameters: Parameters added to those of the task, such as the item of a loop.
        expected: For each output table, its expected rows or a file with them.
    """

    file: Path
    given: Mapping[TableName, Sequence[Mapping[str, Any]] | Path]
    files: Mapping[str, Path]
    input: Any
    parameters: Mapping[str, str]
    expected: Mapping[TableName, Sequence[Mapping[str, Any]] | Path]


def read_case(file: Path) -> Case:
    """Reads a test; paths in it are relative to its folder.

    Raises:
        TaskTestError: The file is not valid YAML, a key occurs twice, or a field has a wrong type.
        UnknownFieldsError: A field does not exist.
    """
    fields = _mapping(file, "the file", _parsed(file))
    check_fields(str(file), fields, _FIELDS)
    expected = _tables(file, "expected", fields)
    if not expected:
        raise TaskTestError(file, "expected is missing; it must contain the rows of at least one table")
    files = _mapping(file, "files", fields.get("files"))
    return Case(
        file,
        given=_tables(file, "given", fields),
        files={path: _existing(file, f"files['{path}']", name) for path, name in files.items()},
        # The input of a run is JSON, which has no dates.
        input=json.loads(json.dumps(fields.get("input"), default=str)),
        parameters=_parameters(file, fields.get("parameters")),
        expected=expected,
    )


def _parameters(file: Path, value: Any) -> dict[str, str]:
    (parameters,) = iteration_parameters([_mapping(file, "parameters", value)])
    return parameters


def _parsed(file: Path) -> Any:
    import yaml

    try:
        content = file.read_text(encoding="utf-8")
        if (repeated := repeated_key(content)) is not None:
            raise TaskTestError(file, f"key '{repeated}' occurs twice")
        return yaml.safe_load(content)
    # PyYAML raises ValueError for dates such as 2026-13-01. https://github.com/yaml/pyyaml/issues/382
    except (yaml.YAMLError, ValueError) as error:
        raise TaskTestError(file, f"is not valid YAML: {error}") from None


def _tables(file: Path, field: str, fields: Mapping[str, Any]) -> dict[TableName, Any]:
    return {
        TableName.parse(name): _rows(file, f"{field}['{name}']", rows)
        for name, rows in _mapping(file, field, fields.get(field)).items()
    }


def _rows(file: Path, field: str, value: Any) -> Any:
    if isinstance(value, str):
        return _existing(file, field, value)
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise TaskTestError(file, f"{field} must be a list of rows, such as [{{id: 1}}], or the name of a file")
    return value


def _existing(file: Path, field: str, name: str) -> Path:
    path = file.parent / str(name)
    if not path.is_file():
        raise TaskTestError(file, f"{field} is '{name}', and {path} does not exist")
    return path


def _mapping(file: Path, field: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TaskTestError(file, f"{field} must be a mapping")
    return {str(name): each for name, each in value.items()}
