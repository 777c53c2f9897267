"""Linters that the project does not depend on, each installed into a cache folder when a test first needs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path

import pytest

_UV_VERSION = "0.13.9"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def require(program: str, purpose: str) -> None:
    """Skips the test if a program is not installed. In CI the test fails instead."""
    if not shutil.which(program):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not on PATH. Install it to {purpose}.")


def python_tool(package: str, version: str, *requirements: str) -> Path:
    """Installs a Python package into its own environment, since its requirements conflict with the project's.

    Args:
        package: Name on PyPI.
        version: Exact version.
        requirements: Further requirements, such as `setuptools<81`.

    Returns:
        The folder with its programs.
    """
    environment = _folder(package, version)
    with _creating(environment) as missing:
        if missing:
            subprocess.run([uv(), "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
            install = [uv(), "pip", "install", "--quiet", f"{package}=={version}", *requirements]
            subprocess.run(install, env=os.environ | {"VIRTUAL_ENV": str(environment)}, check=True)
    return environment / "bin"


def uv() -> Path:
    """Installs uv, which creates environments in a tenth of pip's time, and returns the program."""
    environment = _folder("uv", _UV_VERSION)
    with _creating(environment) as missing:
        if missing:
            subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
            pip = [environment / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "install", f"uv=={_UV_VERSION}"], check=True)
    return environment / "bin/uv"


@contextmanager
def _creating(environment: Path) -> Iterator[bool]:
    """Yields whether an environment is still to be created, and keeps other processes from creating it as well."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    complete = environment / "complete"
    with environment.with_name(f"{environment.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield not complete.exists()
        complete.touch()


def go_tool(package: str, version: str) -> Path:
    """Compiles a Go program, without optimizations, which would take twice as long: tests run it for a few seconds.

    Args:
        package: Import path, whose last part is the name of the program.
        version: Exact version, without `v`.

    Returns:
        The program.
    """
    name = package.rpartition("/")[2]
    program = _folder(name, version) / name
    if not program.exists():
        require("go", f"run {name}")
        # A Go older than the one that the program requires downloads that version: https://go.dev/doc/toolchain
        environment = {**os.environ, "GOBIN": str(program.parent), "GOTOOLCHAIN": "auto", "CGO_ENABLED": "0"}
        options = ["-gcflags=all=-N -l", "-ldflags=-w"]
        subprocess.run(["go", "install", *options, f"{package}@v{version}"], env=environment, check=True)
    return program


def node_packages(name: str, lock: Path) -> Path:
    """Installs locked packages of npm into one folder.

    Args:
        name: Name of the folder.
        lock: Folder with package.json and package-lock.json.

    Returns:
        The folder with their programs.
    """
    files = [lock / file for file in ("package.json", "package-lock.json")]
    folder = _folder(name, sha1(files[1].read_bytes()).hexdigest()[:9])
    complete = folder / "complete"
    if not complete.exists():
        require("npm", f"run {name}")
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy2(file, folder)
        install = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]
        subprocess.run(install, check=True)
        complete.touch()
    return folder / "node_modules/.bin"


def _folder(name: str, version: str) -> Path:
    return _CACHE / f"datalake_sdk_{name}_{version}"
