"""One temporary folder per process; later processes remove the folders of processes that were killed.

A lock on the folder shows that its owner is alive. Process ids do not, because containers may share a file system.
systemd-tmpfiles ignores locked folders, too: https://systemd.io/TEMPORARY_DIRECTORIES/
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
    """The folder of this process, created by the first call and removed when the process exits.

    Raises:
        TemporaryFolderError: The folder cannot be created.
    """
    try:
        return _process_folder(os.getpid(), tempfile.gettempdir())
    except OSError as error:
        raise TemporaryFolderError(error.strerror or str(error)) from error


def remove_abandoned_folders() -> None:
    """Removes folders of this user's processes that no longer run."""
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
    """Creates a folder and locks it until this process exits; None if it was removed before it was locked."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        lock = _open(folder)
    except FileNotFoundError:
        return None
    # On a file system without locks, folders of killed processes are not removed.
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
    # A forked child inherits the registered functions of its parent.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
