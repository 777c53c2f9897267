"""One folder for all temporary files of a process, which a later process removes where its owner was killed.

Whether the owner lives is told by a lock on the folder, not by its process id: containers may share the file system.
systemd-tmpfiles leaves locked folders alone, too. https://systemd.io/TEMPORARY_DIRECTORIES/
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from datalake_sdk.errors import TemporaryFolderError


def process_folder() -> Path:
    """The folder of this process, made by the first call and removed when the process ends.

    Raises:
        TemporaryFolderError: It cannot be made.
    """
    try:
        return _process_folder(os.getpid(), tempfile.gettempdir())
    except OSError as error:
        raise TemporaryFolderError(error.strerror or str(error)) from error


def remove_abandoned_folders() -> None:
    """Removes the folders of processes of this user that ended without doing so."""
    with suppress(OSError):
        for entry in list(os.scandir(tempfile.gettempdir())):
            if entry.name.startswith(_prefix()):
                _remove_if_abandoned(entry.path)


@cache
def _process_folder(process: int, parent: str) -> Path:
    remove_abandoned_folders()
    folder = None
    while folder is None:
        folder = _locked_folder(f"{_prefix()}{process}-", parent)
    atexit.register(_remove_own, folder, process)
    return folder


def _prefix() -> str:
    return f"datalake_sdk-{os.geteuid()}-"


def _locked_folder(prefix: str, parent: str) -> Path | None:
    """Makes a folder and locks it while this process lives; None when another one removed it before it was locked."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        lock = _open(folder)
    except FileNotFoundError:
        return None
    # A file system without locks keeps what a killed process leaves.
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX)
    if folder.exists():
        return folder
    os.close(lock)
    return None


def _remove_if_abandoned(folder: str) -> None:
    with suppress(OSError):
        lock = _open(folder)
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _open(folder: str | Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _remove_own(folder: Path, process: int) -> None:
    # A forked child runs the functions that its parent registered.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
