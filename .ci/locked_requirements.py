"""Prints the packages of poetry.lock for this interpreter and the given extras, as pip requirements with hashes."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

# The only marker parser in a new venv, which contains nothing but pip.
# https://docs.python.org/3/library/venv.html
from pip._vendor.packaging.markers import Marker

LOCK = Path(__file__).parent.parent / "poetry.lock"


def main(extras: list[str]) -> None:
    """Prints a line for each package that the project requires with these extras on this machine."""
    packages = tomllib.loads(LOCK.read_text())["package"]
    print("\n".join(requirement(package) for package in packages if applies(package, extras)))


def applies(package: dict[str, Any], extras: list[str]) -> bool:
    """Whether the package's marker is true on this machine, for any of the extras or without one."""
    marker = package.get("markers")
    return marker is None or any(Marker(marker).evaluate({"extra": extra}) for extra in ["", *extras])


def requirement(package: dict[str, Any]) -> str:
    """`name==version` with all hashes in poetry.lock."""
    hashes = [f"--hash={file['hash']}" for file in package["files"]]
    return " ".join([f"{package['name']}=={package['version']}", *hashes])


if __name__ == "__main__":
    main(sys.argv[1:])
