"""The package index that pip on this machine is configured with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from configparser import Error, RawConfigParser
from pathlib import Path

from datalake_sdk.errors import PipConfigurationError

_OPTIONS = ("index-url", "extra-index-url", "trusted-host")
"""Options that are also valid in a container, which does not have the files that other options refer to."""
_SECTIONS = ("global", "install")


def pip_configuration() -> str:
    """Returns a pip.conf with the package indexes of this machine, which may contain passwords; empty without any.

    https://pip.pypa.io/en/stable/topics/configuration/

    Raises:
        PipConfigurationError: A configuration file is invalid.
    """
    options: dict[str, str] = {}
    for file in _files():
        options |= _indexes(file)
    for option in _OPTIONS:
        if value := os.environ.get(f"PIP_{option.upper().replace('-', '_')}"):
            options[option] = value
    lines = [f"{name} = {_indented(value)}\n" for name, value in options.items()]
    return "".join(["[global]\n", *lines]) if lines else ""


def _files() -> Iterator[Path]:
    """Yields the files that pip reads; later ones override earlier ones.

    `PIP_CONFIG_FILE` replaces the files of the user, or all files if it is the null device.
    """
    given = os.environ.get("PIP_CONFIG_FILE")
    if given == os.devnull:
        return
    yield Path("/etc/pip.conf")
    if not given or not Path(given).exists():
        home = Path.home()
        yield home / ".pip/pip.conf"
        yield home / "Library/Application Support/pip/pip.conf"
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if given:
        yield Path(given)


def _indexes(file: Path) -> dict[str, str]:
    parser = RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")
    except (Error, UnicodeDecodeError) as error:
        raise PipConfigurationError(file, str(error)) from error
    sections = [parser[name] for name in _SECTIONS if parser.has_section(name)]
    return {option: section[option] for section in sections for option in _OPTIONS if option in section}


def _indented(value: str) -> str:
    return "\n  ".join(value.split())
