"""The run ledger of an embedded lake: files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from datalake_sdk.platforms.run_events import DAY_PREFIX, FOLDER
from datalake_sdk.settings import Environment


class LocalRunEvents:
    """Events of an environment.

    Args:
        root: Folder of the lake.
        environment: Environment, whose folder is that of its technical bucket.
    """

    def __init__(self, root: Path, environment: Environment) -> None:
        self._folder = root / environment.technical_bucket / FOLDER
        self._root = root
        self._tables = root / environment.data_bucket
        self._prefix = environment.database_prefix

    @property
    def location(self) -> str:
        return str(self._folder)

    def table_identity(self, table: str) -> tuple[str, str]:
        database, _, name = table.partition(".")
        if not database.startswith(self._prefix):
            # A table of another stage.
            return "file", str(self._root / database / name)
        return "file", str(self._tables / database.removeprefix(self._prefix) / name)

    def write(self, day: str, name: str, content: bytes) -> bool:
        path = self._day(day) / name
        partial = path.with_name(f".{token_hex(8)}")
        try:
            partial.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
        try:
            # Unlike a rename, a link fails if the file exists.
            os.link(partial, path)
        except FileExistsError:
            return False
        finally:
            partial.unlink()
        return True

    def days(self) -> list[str]:
        found = self._folder.glob(f"{DAY_PREFIX}*")
        return sorted((path.name.removeprefix(DAY_PREFIX) for path in found), reverse=True)

    def names(self, day: str, before: str = "") -> Iterator[str]:
        names = [name for name in self._listed(day) if name.endswith(".json")]
        yield from (name for name in sorted(names, reverse=True) if not before or name < before)

    def compacted(self, day: str) -> list[str]:
        return sorted(name for name in self._listed(day) if name.endswith(".parquet"))

    def read(self, day: str, names: Sequence[str]) -> list[bytes | None]:
        return [_content(self._day(day) / name) for name in names]

    def remove(self, day: str, names: Sequence[str]) -> None:
        for name in names:
            (self._day(day) / name).unlink(missing_ok=True)
        with suppress(OSError):
            self._day(day).rmdir()

    def _day(self, day: str) -> Path:
        return self._folder / f"{DAY_PREFIX}{day}"

    def _listed(self, day: str) -> list[str]:
        try:
            with os.scandir(self._day(day)) as entries:
                return [entry.name for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
