"""Virtual environments with the requirements of tasks, cached by content."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import distributions, requires
from pathlib import Path

from datalake_sdk.errors import RequirementsError
from datalake_sdk.operations.run_pipeline.processes import ProcessContext, Processes
from datalake_sdk.pipelines.definition import Task

_PACKAGE_FOLDER = Path(__file__).parents[3]
"""Folder that contains the package `datalake_sdk`."""
_COMPLETE = "complete"
_KEY_LENGTH = 16


@dataclass(frozen=True)
class Requirements:
    """The requirements of a task that has any.

    Args:
        task: Name of the task.
        file: Its requirements.txt.
        extras: Extras of the SDK that the task needs.
    """

    task: str
    file: Path
    extras: tuple[str, ...]

    def sdk_requirements(self) -> list[str]:
        """Requirements of the SDK, so that those of the task are resolved together with them, as in the image."""
        markers = [f'extra == "{extra}"' for extra in self.extras]
        return [
            each.partition(";")[0].strip()
            for each in requires("datalake-sdk") or ()
            if "extra ==" not in each or any(marker in each for marker in markers)
        ]

    def key(self) -> str:
        """Identifies the environment: the same requirements share one."""
        content = [self.file.read_bytes().hex(), self.sdk_requirements(), sys.version, sys.prefix]
        return sha256(json.dumps(content).encode()).hexdigest()[:_KEY_LENGTH]


def requirements_of(task: Task, folder: Path) -> Requirements | None:
    """Returns the requirements in a task's folder; None if requirements.txt is missing or has only comments."""
    file = folder / "requirements.txt"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    if not any(line.partition("#")[0].strip() for line in lines):
        return None
    extras = ["local", "spark" if task.is_spark else None, task.extra]
    return Requirements(task.name, file, tuple(filter(None, extras)))


def python_program(
    requirements: Requirements | None, processes: Processes, log: Path, on_install: Callable[[], None]
) -> str:
    """Returns the Python program that runs a task; installs its requirements if they are not cached.

    Args:
        requirements: Requirements of the task; without any, this process's own environment is used.
        processes: Runs the installation.
        log: File to which the output of the installation is appended.
        on_install: Called before an installation.

    Raises:
        RequirementsError: The installation failed.
    """
    if requirements is None:
        return sys.executable
    environment = cache_folder() / requirements.key()
    with _locked(environment):
        if not (environment / _COMPLETE).exists():
            on_install()
            shutil.rmtree(environment, ignore_errors=True)
            _install(requirements, environment, processes, log)
            (environment / _COMPLETE).touch()
    return str(environment / "bin/python")


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/datalake_sdk/environments`.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "datalake_sdk/environments"


@contextmanager
def _locked(environment: Path) -> Iterator[None]:
    """Waits for other tasks and runs that install the same environment."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    with environment.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(requirements: Requirements, environment: Path, processes: Processes, log: Path) -> None:
    uv = shutil.which("uv")
    python = str(environment / "bin/python")
    create = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install", "--quiet"]
    _run(requirements, [*create, str(environment)], processes, log)
    _add_sdk(environment)
    sdk = environment / "sdk-requirements.txt"
    sdk.write_text("\n".join(requirements.sdk_requirements()), encoding="utf-8")
    _run(requirements, [*install, "-r", str(requirements.file), "-r", str(sdk)], processes, log)


def _add_sdk(environment: Path) -> None:
    """Adds the packages of this environment, after those of the task: https://docs.python.org/3/library/site.html."""
    folders = dict.fromkeys([str(_PACKAGE_FOLDER), *(str(each.locate_file("")) for each in distributions())])
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "datalake_sdk.pth").write_text("\n".join(folders), encoding="utf-8")


def _run(requirements: Requirements, command: list[str], processes: Processes, log: Path) -> None:
    if processes.run(command, ProcessContext(log, requirements.file.parent, os.environ)) != 0:
        raise RequirementsError(requirements.task, requirements.file, log)
