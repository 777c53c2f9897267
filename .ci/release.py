"""Prepares a release: sets the version, dates the changelog, and prints the notes of a version.

python .ci/release.py prepare 1.2.0
python .ci/release.py notes v1.2.0
"""

from __future__ import annotations

import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

PROJECT, CHANGELOG = Path("pyproject.toml"), Path("CHANGELOG.md")
UNRELEASED = "## Unreleased\n"
# Folders whose pages show how to call the modules.
PAGES = ("doc_resources", "domain_factory", "modules", "pipeline_factory")
PINNED_MODULE = re.compile(r"(git::https://git\.example\.com/platform\.git//[a-z_/]+\?ref=v)\d+\.\d+\.\d+")


def main(command: str, version: str) -> None:
    """Runs a command in the root of the repository."""
    commands = {"prepare": prepare, "notes": print_notes}
    if command not in commands or not re.fullmatch(r"v?\d+\.\d+\.\d+", version):
        sys.exit(f"expected {' or '.join(commands)} and a version such as 1.2.0, not: {command} {version}")
    commands[command](version.removeprefix("v"))


def prepare(version: str) -> None:
    """Sets the version of the project and of the modules in pages, and dates the unreleased changes."""
    changelog = CHANGELOG.read_text(encoding="utf-8")
    if changelog.count(UNRELEASED) != 1:
        sys.exit(f"{CHANGELOG} must have the heading '{UNRELEASED.strip()}' once")
    dated = f"{UNRELEASED}\n## {version} ({datetime.now(UTC):%Y-%m-%d})\n"
    project = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', PROJECT.read_text(encoding="utf-8"), count=1)
    CHANGELOG.write_text(changelog.replace(UNRELEASED, dated), encoding="utf-8")
    PROJECT.write_text(project, encoding="utf-8")
    for page in (page for folder in PAGES for page in Path(folder).glob("**/*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(PINNED_MODULE.sub(rf"\g<1>{version}", text), encoding="utf-8")


def print_notes(version: str) -> None:
    """Prints the section of a version in the changelog; the project must have that version."""
    current = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    if version != current:
        sys.exit(f"version {version} is not that of {PROJECT}, {current}")
    section = re.search(
        rf"^## {re.escape(version)} \(.*?\)\n(.*?)(?=^## |\Z)", CHANGELOG.read_text(encoding="utf-8"), re.M | re.S
    )
    if section is None:
        sys.exit(f"{CHANGELOG} has no section of version {version}")
    print(section[1].strip())


if __name__ == "__main__":
    main(*sys.argv[1:])
