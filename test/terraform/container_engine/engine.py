"""A container engine for tests: builds folders and pushes them to the emulator, which runs them as processes.

    docker build --file F --tag T [--platform P] [--build-arg NAME=value]… [--secret S] CONTEXT
    docker login | pull T | push T

Images are stored below the folder CONTAINER_ENGINE_ROOT. Images whose tag matches the pattern
CONTAINER_ENGINE_REAL are also built and pushed by buildah, with the settings in the JSON file CONTAINER_ENGINE_BUILDAH,
and can run in containers.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import shutil
import sys
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import real_images
from dockerfile import Inputs, build
from packages import install


def main() -> int:
    """Runs a command and returns the exit code."""
    given = _parser().parse_args()
    match given.command:
        case "build":
            arguments = dict(argument.split("=", 1) for argument in given.build_arg)
            root = _folder(given.tag) / "root"
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir(parents=True)
            install_sdk = partial(install, _secret(given.secret), _root() / "packages")
            inputs = Inputs(given.context, arguments, install_sdk)
            image = build(given.file, inputs, root)
            _description(given.tag).write_text(json.dumps(dataclasses.asdict(image), default=str))
            if real_images.is_real(given.tag):
                real_images.build(given)
        case "push":
            described = json.loads(_description(given.tag).read_text())
            folder = Path(described.pop("root")) / described.pop("folder").lstrip("/")
            launcher = real_images.push(given.tag) if real_images.is_real(given.tag) else []
            _emulator("push_image", name=given.tag, folder=str(folder), launcher=launcher, **described)
        case "pull":
            return 0 if _emulator("has_image", name=given.tag) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="docker")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("--file", type=Path, required=True)
    building.add_argument("--tag", required=True)
    building.add_argument("--platform")
    building.add_argument("--build-arg", action="append", default=[])
    building.add_argument("--secret")
    building.add_argument("context", type=Path)
    for name in ("pull", "push"):
        command = commands.add_parser(name)
        command.add_argument("--platform")
        command.add_argument("tag")
    login = commands.add_parser("login")
    login.add_argument("--username")
    login.add_argument("--password-stdin", action="store_true")
    login.add_argument("registry")
    return parser


def _secret(option: str | None) -> str:
    """Content of the secret given as `id=…,src=PATH`."""
    return Path(option.rpartition("src=")[2]).read_text() if option else ""


def _folder(tag: str) -> Path:
    return _root() / hashlib.sha256(tag.encode()).hexdigest()[:16]


def _root() -> Path:
    return Path(os.environ["CONTAINER_ENGINE_ROOT"])


def _description(tag: str) -> Path:
    return _folder(tag) / "image.json"


def _emulator(command: str, /, **arguments: Any) -> Any:
    """Calls a command of the emulator: see test/emulator/README.md."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/emulator/{command}"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(arguments).encode())) as response:
        return json.load(response)


if __name__ == "__main__":
    sys.exit(main())
