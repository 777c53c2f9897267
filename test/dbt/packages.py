"""Installs dbt into a folder of its own: its requirements conflict with those of mypy."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_REQUIREMENTS = Path(__file__).parent / "requirements.txt"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def dbt_environment() -> dict[str, str]:
    """Returns environment variables with which Python imports dbt and the adapter of this checkout."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(dbt_packages()), str(REPOSITORY)])}


def dbt_packages() -> Path:
    """Installs dbt on first use.

    Returns:
        The folder to add to the search path before that of the project's packages.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = _CACHE / f"datalake_sdk_dbt_{version}_{digest}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        # Several processes of the tests need it.
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", folder]
    subprocess.run([*pip, *options, "--requirement", _REQUIREMENTS], check=True)
    (folder / "complete").touch()
