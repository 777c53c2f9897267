"""Writes the pages as a static site, which any web server or browser can show without this SDK."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path as FilePath
from secrets import token_hex
from typing import Any

from datalake_sdk.errors import DatalakeError, ExportFolderError, MissingPageError
from datalake_sdk.ui.app import STATIC_FOLDER
from datalake_sdk.ui.page import Page, Path, StaticLinks, page_file
from datalake_sdk.ui.rendering import render
from datalake_sdk.ui.site import Site
from datalake_sdk.ui.static_paths import static_paths

MARKER = ".datalake_sdk_catalogue"


@dataclass(frozen=True)
class ExportResult:
    """A written site.

    Args:
        folder: Folder of the site.
        pages: Number of pages.
        failed: Pages that show an error, by path.
        bytes: Size of all files.
    """

    folder: str
    pages: int
    failed: dict[str, str]
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def export(site: Site, folder: FilePath, report: Callable[[int], None] | None = None) -> ExportResult:
    """Writes all pages but samples of rows; an earlier export in the folder is replaced when all are written.

    Args:
        site: The pages.
        folder: Folder to write.
        report: Called with the number of pages written so far.

    Raises:
        ExportFolderError: The folder contains other files, or cannot be written.
    """
    _check(folder)
    target = folder.resolve()
    partial = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        shutil.copytree(STATIC_FOLDER, partial / "static")
        result = _write(site, partial, report or (lambda _count: None))
        (partial / MARKER).touch()
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    except OSError as error:
        raise ExportFolderError(folder, f"which cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ExportResult(str(folder), *result)


def _check(folder: FilePath) -> None:
    if folder.exists() and not folder.is_dir():
        raise ExportFolderError(folder, "which is a file")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise ExportFolderError(folder, "which contains other files")


def _write(site: Site, folder: FilePath, report: Callable[[int], None]) -> tuple[int, dict[str, str], int]:
    failed: dict[str, str] = {}
    count = 0
    site.reader.read_everything()
    paths = dict.fromkeys(static_paths(site.reader))
    for path in paths:
        page = _page(site, path, failed)
        file = folder / page_file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render(page, site.frame, StaticLinks(path, paths)), encoding="utf-8")
        count += 1
        report(count)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return count, failed, size


def _page(site: Site, path: Path, failed: dict[str, str]) -> Page:
    try:
        page = site.page(path, {})
        if page is None:
            raise MissingPageError
    except DatalakeError as error:
        failed["/".join(path)] = error.message
        return site.error_page(error, path)
    return page
