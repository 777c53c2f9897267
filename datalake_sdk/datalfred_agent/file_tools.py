"""Tools for the files in a folder: they list, read and propose changes, but write nothing."""

from __future__ import annotations

import asyncio
import difflib
from itertools import islice
from typing import Any

from pydantic import Field

from datalake_sdk.datalfred_agent.folder import Folder
from datalake_sdk.datalfred_agent.tools import Arguments, Draw, Drawing, Tool
from datalake_sdk.errors import FolderFileError, TextMatchError
from datalake_sdk.redaction import redacted

_FILES_SHOWN = 300
_READ_LENGTH = 20_000
_NAME = r"[^\x00-\x20\x7f/.~][^\x00-\x1f\x7f/]*"
_PATH = rf"^{_NAME}(/{_NAME})*$"
FILE = Field(pattern=_PATH, max_length=500, description="Path relative to the folder.")


class ListFiles(Arguments):
    """Lists the files in the user's folder with their sizes, for example the code of pipelines."""


class ReadFile(Arguments):
    """Reads a file in the user's folder, at most 20,000 characters at a time of its first 500,000 bytes."""

    file: str = FILE
    offset: int = Field(0, ge=0, description="Where to start, in characters: next_offset of the previous call.")


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
        text, size = await asyncio.to_thread(_masked, folder, given.file)
        end = given.offset + _READ_LENGTH
        return {"text": text[given.offset : end], "bytes": size} | ({"next_offset": end} if end < len(text) else {})

    async def propose(given: ProposeChange) -> Any:
        diff = await asyncio.to_thread(_diff, folder, given)
        draw(Drawing(lambda _width: diff))
        return {"diff": diff, "shown": True}

    return [
        Tool("list_files", ListFiles, list_),
        Tool("read_file", ReadFile, read),
        Tool("propose_change", ProposeChange, propose),
    ]


def _masked(folder: Folder, name: str) -> tuple[str, int]:
    # The whole text is masked, since the characters that identify a secret may be in another part.
    text, size = folder.read(name)
    return redacted(text), size


def _diff(folder: Folder, given: ProposeChange) -> str:
    """Returns the diff of the masked text, so that matches reveal nothing about secrets."""
    text, size = _masked(folder, given.file)
    if size > _READ_LENGTH:
        raise FolderFileError(given.file, f"has {size:,} bytes; changes of at most {_READ_LENGTH:,} bytes can be shown")
    if (count := text.count(given.old)) != 1:
        raise TextMatchError(given.file, count)
    before, after = text, text.replace(given.old, given.new)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{given.file}", f"b/{given.file}", lineterm=""
    )
    return "\n".join(lines)
