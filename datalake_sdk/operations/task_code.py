"""Loads the code of a task: `main.py` or `main.sql` in its folder."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from datalake_sdk.errors import TaskCodeError
from datalake_sdk.runtime.environment import SHARED_MODULES

CODE_FOLDER = Path("code")
"""Relative to the working directory of the container."""


def load_main(folder: Path = CODE_FOLDER) -> Callable[[Any], Any]:
    """Imports `main.py`, which can import other modules of its folder, and returns its function `main`.

    Raises:
        TaskCodeError: The file or its function `main(job)` is missing.
    """
    path = folder / "main.py"
    if not path.is_file():
        sql = " To run code/main.sql, set IS_SQL_JOB=true." if (folder / "main.sql").is_file() else ""
        raise TaskCodeError(path, "file not found", f"A Python task needs code/main.py with def main(job).{sql}")
    main = getattr(_imported(path), "main", None)
    if not callable(main):
        raise TaskCodeError(path, "function main is missing", "Define main(job) in it.")
    return main  # type: ignore[no-any-return]


class SharedModules(MetaPathFinder):
    """Finds packages that images contain in the folder of the code, but local runs do not.

    Args:
        folders: Folders of the packages, by name.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds one of the packages; their modules are found by the packages themselves."""
        folder = self._folders.get(fullname)
        return None if folder is None else PathFinder.find_spec(fullname, [str(Path(folder).parent)])


def load_sql(folder: Path = CODE_FOLDER) -> str:
    """Reads `main.sql`.

    Raises:
        TaskCodeError: The file is missing, empty or not UTF-8.
    """
    path = folder / "main.sql"
    if not path.is_file():
        raise TaskCodeError(path, "file not found", "A SQL task needs code/main.sql with one SELECT.")
    try:
        # Editors on Windows may write a byte order mark.
        statement = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaskCodeError(path, f"is not UTF-8: {error}", "Save it as UTF-8.") from None
    if not statement.strip():
        raise TaskCodeError(path, "file is empty", "Add one SELECT statement.")
    return statement


def _imported(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent.resolve()))
    if os.environ.get(SHARED_MODULES):
        sys.meta_path.insert(0, SharedModules(json.loads(os.environ[SHARED_MODULES])))
    spec = importlib.util.spec_from_file_location("main", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    return module
