"""Renders the templates of this package with copier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from datalake_sdk.errors import InvalidAnswerError, MissingExtraError, UnknownAnswerError

REPOSITORY = "repository"
PIPELINE = "pipeline"
TASK = "task"
ESCAPED = "surrogateescape"
"""Keeps bytes that are not UTF-8: https://docs.python.org/3/library/codecs.html#error-handlers"""
_ANSWERS_FILE = ".copier-answers.yml"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class GeneratedFile:
    """A generated text file.

    Args:
        text: Its content; bytes that are not UTF-8 are escaped.
        is_executable: Whether it is a program.
    """

    text: str
    is_executable: bool = False

    def write(self, path: Path) -> None:
        """Writes the file, and creates its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, "utf-8", ESCAPED)
        if self.is_executable:
            path.chmod(path.stat().st_mode | 0o111)


@dataclass(frozen=True)
class Rendering:
    """A rendered template.

    Args:
        files: The files by path, relative to the root of the repository, with slashes.
        answers: The answers to all questions, by name.
    """

    files: Mapping[str, GeneratedFile]
    answers: Mapping[str, Any]


def render(
    template: str, computed: Mapping[str, str], answers: Mapping[str, Any] | None = None, *, ask: bool = False
) -> Rendering:
    """Renders a template.

    Args:
        template: One of the constants of this module.
        computed: Other values of the template, and answers that were given earlier.
        answers: Given answers by name of the question.
        ask: Whether to ask for the other answers in the terminal; otherwise they are the defaults.

    Raises:
        MissingExtraError: copier is not installed.
        UnknownAnswerError: A question does not exist.
        InvalidAnswerError: An answer is invalid.
    """
    given = answers or {}
    _check_names(template, given)
    with TemporaryDirectory(prefix="datalake_sdk-init-") as folder:
        _copy(template, Path(folder) / "rendered", {**computed, **given}, ask)
        files = _files(Path(folder) / "rendered")
    file = files.pop(_ANSWERS_FILE, GeneratedFile("{}"))
    recorded = {name: answer for name, answer in yaml.safe_load(file.text).items() if not name.startswith("_")}
    return Rendering(files, recorded)


def _check_names(template: str, answers: Mapping[str, Any]) -> None:
    entries = yaml.safe_load((_TEMPLATES / template / "copier.yml").read_text(encoding="utf-8"))
    questions = [name for name, each in entries.items() if not name.startswith("_") and each.get("when", True)]
    for name in answers:
        if name not in questions:
            raise UnknownAnswerError(name, questions)


def _copy(template: str, target: Path, data: dict[str, Any], ask: bool) -> None:
    try:
        from copier import run_copy
    except ModuleNotFoundError as error:
        raise MissingExtraError("init", error.name or str(error)) from error
    try:
        run_copy(str(_TEMPLATES / template), target, data, defaults=not ask, quiet=True)
    except ValueError as error:
        raise InvalidAnswerError(" ".join(str(error).split())) from error


def _files(folder: Path) -> dict[str, GeneratedFile]:
    return {
        file.relative_to(folder).as_posix(): GeneratedFile(
            file.read_text(encoding="utf-8"), bool(file.stat().st_mode & 0o100)
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
