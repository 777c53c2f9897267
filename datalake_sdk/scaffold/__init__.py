"""Repositories of users: generated from templates, extended, and updated to newer templates."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from datalake_sdk.errors import ExistingPathError, InvalidAnswerError, InvalidNameError, UnknownPipelineError
from datalake_sdk.scaffold.pipeline_file import with_task
from datalake_sdk.scaffold.record import RECORD, Record, repository_root
from datalake_sdk.scaffold.rendering import PIPELINE, REPOSITORY, TASK, GeneratedFile, Rendering, render

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FOLDER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")


def create_repository(folder: Path, answers: Mapping[str, str], *, ask: bool) -> list[str]:
    """Creates a repository with a domain, a pipeline, tests and CI.

    Args:
        folder: Folder to create.
        answers: Answers to questions of the template, by name.
        ask: Whether to ask for the other answers in the terminal.

    Returns:
        The paths of the files.

    Raises:
        UsageError: The folder exists, or its name or an answer is invalid.
    """
    folder = folder.absolute()
    if not _FOLDER_NAME.fullmatch(folder.name):
        rule = "letters, digits and single '_' or '-' between them, starting with a letter"
        raise InvalidNameError("NAME", folder.name, rule, "Choose another name.")
    if folder.exists():
        raise ExistingPathError(folder)
    rendering = render_repository(folder.name, answers, ask=ask)
    check_modules(folder, rendering.answers["modules"])
    record = record_of(rendering, folder.name)
    with _moved_to(folder) as temporary:
        _write(temporary, {**rendering.files, RECORD: GeneratedFile(record.as_text())})
    return sorted(rendering.files)


def render_repository(
    folder_name: str,
    answers: Mapping[str, str],
    *,
    ask: bool = False,
    recorded: Mapping[str, str] = MappingProxyType({}),
) -> Rendering:
    """Renders the template of the installed version of the SDK.

    Args:
        folder_name: Name of the repository's folder.
        answers: Given answers by name of the question.
        ask: Whether to ask for the other answers in the terminal.
        recorded: Earlier answers, also to questions that this version does not have.
    """
    computed = {"folder_name": folder_name.lower().replace("-", "_"), "sdk_version": installed_version()}
    return render(REPOSITORY, {**recorded, **computed}, answers, ask=ask)


def check_modules(root: Path, modules: str) -> None:
    """Checks that a path outside of the repository leads to a checkout of the modules; a URL is not opened.

    Args:
        root: Folder of the repository.
        modules: Answer to the question `modules`.

    Raises:
        InvalidAnswerError: The checkout has no modules.
    """
    checkout = Path(os.path.normpath(root / "terraform" / modules))
    if modules.startswith(".") and not checkout.is_relative_to(root) and not (checkout / "domain_factory").is_dir():
        rule = f"the path of a checkout from the folder terraform, but '{checkout}' has no domain_factory"
        raise InvalidAnswerError(f"modules is '{modules}'; it must be {rule}")


def record_of(rendering: Rendering, folder_name: str) -> Record:
    """Returns the record of a rendered repository."""
    files = {path: file.text for path, file in rendering.files.items()}
    return Record(installed_version(), folder_name, rendering.answers, files)


def add_pipeline(folder: Path, name: str) -> list[str]:
    """Adds a pipeline with one task to the repository that contains a folder.

    Returns:
        The paths of the new files, relative to the repository.

    Raises:
        UsageError: The name is invalid, the pipeline exists, or the folder is not in a scaffolded repository.
    """
    _check_name("pipeline", name)
    root = repository_root(folder)
    pipeline = f"pipelines/{name}"
    task = f"load_{name}"
    if (root / pipeline).exists():
        raise ExistingPathError(root / pipeline)
    files = {**render(PIPELINE, {"pipeline_name": name}).files, **_task_files(name, task, "python")}
    file = f"{pipeline}/pipeline.yaml"
    files[file] = GeneratedFile(with_task(files[file].text, Path(file), name, task, "python"))
    with _moved_to(root / pipeline) as temporary:
        _write(temporary, {path.removeprefix(f"{pipeline}/"): each for path, each in files.items()})
    return sorted(files)


def add_task(folder: Path, name: str, pipeline: str | None, task_type: str) -> list[str]:
    """Adds a task to a pipeline of the repository that contains a folder.

    Args:
        folder: A folder of the repository.
        name: Name of the task, and of the table that it writes.
        pipeline: Name of the folder of the pipeline; None if there is only one.
        task_type: `python`, `sql` or `dbt`.

    Returns:
        The paths of the new and changed files, relative to the repository.

    Raises:
        UsageError: A name is invalid, the task exists, or the folder is not in a scaffolded repository.
        TaskInsertionError: The pipeline file has no block of tasks.
    """
    _check_name("task", name)
    root = repository_root(folder)
    pipeline = _pipeline(root, pipeline)
    target = f"pipelines/{pipeline}/tasks/{name}"
    if (root / target).exists():
        raise ExistingPathError(root / target)
    file = root / "pipelines" / pipeline / "pipeline.yaml"
    extended = with_task(file.read_text(encoding="utf-8"), file, pipeline, name, task_type)
    files = _task_files(pipeline, name, task_type)
    with _moved_to(root / target) as temporary:
        _write(temporary, {path.removeprefix(f"{target}/"): each for path, each in files.items()})
    file.write_text(extended, encoding="utf-8")
    return [f"pipelines/{pipeline}/pipeline.yaml", *sorted(files)]


def installed_version() -> str:
    """Version of the installed SDK."""
    return version("datalake-sdk")


def _task_files(pipeline: str, name: str, task_type: str) -> Mapping[str, GeneratedFile]:
    return render(TASK, {"pipeline_name": pipeline, "task_name": name, "task_type": task_type}).files


def _check_name(field: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        rule = "lowercase letters, digits and single '_' between them, starting with a letter"
        raise InvalidNameError(f"name of the {field}", name, rule, "Choose another name.")


def _pipeline(root: Path, name: str | None) -> str:
    pipelines = sorted(file.parent.name for file in root.glob("pipelines/*/pipeline.yaml"))
    if name in pipelines:
        return name
    if name is None and len(pipelines) == 1:
        return pipelines[0]
    raise UnknownPipelineError(name, pipelines)


@contextmanager
def _moved_to(target: Path) -> Iterator[Path]:
    """Yields a temporary folder beside the target, which becomes the target; an interruption removes it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        content = Path(folder) / target.name
        content.mkdir()
        yield content
        content.rename(target)


def _write(folder: Path, files: Mapping[str, GeneratedFile]) -> None:
    for path, file in files.items():
        file.write(folder / path)
