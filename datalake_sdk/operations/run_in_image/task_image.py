"""Builds the image of a task as pipeline_factory does, from the Dockerfiles in `datalake_sdk/task_images`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from datalake_sdk.errors import ImageBuildError, TaskCodeError
from datalake_sdk.operations.run_in_image.engine import Engine
from datalake_sdk.operations.run_in_image.package_index import pip_configuration
from datalake_sdk.operations.run_in_image.sdk_wheel import PACKAGE, write_wheel
from datalake_sdk.operations.task_code import CODE_FOLDER
from datalake_sdk.pipelines.definition import Task

IGNORED = (
    ".DS_Store",
    ".git",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".terraform",
    ".venv",
    "__pycache__",
)
"""Files and folders that images do not contain, as in `modules/build_and_upload_image_to_ecr`."""
_REQUIREMENTS = "requirements.txt"
_DOCKERFILE = "Dockerfile"
_SECRET = "pip.conf"


@dataclass(frozen=True)
class TaskImage:
    """The image of a task.

    Args:
        pipeline: Name of the pipeline.
        task: The task.
        task_folder: Folder of the task.
        base_image: Base image; None is the default of the Dockerfile.
        has_jupyter: Whether the image contains Jupyter.
        shared_modules: Folders of packages to add to the code, by name.
    """

    pipeline: str
    task: Task
    task_folder: Path
    base_image: str | None = None
    has_jupyter: bool = False
    shared_modules: Mapping[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the image on this machine."""
        return f"localhost/datalake_sdk/{self.pipeline}_{self.task.name}:{'jupyter' if self.has_jupyter else 'latest'}"

    @property
    def platform(self) -> str:
        """Platform that the task is deployed on."""
        return "linux/arm64" if self.task.infra_config.architecture == "ARM64" else "linux/amd64"

    @property
    def source(self) -> Path:
        """Folder with the Dockerfile and the other files of all images of this kind."""
        return PACKAGE / "task_images" / ("spark" if self.task.is_spark else "native")


def build_image(engine: Engine, image: TaskImage) -> None:
    """Builds the image with cached layers. The output is written to stderr.

    Raises:
        TaskCodeError: The folder of the task has no code.
        ImageBuildError: The build failed.
        PipConfigurationError: A pip configuration file is invalid.
    """
    indexes = pip_configuration()
    # The folder can be read only by its owner.
    with TemporaryDirectory(prefix="datalake_sdk-image-") as folder:
        context, secret = Path(folder) / "context", Path(folder) / _SECRET
        version = assemble(image, context)
        secret.write_text(indexes, encoding="utf-8")
        # buildah does not cache layers by default.
        variables = {**os.environ, "BUILDAH_LAYERS": "true"}
        command = build_command(engine, image, version, context, secret if indexes else None)
        # stdout is reserved for the result of the task.
        if subprocess.run(command, env=variables, stdout=2, check=False).returncode:
            raise ImageBuildError(image.task.name, engine.program, image.source / _DOCKERFILE)


def assemble(image: TaskImage, context: Path) -> str:
    """Creates the build context.

    Args:
        image: Image to build.
        context: Its new folder.

    Returns:
        Version of the SDK in it.

    Raises:
        TaskCodeError: The folder of the task has no code.
    """
    code, requirements = image.task_folder / CODE_FOLDER, image.task_folder / _REQUIREMENTS
    if not code.is_dir():
        raise TaskCodeError(code, "folder not found", "Pass the folder of a task, which contains the folder code.")
    for target, folder in {"": code, **image.shared_modules}.items():
        shutil.copytree(folder, context / CODE_FOLDER / target, ignore=shutil.ignore_patterns(*IGNORED))
    if requirements.is_file():
        shutil.copy2(requirements, context)
    else:
        (context / _REQUIREMENTS).touch()
    for file in image.source.iterdir():
        if file.is_file() and file.name != _DOCKERFILE:
            shutil.copy2(file, context)
    (context / "dist").mkdir()
    version = write_wheel(context / "dist")
    _make_readable(context)
    return version


def build_command(engine: Engine, image: TaskImage, version: str, context: Path, secret: Path | None) -> list[str]:
    """Returns the command that builds the image from its context.

    Args:
        engine: Container program.
        image: Image to build.
        version: Version of the SDK in the context.
        context: Folder of the context.
        secret: File with pip's configuration; None for its defaults.
    """
    return [
        engine.program,
        "build",
        *("--file", str(image.source / _DOCKERFILE)),
        *("--platform", image.platform),
        *("--tag", image.name),
        *_build_arguments({"SDK_VERSION": version, **_options(image)}),
        *(() if secret is None else ("--secret", f"id={_SECRET},src={secret}")),
        str(context),
    ]


def _options(image: TaskImage) -> dict[str, str]:
    base = {} if image.base_image is None else {"BASE_IMAGE": image.base_image}
    extra = {} if image.task.extra is None else {"EXTRA": image.task.extra}
    return {**base, **extra, **({"JUPYTER": "true"} if image.has_jupyter else {})}


def _build_arguments(values: Mapping[str, str]) -> Sequence[str]:
    return [word for name, value in values.items() for word in ("--build-arg", f"{name}={value}")]


def _make_readable(context: Path) -> None:
    """Tasks do not run as root, and files of a checkout may be readable only by their owner."""
    for path in (context, *context.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0))
