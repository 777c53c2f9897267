"""A run of a pipeline: its id, its input and its folder in the lake."""

from __future__ import annotations

import fcntl
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from datalake_sdk.errors import NotWritableLakeError, RunInputError
from datalake_sdk.naming import state_machine_name
from datalake_sdk.pipelines.parameters import RunInput
from datalake_sdk.platforms.datasets import dataset_of
from datalake_sdk.platforms.local.task_reports import read_report, write_atomically
from datalake_sdk.platforms.select import LOCAL_NAMES
from datalake_sdk.runtime.environment import LOGICAL_DATES, parsed_timestamp
from datalake_sdk.settings import Environment

RUNS = "runs"
"""Folder in the lake: `runs/{pipeline}/{run id}`, with a log and a report for each task."""
_RECORD, _LOCK = "pipeline-run.json", "pipeline-run.lock"
"""Unlike the name of a task, and so unlike that of its report, they have a dash."""


@dataclass(frozen=True)
class Run:
    """A run.

    Args:
        environment: Environment of the embedded lake.
        pipeline: Name of the pipeline.
        id: Id of the run; writes that a resumed run has already committed are skipped.
        input: Input of the run, like that of an execution.
        start_time: Start of the first attempt, in ISO 8601.
        folder: Folder of its logs.
        selection: Tasks that were selected; None is all tasks of the pipeline.
        ignores_conditions: Whether a single task was selected, which runs regardless of its `when`.
    """

    environment: Environment
    pipeline: str
    id: str
    input: Any
    start_time: str
    folder: Path
    selection: Sequence[str] | None = None
    ignores_conditions: bool = False

    @property
    def root(self) -> Path:
        """Folder of the embedded lake."""
        return root_of(self.environment)

    @property
    def arn(self) -> str:
        """Identifier of the run, formatted like the ARN of an execution, without region and account."""
        return f"arn:aws:states:::execution:{state_machine_name(self.environment.name, self.pipeline)}:{self.id}"

    def input_for(self, task: str) -> RunInput:
        """Returns the input and the context object that the parameters of a task refer to.

        https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
        """
        machine = state_machine_name(self.environment.name, self.pipeline)
        execution = {"Id": self.arn, "Name": self.id, "Input": self.input, "StartTime": self.start_time}
        state_machine = {"Id": f"arn:aws:states:::stateMachine:{machine}", "Name": machine}
        return RunInput(self.input, {"Execution": execution, "State": {"Name": task}, "StateMachine": state_machine})

    def log(self, name: str) -> Path:
        """Returns the log file of a task, or of an invocation of it."""
        return self.folder / f"{name}.log"

    def report(self, name: str) -> Path:
        """Returns the file in which a task, or an invocation of it, reports its result."""
        return self.folder / f"{name}.json"

    def items(self, task: str) -> Path:
        """Returns the file with the parameters of the iterations of a task."""
        return self.folder / f"{task}.items.json"

    def has_succeeded(self, name: str) -> bool:
        """Whether a task has succeeded, was skipped, or had its failure caught in an earlier attempt."""
        report = read_report(self.report(name))
        return report is not None and report.error is None

    def result(self, name: str) -> Any:
        """Returns the result of a task for conditions; None if it has not succeeded."""
        report = read_report(self.report(name))
        return None if report is None or report.error is not None else report.output

    @property
    def is_running(self) -> bool:
        """Whether a process is running the tasks; False on a file system without locks."""
        try:
            with (self.folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @contextmanager
    def in_progress(self) -> Iterator[None]:
        """Records the run, which is running until the end of the block or of the process.

        Raises:
            NotWritableLakeError: The folder cannot be created or written to.
        """
        self.record()
        with self._writing():
            lock = (self.folder / _LOCK).open("w")
        with lock:
            # Some file systems have no locks. On NFS, a file that is open for writing only can be locked exclusively,
            # but not shared: https://man7.org/linux/man-pages/man2/flock.2.html
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    def record(self) -> None:
        """Creates the folder and stores the input and the selected tasks, so that the run can be resumed.

        Raises:
            NotWritableLakeError: The folder cannot be created or written to.
        """
        record = {
            "environment": self.environment.name,
            "input": self.input,
            "start_time": self.start_time,
            "selection": self.selection,
            "ignores_conditions": self.ignores_conditions,
        }
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / _RECORD, json.dumps(record))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotWritableLakeError(self.root, error.strerror or str(error)) from error


