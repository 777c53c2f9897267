"""Merges the changes between two versions of the template into an edited repository."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datalake_sdk.errors import NewerScaffoldError, UncommittedChangesError
from datalake_sdk.scaffold import check_modules, installed_version, record_of, render_repository
from datalake_sdk.scaffold.record import RECORD, read_record, repository_root
from datalake_sdk.scaffold.rendering import ESCAPED, GeneratedFile

_MAX_CONFLICTS = 127
"""Maximum exit code of a merge, which is the number of conflicts; other codes are errors, for example of a binary file.
https://git-scm.com/docs/git-merge-file"""


@dataclass
class Update:
    """Changes of an update, by path relative to the repository.

    Args:
        old_version: Version of the SDK that generated the repository.
        new_version: Installed version.
        written: New content of files to write.
        removed: Files to remove, which the user has not edited.
        conflicts: Written files with conflict markers.
    """

    old_version: str
    new_version: str
    written: dict[str, GeneratedFile] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def update_repository(folder: Path, answers: Mapping[str, str]) -> Update:
    """Merges the template of the installed SDK into the repository that contains a folder.

    Each file is merged from three versions: as it was generated, as it is now, and as the new template generates it.
    Files that the user has deleted remain deleted.

    Args:
        folder: A folder of the repository.
        answers: Changed answers to questions of the template, by name.

    Raises:
        UsageError: The folder is not in a scaffolded repository, has uncommitted changes or is of a newer version.
    """
    root = repository_root(folder)
    record = read_record(root)
    _check_version(record.version)
    _check_committed(root)
    rendering = render_repository(record.folder_name, answers, recorded=record.answers)
    if "modules" in answers:
        check_modules(root, answers["modules"])
    update = Update(record.version, installed_version())
    for path in sorted({*record.files, *rendering.files}):
        _plan(update, root / path, path, record.files.get(path), rendering.files.get(path))
    for path, file in update.written.items():
        file.write(root / path)
    for path in update.removed:
        (root / path).unlink()
    GeneratedFile(record_of(rendering, record.folder_name).as_text()).write(root / RECORD)
    return update


def _plan(update: Update, file: Path, path: str, before: str | None, after: GeneratedFile | None) -> None:
    now = file.read_text("utf-8", ESCAPED) if file.is_file() else None
    if after is None:
        if now is not None and now == before:
            update.removed.append(path)
        return
    if now == after.text or before == after.text or (now is None and before is not None):
        return
    if now is None or now == before:
        update.written[path] = after
        return
    merged, has_conflicts = _merged(now, before or "", after.text)
    update.written[path] = GeneratedFile(merged, after.is_executable)
    if has_conflicts:
        update.conflicts.append(path)


def _merged(now: str, before: str, after: str) -> tuple[str, bool]:
    """Merges with Git, and returns the text and whether it contains conflicts."""
    with tempfile.TemporaryDirectory(prefix="datalake_sdk-merge-") as folder:
        files = [Path(folder) / name for name in ("yours", "before", "template")]
        for file, text in zip(files, (now, before, after), strict=True):
            file.write_text(text, "utf-8", ESCAPED)
        labels = [option for file in files for option in ("-L", file.name)]
        ran = subprocess.run(
            ["git", "merge-file", "-p", *labels, *files],
            capture_output=True,
            encoding="utf-8",
            errors=ESCAPED,
            check=False,
        )
    if ran.returncode > _MAX_CONFLICTS:
        return f"<<<<<<< yours\n{now}\n=======\n{after}\n>>>>>>> template\n", True
    return ran.stdout, ran.returncode != 0


def _check_version(version: str) -> None:
    installed = installed_version()
    if _numbers(version) > _numbers(installed):
        raise NewerScaffoldError(version, installed)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".") if number.isdecimal()]


def _check_committed(root: Path) -> None:
    try:
        command = ["git", "-C", str(root), "status", "--porcelain", "--", "."]
        status = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise UncommittedChangesError(root, "cannot be updated without the program git") from None
    except subprocess.CalledProcessError:
        raise UncommittedChangesError(root, "is not in a Git repository") from None
    if status:
        raise UncommittedChangesError(root, "has uncommitted changes")
