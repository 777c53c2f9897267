"""Images that buildah builds and pushes, in addition to the folders that replace them."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

_LAUNCHER = Path(__file__).with_name("run_container.py")


def is_real(tag: str) -> bool:
    """Whether buildah builds an image."""
    pattern = os.environ.get("CONTAINER_ENGINE_REAL")
    return pattern is not None and re.search(pattern, tag) is not None


def build(given: argparse.Namespace) -> None:
    """Builds an image on the base image and the platform of this machine.

    Args:
        given: Arguments of `docker build`.
    """
    settings = _settings()
    arguments = {**dict(each.split("=", 1) for each in given.build_arg), "BASE_IMAGE": settings["base_image"]}
    words = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    secret = ["--secret", given.secret] if given.secret else []
    _buildah("build", "--file", given.file, "--tag", given.tag, *words, *secret, given.context)


def push(tag: str) -> list[str]:
    """Pushes an image, and returns the launcher of its containers."""
    _buildah("push", tag)
    return [sys.executable, str(_LAUNCHER), os.environ["CONTAINER_ENGINE_BUILDAH"], tag]


def _buildah(*words: str | Path) -> None:
    # One after the other, since concurrent builds and pushes do not share layers.
    with Path(os.environ["CONTAINER_ENGINE_BUILDAH"]).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        subprocess.run(["buildah", *words], env={**os.environ, **_settings()["environment"]}, check=True)


def _settings() -> Any:
    return json.loads(Path(os.environ["CONTAINER_ENGINE_BUILDAH"]).read_text())
