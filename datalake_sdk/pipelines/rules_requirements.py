"""Rules for requirements.txt, as in errors_requirements.tf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from datalake_sdk.pipelines.definition import Pipeline

_OPTION = re.compile(r"(-[rce]|--(requirement|constraint|editable)\b)")
_LINKS = re.compile("(-f|--find-links)")
_FILE_URL = re.compile("(file:|[^-#].*[ @+]file:)")
_PATH = re.compile(r"([./]|[^-#][^#;]*(/|\.(whl|zip|tar\.gz)))")


def requirements_errors(pipeline: Pipeline) -> Iterator[str]:
    """Yields the violations of the rules for requirements.txt."""
    for task in pipeline.tasks.values():
        if task.path is not None:
            file = f"{task.path}/requirements.txt"
            for line in _lines(pipeline.folder / file):
                if _refers_to_file(line):
                    yield (
                        f"tasks.{task.name}: the file {file} has '{line}'. It must not refer to other files, which "
                        "the build of the image does not have: write requirements as names, versions and URLs."
                    )


def _lines(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    return [line.strip() for line in text.splitlines()]


def _refers_to_file(line: str) -> bool:
    """Whether a line is not self-contained: https://pip.pypa.io/en/stable/reference/requirements-file-format/."""
    if _LINKS.match(line):
        return not re.search("https?://", line)
    is_path = "://" not in line and _PATH.match(line)
    return bool(_OPTION.match(line) or _FILE_URL.match(line) or is_path)
