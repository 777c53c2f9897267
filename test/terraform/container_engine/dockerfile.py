"""Builds Dockerfiles without containers: copies files, and determines how containers start."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_LAMBDA = "lambda/python"
_LAMBDA_TASK_ROOT = "/var/task"
_INSTALLS_SDK = re.compile(r'type=bind,source=(\S+),target=.* pip install .*"datalake-sdk\[[a-z,]+\]==(\S+)"')
_PACKAGES = "opt/packages"


@dataclass
class Image:
    """An image that is being built.

    Attributes:
        root: Folder with the file system of the image.
        folder: WORKDIR, inside the image.
        environment: ENV.
        entry_point: ENTRYPOINT.
        command: CMD.
    """

    root: Path
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entry_point: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def path(self, inside: str) -> Path:
        """The path on this machine of a path in the image."""
        return self.root / str(PurePosixPath(self.folder) / inside).lstrip("/")


@dataclass(frozen=True)
class Inputs:
    """What an image is built from.

    Attributes:
        context: Build context.
        arguments: Values of ARG.
        install_sdk: Installs a version of the SDK into a folder, from a folder that may contain its wheel.
    """

    context: Path
    arguments: Mapping[str, str]
    install_sdk: Callable[[str, Path, Path], None]


def build(dockerfile: Path, inputs: Inputs, root: Path) -> Image:
    """Builds an image. Of the commands in RUN, only the installation of the SDK has an effect.

    Args:
        dockerfile: Path of the Dockerfile.
        inputs: Context, arguments and packages.
        root: An empty folder for the file system of the image.

    Raises:
        ValueError: An instruction is unknown.
    """
    image, values = Image(root), dict(inputs.arguments)
    for instruction, rest in _instructions(dockerfile.read_text()):
        if instruction == "ARG":
            name, _, default = rest.partition("=")
            values.setdefault(name, default)
        else:
            _execute(image, instruction, _with_values(rest, {**values, **image.environment}), inputs)
    image.path(".").mkdir(parents=True, exist_ok=True)
    return image


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    for line in filter(None, map(str.strip, joined.split("\n"))):
        instruction, _, rest = line.partition(" ")
        yield instruction.upper(), rest.strip()


def _with_values(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values.get(found[1], ""), text)


def _execute(image: Image, instruction: str, rest: str, inputs: Inputs) -> None:
    match instruction:
        case "FROM":
            _start_from(image, rest)
        case "WORKDIR":
            image.folder = str(PurePosixPath(image.folder) / rest)
        case "COPY":
            _copy(image, shlex.split(rest), inputs.context)
        case "ENV":
            image.environment.update(word.split("=", 1) for word in shlex.split(rest))
        case "RUN":
            _run(image, rest, inputs)
        case "CMD":
            image.command = json.loads(rest)
        case "ENTRYPOINT":
            image.entry_point = json.loads(rest)
        case "EXPOSE" | "LABEL" | "USER":
            pass
        case _:
            raise ValueError(f"{instruction} is not supported here")


def _start_from(image: Image, base: str) -> None:
    if _LAMBDA in base:
        image.folder = _LAMBDA_TASK_ROOT
        image.environment["LAMBDA_TASK_ROOT"] = _LAMBDA_TASK_ROOT


def _copy(image: Image, words: list[str], context: Path) -> None:
    *sources, target = [word for word in words if not word.startswith("--")]
    into = image.path(target)
    for source in (context / name for name in sources):
        if source.is_dir():
            shutil.copytree(source, into, dirs_exist_ok=True)
        else:
            file = into / source.name if target.endswith(("/", ".")) else into
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, file)


def _run(image: Image, command: str, inputs: Inputs) -> None:
    for folder, version in _INSTALLS_SDK.findall(command):
        inputs.install_sdk(version, inputs.context / folder, image.root / _PACKAGES)
        image.environment["PYTHONPATH"] = str(image.root / _PACKAGES)
