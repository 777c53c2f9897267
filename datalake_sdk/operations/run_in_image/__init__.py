"""Runs a task on this machine in its image, on an embedded lake or with the user's credentials on AWS."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from datalake_sdk.errors import (
    ComputedValuesError,
    NoDeclaredTaskError,
    ParameterPathError,
    UnknownTaskParameterError,
)
from datalake_sdk.operations.plan_pipeline import check_reads
from datalake_sdk.operations.run_in_image import commands
from datalake_sdk.operations.run_in_image.container import Container
from datalake_sdk.operations.run_in_image.container_process import run_container
from datalake_sdk.operations.run_in_image.credentials import aws_variables
from datalake_sdk.operations.run_in_image.engine import Engine, Family
from datalake_sdk.operations.run_in_image.task_image import TaskImage, build_image
from datalake_sdk.operations.run_pipeline.run import Run, new_run
from datalake_sdk.operations.run_pipeline.task_process import (
    Invocation,
    TaskState,
    TaskStatus,
    definition_variables,
    ended_status,
    task_variables,
)
from datalake_sdk.operations.test_task.definition import PIPELINE_FILE, declared_task
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.limits import CAUGHT_CAUSE, CAUGHT_ERROR, CAUGHT_TASK, PARAMETER_PATTERN
from datalake_sdk.pipelines.loops import known_parameters
from datalake_sdk.pipelines.parameters import RunInput, task_parameters
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.local.task_reports import read_report
from datalake_sdk.runtime import environment as names

_NOT_STARTED = 125
"""Exit code of docker, podman and nerdctl if a container was not started."""
_SIGNALED = 128
"""Added to the number of the signal that ended a process: https://docs.docker.com/engine/containers/run/#exit-status"""


@dataclass(frozen=True)
class TaskInImage:
    """A task with its parameters, input and image.

    Args:
        platform: Embedded lake, or environment on AWS.
        pipeline: Pipeline of the task.
        task: The task.
        parameters: Parameters of the task.
        input: Input of the execution.
        image: Image of the task.
    """

    platform: Platform
    pipeline: Pipeline
    task: Task
    parameters: Mapping[str, str]
    input: Any
    image: TaskImage

    @property
    def lake(self) -> Path | None:
        """Folder of the embedded lake; None on AWS."""
        root = self.platform.environment.local_root
        return None if root is None else root.expanduser().resolve()


def task_in_image(
    platform: Platform, folder: Path, overrides: Mapping[str, str], given: Any, base_image: str | None
) -> TaskInImage:
    """Returns the task in a folder, as declared by the nearest pipeline file above it.

    Args:
        platform: Embedded lake, or environment on AWS.
        folder: Folder of the task.
        overrides: Parameters that override those of the task.
        given: Input of the execution; None is an empty object.
        base_image: Base image; None is the default of the Dockerfile.

    Raises:
        NoDeclaredTaskError: No pipeline file declares the task.
        ComputedValuesError: Parameters cannot be computed from the input.
        UnknownTaskParameterError: An override is not a parameter of the task.
        UsageError: The pipeline file is invalid.
    """
    declared = declared_task(folder)
    if declared is None:
        raise NoDeclaredTaskError(folder, PIPELINE_FILE)
    pipeline, task = declared
    check_reads(pipeline, [task])
    _check_names(pipeline, task, overrides)
    execution_input = {} if given is None else given
    parameters = {**_parameters(task, overrides, RunInput(execution_input, {})), **overrides}
    folder = pipeline.task_folder(task).resolve()
    image = TaskImage(pipeline.name, task, folder, base_image, shared_modules=pipeline.shared_modules(task))
    return TaskInImage(platform, pipeline, task, parameters, execution_input, image)


def run_task(engine: Engine, task: TaskInImage) -> TaskStatus:
    """Builds the image of a task and runs it once.

    On an embedded lake, this is recorded as a run of the pipeline.

    Returns:
        The last status of the task.

    Raises:
        ImageBuildError: The image cannot be built.
        NoCredentialsError: No AWS credentials were found.
        ContainerEngineError: The container cannot be created.
    """
    variables = _variables(task)
    build_image(engine, task.image)
    run = None if task.lake is None else _run(task)
    if run is not None:
        variables |= task_variables(task.pipeline, run, Invocation(task.task, task.parameters))
    container = _container(task, commands.task_command(task.task, on_aws=task.lake is None), variables)
    started = monotonic()
    with nullcontext() if run is None else run.in_progress():
        exit_code = run_container(engine, container, task.task.timeout * 60)
    return replace(_status(task, run, engine, exit_code), seconds=monotonic() - started)


def open_shell(engine: Engine, task: TaskInImage) -> int:
    """Builds the image of a task and opens a shell in it, in this terminal.

    Returns:
        Exit code of the shell.

    Raises:
        DatalakeError: As for `run_task`.
    """
    variables = _variables(task)
    build_image(engine, task.image)
    container = _container(task, commands.shell_command(), variables)
    return run_container(engine, replace(container, has_terminal=True)) or 0


