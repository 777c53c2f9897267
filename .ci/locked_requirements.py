"""Prints the locked packages for this interpreter and the given extras and groups, as pip requirements with hashes."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

# The only marker parser in a new venv, which contains nothing but pip.
# https://docs.python.org/3/library/venv.html
from pip._vendor.packaging.markers import Marker

LOCK = Path(__file__).parent.parent / "poetry.lock"


def main(names: list[str]) -> None:
    """Prints a line for each package required with these extras and dependency groups on this machine."""
    packages = tomllib.loads(LOCK.read_text())["package"]
    print("\n".join(requirement(package) for package in packages if applies(package, names)))


def applies(package: dict[str, Any], names: list[str]) -> bool:
    """Whether the package's marker in the main group or in one of the named groups is true on this machine."""
    markers = package.get("markers")
    groups = {group for group in package["groups"] if group in ("main", *names)}
    return any(holds(markers.get(group) if isinstance(markers, dict) else markers, names) for group in groups)


def holds(marker: str | None, extras: list[str]) -> bool:
    """Whether a marker is true, for any of the extras or without one."""
    return marker is None or any(Marker(marker).evaluate({"extra": extra}) for extra in ["", *extras])


def requirement(package: dict[str, Any]) -> str:
    """`name==version` with all hashes in poetry.lock."""
    hashes = [f"--hash={file['hash']}" for file in package["files"]]
    return " ".join([f"{package['name']}=={package['version']}", *hashes])


if __name__ == "__main__":
    main(sys.argv[1:])
