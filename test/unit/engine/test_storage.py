"""Files are removed several at a time."""

from __future__ import annotations

import time
from threading import Barrier

import pytest

from datalake_sdk.engine.storage import remove_files
from datalake_sdk.runtime.stopping import TaskStopped


class Storage:
    """Storage in which two files can only be removed together, and a third one does not exist."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self._both = Barrier(2, timeout=20)

    def delete(self, location: str) -> None:
        if location == "missing":
            raise FileNotFoundError(location)
        if location == "denied":
            raise PermissionError(location)
        self._both.wait()
        self.removed.append(location)


def test_files_are_removed_concurrently_and_missing_files_are_ignored():
    storage = Storage()
    remove_files(storage, ["a", "missing", "b"])
    assert sorted(storage.removed) == ["a", "b"]


def test_no_files_need_no_threads():
    remove_files(None, [])


def test_a_file_that_cannot_be_removed_is_an_error():
    storage = Storage()
    with pytest.raises(PermissionError, match="denied"):
        remove_files(storage, ["denied", "a", "b"])
    assert sorted(storage.removed) == ["a", "b"]


class SlowStorage:
    """Storage in which the removal of the first file is interrupted, and the others take a while."""

    def __init__(self, interruption: BaseException) -> None:
        self.removed: list[str] = []
        self._interruption = interruption

    def delete(self, location: str) -> None:
        if location == "0":
            raise self._interruption
        time.sleep(0.005)
        self.removed.append(location)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), TaskStopped(None)], ids=["Ctrl-C", "stopped task"])
def test_an_interruption_ends_the_removal(interruption):
    storage = SlowStorage(interruption)
    with pytest.raises(type(interruption)):
        remove_files(storage, [str(number) for number in range(500)])
    assert len(storage.removed) < 499