def open_notebook(engine: Engine, task: TaskInImage, on_start: Callable[[str], None]) -> int:
    """Builds the image of a task with Jupyter, and runs its server until the caller is interrupted.

    Args:
        engine: Container program.
        task: The task.
        on_start: Called with the URL of the notebook, which contains the token, before the server starts.

    Returns:
        Exit code of the server.

    Raises:
        DatalakeError: As for `run_task`.
    """
    token, port = secrets.token_urlsafe(), _free_port()
    variables = {**_variables(task), "JUPYTER_TOKEN": token}
    task = replace(task, image=replace(task.image, has_jupyter=True))
    build_image(engine, task.image)
    # buildah shares the network of the machine. Other programs forward the published port to the container's address.
    address = "127.0.0.1" if engine.family is Family.BUILDAH else "0.0.0.0"
    container = replace(_container(task, commands.jupyter_command(address, port), variables), port=port)
    on_start(f"http://127.0.0.1:{port}/notebooks/{commands.NOTEBOOK}?token={token}")
    return run_container(engine, container) or 0


def _check_names(pipeline: Pipeline, task: Task, overrides: Mapping[str, str]) -> None:
    valid = {name.removesuffix(".$") for name in task.additional_parameters}
    if task.name in pipeline.caught:
        valid |= {CAUGHT_TASK, CAUGHT_ERROR, CAUGHT_CAUSE}
    if task.for_each:
        valid |= known_parameters(task.for_each)
        if task.for_each.input is not None:
            # The keys of items in the input are unknown.
            valid |= {name for name in overrides if re.fullmatch(PARAMETER_PATTERN, name) and "." not in name}
    for name in overrides:
        if name not in valid:
            raise UnknownTaskParameterError(task.name, name, sorted(valid))


def _parameters(task: Task, overrides: Mapping[str, str], given: RunInput) -> dict[str, str]:
    values: dict[str, str] = {}
    missing = []
    for name, value in task.additional_parameters.items():
        if name.removesuffix(".$") in overrides:
            continue
        try:
            values |= task_parameters(replace(task, additional_parameters={name: value}), given)
        except ParameterPathError:
            missing.append(f"{names.PARAMETER_PREFIX}{name.removesuffix('.$')}")
    item = known_parameters(task.for_each) - overrides.keys() if task.for_each else set()
    missing += [f"{names.PARAMETER_PREFIX}{name}" for name in sorted(item)]
    if missing:
        raise ComputedValuesError(task.name, missing)
    return values


def _variables(task: TaskInImage) -> dict[str, str]:
    """Returns the variables of a task outside of a run; without a run, its ingestion ids are random."""
    location = aws_variables(task.platform) if task.lake is None else {names.LOCAL_ROOT: str(task.lake)}
    definition = definition_variables(task.platform.environment, task.pipeline, task.task, task.parameters)
    return {**definition, **_secrets(task), names.EXECUTION_INPUT: json.dumps(task.input), **location}


def _secrets(task: TaskInImage) -> dict[str, str]:
    """Returns the secrets in environment variables, from which a task on an embedded lake reads them."""
    return {} if task.lake is None else {name: os.environ[name] for name in task.task.secrets if name in os.environ}


def _run(task: TaskInImage) -> Run:
    run = new_run(task.platform.environment, task.pipeline.name, task.input)
    return replace(run, selection=[task.task.name], ignores_conditions=True)


def _container(task: TaskInImage, command: Sequence[str], variables: Mapping[str, str]) -> Container:
    if task.lake is not None:
        task.lake.mkdir(parents=True, exist_ok=True)
    return Container(
        name=f"datalake_sdk-{task.pipeline.name}-{task.task.name}-{secrets.token_hex(4)}",
        image=task.image.name,
        platform=task.image.platform,
        command=command,
        variables=variables,
        home=commands.home(task.task),
        folder=commands.working_directory(task.task),
        mounts=() if task.lake is None else (task.lake,),
        replaces_entry_point=task.task.is_spark,
    )


def _status(task: TaskInImage, run: Run | None, engine: Engine, exit_code: int | None) -> TaskStatus:
    name = task.task.name
    failed = TaskStatus(name, TaskState.FAILED, Path() if run is None else run.log(name))
    if exit_code == _NOT_STARTED and engine.family is not Family.BUILDAH:
        return replace(failed, error=f"{engine.program} could not start its container", hint="See the error above.")
    if run is None and exit_code == 0:
        return replace(failed, state=TaskState.SUCCEEDED)
    if exit_code is not None and exit_code > _SIGNALED:
        exit_code = _SIGNALED - exit_code
    invocation = Invocation(task.task, task.parameters)
    return ended_status(failed, invocation, exit_code, None if run is None else read_report(run.report(name)))


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
