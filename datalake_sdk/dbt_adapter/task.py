"""Builds the dbt project of a task."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from datalake_sdk.dbt_adapter.model_runs import record_tests
from datalake_sdk.dbt_adapter.tables import check_declared
from datalake_sdk.errors import (
    DatalakeError,
    DbtBuildError,
    DbtProjectError,
    DbtTaskParameterError,
    EmptyDbtSelectionError,
    MissingDbtError,
    TransientDbtBuildError,
    TransientError,
)
from datalake_sdk.operations.ingest import IngestionResult

PROJECT_FILE = "dbt_project.yml"
_PREFIX = "dbt_"
_OPTIONS = {
    "dbt_select": "--select",
    "dbt_exclude": "--exclude",
    "dbt_indirect_selection": "--indirect-selection",
    "dbt_event_time_start": "--event-time-start",
    "dbt_event_time_end": "--event-time-end",
}
"""Parameters of a task that are options of `dbt build`; the others are variables of the project."""
_FULL_REFRESH = "dbt_full_refresh"
_FLAGS = {"true": ["--full-refresh"], "false": [], "": []}


@dataclass(frozen=True)
class DbtTask:
    """A task of the type dbt.

    Args:
        folder: Folder of the project.
        schema: Database of models without `schema`, if the project has no profile.
        inputs: Input tables of the task, or patterns `database.*`.
        outputs: Output tables of the task, or patterns.
        parameters: Parameters of the task.
        logical_date: Date that the execution covers; the variable `logical_date` of the project.
    """

    folder: Path
    schema: str | None
    inputs: Collection[str]
    outputs: Collection[str]
    parameters: Mapping[str, str]
    logical_date: str

    def build(self) -> dict[str, Any]:
        """Checks the tables of the selected nodes, then runs `dbt build`.

        Returns:
            JSON-serializable: for each table that was written, the statistics of its ingestion.

        Raises:
            MissingDbtError: dbt is not installed.
            DbtProjectError: The project is invalid; nothing was written.
            UndeclaredModelTableError: A node writes a table that the task does not declare; nothing was written.
            UndeclaredModelInputError: A node reads a table that the task does not declare; nothing was written.
            DbtTaskParameterError: A parameter is unknown or invalid; nothing was written.
            EmptyDbtSelectionError: `dbt_select` matches no node; nothing was written.
            DbtBuildError: Nodes failed; a retry skips those that were written.
        """
        options = _build_options(self.parameters)
        with tempfile.TemporaryDirectory() as scratch:
            runner = _Runner(self._arguments(Path(scratch)))
            manifest = runner.parsed()
            selected = runner.selected(options)
            if not selected and "dbt_select" in self.parameters:
                raise EmptyDbtSelectionError(self.parameters["dbt_select"])
            check_declared(manifest, selected, self.inputs, self.outputs)
            return {"tables": {table: result.as_dict() for table, result in runner.built(options).items()}}

    def _arguments(self, scratch: Path) -> list[str]:
        project = _project(self.folder)
        has_profile = (self.folder / "profiles.yml").is_file()
        profiles = self.folder if has_profile else scratch
        if not has_profile:
            output = {"type": "datalake", "schema": self.schema, "threads": 1}
            profile = {str(project.get("profile")): {"target": "lake", "outputs": {"lake": output}}}
            # JSON is YAML: https://yaml.org/spec/1.2.2/#103-json-schema
            (scratch / "profiles.yml").write_text(json.dumps(profile))
        variables = {name: value for name, value in self.parameters.items() if not name.startswith(_PREFIX)}
        folders = {"project-dir": self.folder, "profiles-dir": profiles, "target-path": scratch, "log-path": scratch}
        paths = [argument for name, path in folders.items() for argument in (f"--{name}", str(path.resolve()))]
        return [*paths, "--vars", json.dumps({"logical_date": self.logical_date, **variables})]


def _build_options(parameters: Mapping[str, str]) -> list[str]:
    valid = [*_OPTIONS, _FULL_REFRESH]
    options: list[str] = []
    for name, value in parameters.items():
        if name in _OPTIONS:
            options += [_OPTIONS[name], *(value.split() if name in ("dbt_select", "dbt_exclude") else [value])]
        elif name.startswith(_PREFIX) and name != _FULL_REFRESH:
            raise DbtTaskParameterError(name, value, f"one of {', '.join(valid)}")
    refresh = parameters.get(_FULL_REFRESH, "").lower()
    if refresh not in _FLAGS:
        raise DbtTaskParameterError(_FULL_REFRESH, refresh, "'true' or 'false'")
    return [*options, *_FLAGS[refresh]]


def _project(folder: Path) -> Mapping[str, Any]:
    import yaml

    file = folder / PROJECT_FILE
    if not file.is_file():
        raise DbtProjectError(f"{file}: file not found")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    # PyYAML raises ValueError for dates such as 2026-13-01. https://github.com/yaml/pyyaml/issues/382
    except (yaml.YAMLError, ValueError) as error:
        raise DbtProjectError(f"{file} is not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise DbtProjectError(f"{file} is not a mapping")
    return content


class _Runner:
    """Runs commands of dbt in this process, with one parsed manifest.

    Args:
        arguments: Options of every command.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        try:
            from dbt.cli.main import dbtRunner
        except ModuleNotFoundError as error:
            raise MissingDbtError(error.name or str(error)) from error
        self._new_runner = dbtRunner
        self._arguments = [*arguments, "--no-send-anonymous-usage-stats", "--no-use-colors"]
        self._manifest: Any = None

    def parsed(self) -> Mapping[str, Any]:
        self._manifest = self._invoke(["--quiet", "parse"]).result
        return self._manifest.writable_manifest().to_dict(omit_none=False)  # type: ignore[no-any-return]

    def selected(self, options: Sequence[str]) -> list[str]:
        """Returns the unique ids of the nodes that `dbt build` would run."""
        kept = [*options]
        for name in ("--event-time-start", "--event-time-end"):
            if name in kept:
                del kept[kept.index(name) : kept.index(name) + 2]
        chosen = [option for option in kept if option != "--full-refresh"]
        with redirect_stdout(StringIO()):
            listed = self._invoke(["--quiet", "list", "--output", "json", "--output-keys", "unique_id", *chosen]).result
        return [json.loads(line)["unique_id"] for line in listed]

    def built(self, options: Sequence[str]) -> dict[str, IngestionResult]:
        outcome = self._new_runner(manifest=self._manifest).invoke(["build", *options, *self._arguments])
        connections = _connections()
        results = getattr(outcome.result, "results", None)
        if results is None:
            raise _error(outcome)
        record_tests(results, self._manifest.writable_manifest().to_dict(omit_none=False), connections.written)
        failures = {
            result.node.name: str(result.message) for result in results if str(result.status) in ("error", "fail")
        }
        if failures:
            errors = [connections.errors.get(result.node.unique_id) for result in results if result.status == "error"]
            raise _build_error(failures, errors)
        return dict(connections.written)

    def _invoke(self, command: Sequence[str]) -> Any:
        outcome = self._new_runner(manifest=self._manifest).invoke([*command, *self._arguments])
        if not outcome.success:
            raise _error(outcome)
        return outcome


def _connections() -> Any:
    from dbt.adapters.factory import get_adapter_by_type

    return get_adapter_by_type("datalake").connections


def _error(outcome: Any) -> DatalakeError:
    return DbtProjectError(str(outcome.exception or "dbt failed; its log has the reason"))


def _build_error(failures: Mapping[str, str], errors: Sequence[DatalakeError | None]) -> DatalakeError:
    is_transient = bool(errors) and all(isinstance(error, TransientError) for error in errors)
    return TransientDbtBuildError(failures) if is_transient else DbtBuildError(failures)
