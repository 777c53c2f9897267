"""The layers of packages that the Dockerfiles of the repository add to their base images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILES = sorted(
    path for folder in ("datalake_sdk", "domain_factory") for path in (ROOT / folder).rglob("Dockerfile")
)
_BASE = re.compile(r"^ARG BASE_IMAGE=(\S+)$", re.MULTILINE)
_INSTALL = re.compile(r"(?P<environment>/\S+/bin/(?:python -m )?)?pip install [^&;\n\"]*\"(?P<requirement>[^\"]+)\"")
_SDK = re.compile(r"datalake-sdk\[(?P<extras>[^\]]+)\]")


@dataclass(frozen=True)
class Layer:
    """Packages that an instruction of a Dockerfile installs.

    Args:
        image: Folder of the Dockerfile.
        base: Base image by default.
        requirement: What pip installs.
        is_separate: Whether pip installs it into an environment of its own.
    """

    image: str
    base: str
    requirement: str
    is_separate: bool

    @property
    def extras(self) -> tuple[str, ...]:
        """Extras of the SDK, whose packages are those of poetry.lock; empty for other packages."""
        found = _SDK.match(self.requirement)
        return tuple(found["extras"].split(",")) if found else ()


def layers(dockerfile: Path) -> Iterator[Layer]:
    """Yields the layers of an image; the extra of a task's type adds what the table of the extras shows."""
    text = dockerfile.read_text(encoding="utf-8")
    (base,) = _BASE.findall(text)
    for found in _INSTALL.finditer(text):
        if "${EXTRA}" not in found["requirement"]:
            image = str(dockerfile.parent.relative_to(ROOT))
            yield Layer(image, base, found["requirement"], found["environment"] is not None)
