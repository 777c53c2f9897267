"""Rules for shared_modules, as in errors_shared_modules.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from datalake_sdk.pipelines.definition import Pipeline, Task

_RESERVED = ("datalake_sdk", "main")


def shared_module_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for shared modules."""
    for task in pipeline.tasks.values():
        names = [Path(module or "").name for module in task.shared_modules]
        for module, name in zip(task.shared_modules, names, strict=True):
            shown = f"tasks.{task.name}.shared_modules has '{module or ''}'"
            if not _has_files(pipeline.folder / (module or "")):
                yield f"{shown}, which is not a folder with files. It must be the folder of a Python package."
            elif not re.fullmatch(r"[a-z_][a-z0-9_]*", name) or name in _RESERVED:
                yield (
                    f"{shown}; the name of its folder, with which it is imported, must be lowercase letters, digits "
                    "and '_', and neither main nor datalake_sdk."
                )
            elif names.count(name) > 1 or _is_in_code(pipeline, task, name):
                yield f"{shown}, but the task has another module '{name}'. Rename one of them."


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(file.is_file() for file in folder.rglob("*"))


def _is_in_code(pipeline: Pipeline, task: Task, name: str) -> bool:
    code = pipeline.task_folder(task) / "code"
    return (code / f"{name}.py").is_file() or _has_files(code / name)
