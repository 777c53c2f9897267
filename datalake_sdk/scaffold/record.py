"""The record of the generated files in a repository, from which an update starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalake_sdk.errors import InvalidScaffoldError, NotScaffoldedError

RECORD = ".scaffold.json"


@dataclass(frozen=True)
class Record:
    """What `datalake_sdk init` generated.

    Args:
        version: Version of the SDK.
        folder_name: Name of the repository's folder when it was created.
        answers: Answers to the questions of the template, by name.
        files: Text of the generated files by path.
    """

    version: str
    folder_name: str
    answers: Mapping[str, Any]
    files: Mapping[str, str]

    def as_text(self) -> str:
        """Formats the record as JSON, with a line for each line of the files so that changes are readable."""
        files = {path: text.splitlines(keepends=True) for path, text in self.files.items()}
        return json.dumps({**vars(self), "files": files}, indent=1, ensure_ascii=False) + "\n"


def repository_root(folder: Path) -> Path:
    """Returns the folder of the repository that contains a folder.

    Raises:
        NotScaffoldedError: `datalake_sdk init` did not create the repository.
    """
    folder = folder.absolute()
    for each in (folder, *folder.parents):
        if (each / RECORD).is_file():
            return each
    raise NotScaffoldedError(folder, RECORD)


def read_record(root: Path) -> Record:
    """Reads the record of a repository.

    Raises:
        InvalidScaffoldError: The file is invalid.
    """
    file = root / RECORD
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        files = {path: "".join(lines) for path, lines in fields["files"].items()}
        return Record(fields["version"], fields["folder_name"], fields["answers"], files)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidScaffoldError(file, f"{type(error).__name__}: {error}") from error
