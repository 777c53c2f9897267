"""Prints what poetry.lock says for this interpreter and the extras named, as requirements with hashes for pip."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

# The only marker parser that every venv has from its first second: a venv starts with pip and nothing else.
# https://docs.python.org/3/library/venv.html
from pip._vendor.packaging.markers import Marker

LOCK = Path(__file__).parent.parent / "poetry.lock"


def main(extras: list[str]) -> None:
    """Prints a line for each package that the project needs with these extras on this machine."""
    packages = tomllib.loads(LOCK.read_text())["package"]
    print("\n".join(requirement(package) for package in packages if applies(package, extras)))


def applies(package: dict[str, Any], extras: list[str]) -> bool:
    """Whether the package's marker holds here, for any of the extras or for none."""
    marker = package.get("markers")
    return marker is None or any(Marker(marker).evaluate({"extra": extra}) for extra in ["", *extras])


def requirement(package: dict[str, Any]) -> str:
    """`name==version` with every hash that the lock accepts."""
    hashes = [f"--hash={file['hash']}" for file in package["files"]]
    return " ".join([f"{package['name']}=={package['version']}", *hashes])


if __name__ == "__main__":
    main(sys.argv[1:])
