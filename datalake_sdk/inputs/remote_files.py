"""Files in object storage, listed by prefix and read in byte ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from datalake_sdk.errors import InputNotFoundError, NoInputBucketError, NoInputFilesError, UnreadableInputError
from datalake_sdk.inputs.hidden_files import is_hidden
from datalake_sdk.inputs.source import InputFile, RawFile

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

OpenFilesystem: TypeAlias = "Callable[[str], FileSystem]"
"""Opens the storage of an `s3://` path; its paths are `bucket/key`."""

SCHEME = "s3://"
_WILDCARDS = "*?["


class RemoteFile(RawFile):
    """An object that is read in byte ranges.

    Args:
        source: The open object; closed with this file.
        reopen: Opens the object again.
    """

    def __init__(self, source: pa.NativeFile, reopen: Callable[[], pa.NativeFile]) -> None:
        self._source = source
        self._reopen = reopen
        self._position = 0

    @property
    def size(self) -> int:
        return int(self._source.size())

    def close(self) -> None:
        self._source.close()
        super(RawFile, self).close()

    def duplicate(self) -> RemoteFile:
        return RemoteFile(self._reopen(), self._reopen)

    def _read_some(self, size: int) -> bytes:
        data: bytes = self._source.read_at(size, self._position)
        self._position += len(data)
        return data


class RemoteInput(InputFile):
    """An object of the input.

    Args:
        filesystem: Storage that contains the object.
        path: `bucket/key`.
    """

    def __init__(self, filesystem: FileSystem, path: str) -> None:
        super().__init__(SCHEME + path)
        self._filesystem = filesystem
        self._path = path

    def open(self) -> RawFile:
        return RemoteFile(self.open_for_arrow(), self.open_for_arrow)

    def open_for_arrow(self) -> pa.NativeFile:
        with _readable(self.name):
            return self._filesystem.open_input_file(self._path)


def remote_files(path: str, open_filesystem: OpenFilesystem) -> list[InputFile]:
    """Finds the objects of an input, ordered by key.

    Args:
        path: `s3://bucket/key` of an object, a prefix, or a glob whose `*` and `?` also match slashes.
        open_filesystem: Opens the storage.

    Raises:
        InputNotFoundError: There is no such object or prefix.
        NoInputBucketError: The bucket does not exist.
        NoInputFilesError: The glob or prefix contains no file.
        UnreadableInputError: The storage denies access.
    """
    filesystem, target = open_filesystem(path), path.removeprefix(SCHEME)
    with _readable(path):
        keys = list(_keys(filesystem, target.rstrip("/")))
    if not keys:
        _check_bucket(filesystem, path, target.split("/")[0])
        if any(character in target for character in _WILDCARDS):
            raise NoInputFilesError(path, "matches no file")
        raise InputNotFoundError(path, _similar_names(filesystem, target))
    return [RemoteInput(filesystem, key) for key in keys]


def _keys(filesystem: FileSystem, target: str) -> Iterator[str]:
    folder, given = _fixed_part(target), target.split("/")
    if folder != target:
        found = (info.path for info in _below(filesystem, folder))
        yield from sorted(key for key in found if fnmatchcase(key, target) and not is_hidden(key.split("/"), given))
    elif filesystem.get_file_info(target).is_file:
        yield target
    else:
        found = (info.path for info in _below(filesystem, target))
        yield from sorted(key for key in found if not is_hidden(key.split("/"), given))


def _fixed_part(target: str) -> str:
    """The folder above the first path segment with a wildcard; the target itself if it has none."""
    parts = target.split("/")
    wild = next((i for i, part in enumerate(parts) if any(c in part for c in _WILDCARDS)), len(parts))
    return "/".join(parts[:wild])


def _below(filesystem: FileSystem, folder: str) -> Iterator[FileInfo]:
    from pyarrow.fs import FileSelector

    infos = filesystem.get_file_info(FileSelector(folder, allow_not_found=True, recursive=True))
    return (info for info in infos if info.is_file and info.size)


def _check_bucket(filesystem: FileSystem, path: str, bucket: str) -> None:
    from pyarrow.fs import FileType

    # Read access to objects does not imply permission to check the bucket; its existence is then unknown.
    with suppress(OSError):
        if filesystem.get_file_info(bucket).type == FileType.NotFound:
            raise NoInputBucketError(path, bucket)


def _similar_names(filesystem: FileSystem, target: str) -> list[str]:
    from pyarrow.fs import FileSelector

    folder, _, name = target.rstrip("/").rpartition("/")
    if not folder:
        return []
    infos = filesystem.get_file_info(FileSelector(folder, allow_not_found=True))
    return get_close_matches(name, [info.base_name for info in infos])


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputNotFoundError(name, []) from None
    except OSError as error:
        raise UnreadableInputError(name, str(error)) from error
