"""Tools for the files in a folder: they list, read and propose changes, but write nothing."""

from __future__ import annotations

import asyncio
import difflib
from itertools import islice
from typing import Any

from pydantic import Field

from datalake_sdk.datalfred_agent.folder import READ_BYTES, Folder
from datalake_sdk.datalfred_agent.tools import Arguments, Draw, Tool
from datalake_sdk.errors import FolderFileError, ReplacedTextError

_FILES_SHOWN = 300
_PATH = r"^\w[\w .-]*(/\w[\w .-]*)*$"
FILE = Field(pattern=_PATH, max_length=500, description="Path relative to the folder.")


class ListFiles(Arguments):
    """Lists the files in the user's folder with their sizes, for example the code of pipelines."""


class ReadFile(Arguments):
    """Reads a file in the user's folder, at most 20,000 bytes at a time."""

    file: str = FILE
    offset: int = Field(0, ge=0, description="Where to start, in bytes.")


class ProposeChange(Arguments):
    """Shows the user a change of a file as a diff, for example the fix of a task that failed. It changes nothing."""

    file: str = FILE
    old: str = Field(min_length=1, max_length=10_000, description="Text to replace, which occurs once in the file.")
    new: str = Field(max_length=10_000, description="Text to replace it with.")


def file_tools(folder: Folder, draw: Draw) -> list[Tool[Any]]:
    """Returns the tools for the files in a folder.

    Args:
        folder: The folder.
        draw: Shows a diff to the user.
    """

    async def list_(_given: ListFiles) -> Any:
        found = await asyncio.to_thread(lambda: list(islice(folder.files(), _FILES_SHOWN + 1)))
        files = [{"file": name, "bytes": size} for name, size in found[:_FILES_SHOWN]]
        return {"files": files, "has_more_files": len(found) > _FILES_SHOWN}

    async def read(given: ReadFile) -> Any:
        text, size = await asyncio.to_thread(folder.read, given.file, given.offset)
        end = given.offset + READ_BYTES
        return {"text": text, "bytes": size} | ({"next_offset": end} if end < size else {})

    async def propose(given: ProposeChange) -> Any:
        diff = await asyncio.to_thread(_diff, folder, given)
        draw(lambda _width: diff)
        return {"diff": diff, "shown": True}

    return [
        Tool("list_files", ListFiles, list_),
        Tool("read_file", ReadFile, read),
        Tool("propose_change", ProposeChange, propose),
    ]


def _diff(folder: Folder, given: ProposeChange) -> str:
    text, size = folder.read(given.file)
    if size > READ_BYTES:
        raise FolderFileError(given.file, f"has {size:,} bytes; changes of at most {READ_BYTES:,} bytes can be shown")
    if (count := text.count(given.old)) != 1:
        raise ReplacedTextError(given.file, count)
    before, after = text, text.replace(given.old, given.new)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{given.file}", f"b/{given.file}", lineterm=""
    )
    return "\n".join(lines)