def run_input(parameters: str | None, logical_date: str | None) -> Any:
    """Returns the input of a run; None if neither is given.

    Args:
        parameters: JSON.
        logical_date: Date or time in ISO 8601 that the run covers.

    Raises:
        RunInputError: The parameters are not JSON, or not an object to which the date can be added, or a date is
            invalid.
    """
    if parameters is None and logical_date is None:
        return None
    if logical_date is None:
        given = _parsed(parameters)
        if isinstance(given, dict):
            _check_dates(given)
        return given
    _check_date("--logical-date", logical_date)
    return {**input_fields(parameters), "logical_date": logical_date}


def _check_dates(given: Mapping[str, Any]) -> None:
    for name in LOGICAL_DATES:
        if given.get(name):
            _check_date(f"{name} in --parameters", given[name])
            return


def _check_date(field: str, value: object) -> None:
    try:
        parsed_timestamp(value)
    except ValueError:
        raise RunInputError(field, value, "a date or a time in ISO 8601") from None


def input_fields(parameters: str | None) -> dict[str, Any]:
    """Returns the input to which a logical date is added.

    Args:
        parameters: JSON object; None is an empty one.

    Raises:
        RunInputError: The parameters are not JSON or not an object.
    """
    given = _parsed(parameters)
    if not isinstance(given, dict):
        raise RunInputError("--parameters", parameters, "a JSON object, to which the logical date is added")
    return given


def _parsed(parameters: str | None) -> Any:
    try:
        return {} if parameters is None else json.loads(parameters)
    except ValueError as error:
        raise RunInputError("--parameters", parameters, f"JSON ({error})") from None


def new_run(environment: Environment, pipeline: str, given: Any, label: str = "") -> Run:
    """Returns a new run with an id that starts with the time and ends with the label, if there is one."""
    now = datetime.now(UTC)
    run_id = "-".join(filter(None, (f"{now:%Y%m%dT%H%M%S}", token_hex(2), label)))
    folder = runs_folder(environment, pipeline) / run_id
    return Run(environment, pipeline, run_id, {} if given is None else given, now.isoformat(), folder)


def earlier_run(environment: Environment, pipeline: str, run_id: str, given: Any) -> Run:
    """Returns an earlier run, to resume it.

    Args:
        environment: Environment of the embedded lake.
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        given: Input, which must be that of the run; None is not checked.

    Raises:
        RunInputError: The run does not exist, or has another environment or input.
    """
    folder = runs_folder(environment, pipeline) / run_id
    try:
        run = _recorded_run(environment, pipeline, folder)
    except FileNotFoundError:
        raise RunInputError("--resume", run_id, f"the id of an earlier run, a folder in {folder.parent}") from None
    if run is None:
        raise RunInputError("--resume", run_id, f"a run of the environment {environment.name}, or pass -s of its stage")
    if given not in (None, run.input):
        raise RunInputError("--parameters", json.dumps(given), f"those of the run {run_id}, or omitted") from None
    return run


def resume_command(environment: Environment, run_id: str, given: Any, file: str) -> str:
    """Returns the command that resumes a run.

    Args:
        environment: Environment of the embedded lake.
        run_id: Id of the run.
        given: Input of the run.
        file: Pipeline file, or a placeholder for it.
    """
    options = ["--local", str(root_of(environment))]
    for option, setting in (("-p", "project_name"), ("-d", "domain_name"), ("-s", "stage_name")):
        if (name := getattr(environment, setting)) != LOCAL_NAMES[setting]:
            options += [option, name]
    dataset = dataset_of(given)
    selected = [] if dataset is None else ["--dataset", dataset]
    return shlex.join(["datalake_sdk", *options, "run_pipeline", file, *selected, "--resume", run_id])


def recorded_runs(environment: Environment, pipeline: str) -> list[Run]:
    """Returns the runs of a pipeline in an environment, in the order in which they were started."""
    records = runs_folder(environment, pipeline).glob(f"*/{_RECORD}")
    runs = [_recorded_run(environment, pipeline, record.parent) for record in records]
    return sorted((run for run in runs if run is not None), key=lambda run: run.start_time)


def runs_folder(environment: Environment, pipeline: str) -> Path:
    """Returns the folder of the runs of a pipeline."""
    return root_of(environment) / RUNS / pipeline


def _recorded_run(environment: Environment, pipeline: str, folder: Path) -> Run | None:
    """Reads the record of a run; None if the run belongs to another stage of the lake."""
    record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    if record.pop("environment") != environment.name:
        return None
    return Run(environment, pipeline, folder.name, folder=folder, **record)


def root_of(environment: Environment) -> Path:
    """Returns the folder of the embedded lake of an environment."""
    assert environment.local_root is not None
    return environment.local_root.expanduser().resolve()
