"""Resolves a path, a glob, a folder or `-` to input files."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from datalake_sdk.errors import InputNotFoundError, NoInputFilesError, UnreadableInputError
from datalake_sdk.inputs.hidden_files import is_hidden
from datalake_sdk.inputs.remote_files import SCHEME, OpenFilesystem, RemoteInput, remote_files
from datalake_sdk.inputs.source import InputFile, RawFile

STANDARD_INPUT = "-"
_COPY_SIZE = 1 << 20


def input_files(path: str, open_filesystem: OpenFilesystem | None = None) -> list[InputFile]:
    """Finds the files of an input, ordered by name.

    Args:
        path: A file, a glob (`**` matches subfolders), a folder, or `-` for standard input. A folder selects the
            files in it or, if it contains only folders, the files in these. Files and folders whose names start with
            `.` or `_` are ignored unless the path contains their names. An `s3://` path selects every object below
            the prefix.
        open_filesystem: Opens the storage of `s3://` paths; None if they are not supported.

    Raises:
        InputNotFoundError: The path does not exist.
        NoInputFilesError: The glob or folder contains no file.
        UnreadableInputError: A file cannot be opened.
    """
    if path == STANDARD_INPUT:
        return [_spooled("standard input", sys.stdin.buffer)]
    if open_filesystem is not None and path.startswith(SCHEME):
        return remote_files(path, open_filesystem)
    try:
        return _found(path)
    except OSError as error:
        raise UnreadableInputError(error.filename or path, error.strerror or str(error)) from None


def named_file(name: str, open_filesystem: OpenFilesystem) -> InputFile:
    """The file with a name that `input_files` returned, possibly in another process."""
    if name.startswith(SCHEME):
        return RemoteInput(open_filesystem(name), name.removeprefix(SCHEME))
    return InputFile(name)


def _found(path: str) -> list[InputFile]:
    target = Path(path)
    if target.is_dir():
        if not (names := _folder_files(str(target))):
            raise NoInputFilesError(path, "is a folder without files")
        return [InputFile(name) for name in names]
    if target.exists():
        return [_single(target)]
    if not any(character in path for character in "*?["):
        raise InputNotFoundError(path, _similar_names(target))
    matches = sorted(Path(target.anchor).glob(str(target.relative_to(target.anchor))))
    if not (files := [match for match in matches if match.is_file() and not is_hidden(match.parts, target.parts)]):
        raise NoInputFilesError(path, "matches no file")
    return [InputFile(str(file)) for file in files]


def _single(path: Path) -> InputFile:
    if stat.S_ISREG(path.stat().st_mode):
        return InputFile(str(path))
    with path.open("rb") as pipe:
        return _spooled(str(path), pipe)


def _spooled(name: str, stream: BinaryIO) -> InputFile:
    """Copies a pipe to a temporary file: type inference may read it twice."""
    with tempfile.TemporaryFile() as spool:
        shutil.copyfileobj(stream, spool, _COPY_SIZE)
        spool.flush()
        return InputFile(name, RawFile(os.dup(spool.fileno())))


def _folder_files(folder: str) -> list[str]:
    with os.scandir(folder) as found:
        entries = sorted((entry for entry in found if not is_hidden([entry.name])), key=lambda entry: entry.name)
    files = [entry.path for entry in entries if entry.is_file()]
    return files or [file for entry in entries if entry.is_dir() for file in _folder_files(entry.path)]


def _similar_names(target: Path) -> list[str]:
    if not target.parent.is_dir():
        return []
    return get_close_matches(target.name, [entry.name for entry in target.parent.iterdir()])
