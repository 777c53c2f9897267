"""The Markdown pages of the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
_FOLDERS = ("benchmark", "demo", "doc_resources", "domain_factory", "modules", "pipeline_factory", "test")


def pages() -> list[Path]:
    """Returns the pages at the root and in the folders that have documentation, without those in hidden folders."""
    found = list(REPOSITORY.glob("*.md"))
    for name in _FOLDERS:
        for folder, folders, files in os.walk(REPOSITORY / name):
            folders[:] = [each for each in folders if not each.startswith((".", "__"))]
            found += [Path(folder, file) for file in files if file.endswith(".md")]
    return sorted(found)
