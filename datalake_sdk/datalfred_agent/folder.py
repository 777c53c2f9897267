"""The folder whose files the agent may use. Paths and links to files outside of it are rejected."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from datalake_sdk.errors import ExistingFileError, FolderFileError, MissingFolderError

READ_BYTES = 500_000
"""Maximum number of bytes that are read from the start of a file."""
_HASHED_BYTES = 64 << 20


@dataclass(frozen=True)
class Folder:
    """A folder.

    Args:
        root: Its path, without symbolic links.
    """

    root: Path

    @classmethod
    def at(cls, path: Path) -> Folder:
        """Opens a folder.

        Raises:
            MissingFolderError: The folder does not exist.
        """
        if not path.is_dir():
            raise MissingFolderError(path)
        return cls(path.resolve())

    def file(self, name: str) -> Path:
        """Returns the path of an existing file, without symbolic links.

        Raises:
            FolderFileError: It is outside of the folder, hidden, missing, or not a regular file.
        """
        # Before Python 3.13, a loop of links is a RuntimeError: https://docs.python.org/3/library/pathlib.html
        with suppress(OSError, RuntimeError):
            path = (self.root / name).resolve()
            if not path.is_relative_to(self.root) or self._is_hidden(path):
                raise FolderFileError(name, "is outside of the folder, or hidden")
            if path.is_file():
                return path
        raise FolderFileError(name, "does not exist, or is not a regular file")

    def files(self) -> Iterator[tuple[str, int]]:
        """Yields the relative path and the size of each file, without hidden ones; links are not followed."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for path in (Path(folder, name) for name in sorted(names) if not name.startswith(".")):
                # Files may disappear or be unreadable.
                with suppress(OSError):
                    if path.is_file() and not path.is_symlink():
                        yield path.relative_to(self.root).as_posix(), path.stat().st_size

    def read(self, name: str) -> tuple[str, int]:
        """Reads a file.

        Args:
            name: Relative path.

        Returns:
            At most the first 500,000 bytes as text, and the size of the file in bytes.

        Raises:
            FolderFileError: The file cannot be read.
        """
        path = self.file(name)
        try:
            with path.open("rb") as file:
                return file.read(READ_BYTES).decode(errors="replace"), path.stat().st_size
        except OSError as error:
            raise FolderFileError(name, f"cannot be read: {error.strerror}") from error

    def create(self, name: str, content: bytes) -> Path:
        """Writes a new file; existing files are never overwritten.

        Args:
            name: Name of the file, without folders.
            content: Its content.

        Raises:
            ExistingFileError: The file exists.
            FolderFileError: The file cannot be written.
        """
        path = self.root / name
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            raise ExistingFileError(name) from None
        except OSError as error:
            raise FolderFileError(name, f"cannot be written: {error.strerror}") from error
        return path

    def _is_hidden(self, path: Path) -> bool:
        return any(part.startswith(".") for part in path.relative_to(self.root).parts)


def last_change(path: Path) -> str:
    """Returns when a file, or anything in a folder, was last changed, in ISO 8601.

    Args:
        path: A file or folder; what is removed meanwhile is ignored.
    """
    states = filter(None, map(_state, _tree(path)))
    latest = max((state.st_mtime for state in states), default=0.0)
    return datetime.fromtimestamp(latest, UTC).isoformat()


def content_hash(paths: Iterable[Path]) -> str | None:
    """Returns the beginning of the SHA-256 hash of files, including all files in folders.

    Args:
        paths: Files and folders.

    Returns:
        16 hexadecimal digits; None if the files have more than 64 MB, or cannot be read, for example because they are
        removed meanwhile.
    """
    try:
        files = [file for path in paths for file in sorted(_tree(path)) if file.is_file()]
        if sum(file.stat().st_size for file in files) > _HASHED_BYTES:
            return None
        hashes = [f"{file}\0{sha256(file.read_bytes()).hexdigest()}\n" for file in files]
    except OSError:
        return None
    return sha256("".join(hashes).encode(errors="surrogateescape")).hexdigest()[:16]


def _tree(path: Path) -> Iterator[Path]:
    """Yields a path and everything below it, except in folders that are removed meanwhile."""
    yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
