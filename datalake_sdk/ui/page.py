"""A page, its path, and references between pages of a server or of a static site."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from posixpath import relpath
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from datalake_sdk.naming import shortened

Path: TypeAlias = tuple[str, ...]
"""Segments of a path, not encoded: `("tables", "shop.orders")`."""
Query: TypeAlias = Mapping[str, str]

_INDEX = "index"
_MAX_SEGMENT_LENGTH = 250
"""File systems allow 255 bytes, of which `.html` takes 5: https://www.kernel.org/doc/html/latest/filesystems/ext4/directory.html"""


@dataclass(frozen=True)
class Page:
    """What a template renders.

    Args:
        path: Path of the page.
        template: Name of the template, without extension.
        title: Title for the browser and the heading.
        section: Section of the navigation that contains the page.
        model: View model: a frozen dataclass.
        query: Query with which the page was requested.
    """

    path: Path
    template: str
    title: str
    section: str
    model: Any
    query: Query = field(default_factory=dict)


class ServerLinks:
    """References between pages of a server: absolute paths."""

    is_static = False

    def has(self, *_path: str) -> bool:
        """Whether there can be a page."""
        return True

    def to(self, *path: str, **query: object) -> str:
        """Returns the reference to a page; values of the query that are None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        encoded = "/".join(quote(segment, safe="") for segment in path)
        return f"/{encoded}" + (f"?{urlencode(given)}" if given else "")

    def asset(self, name: str) -> str:
        """Returns the reference to a static file."""
        return f"/static/{name}"


class StaticLinks:
    """References between files of a static site: relative, so that they work in any folder.

    Args:
        page: Path of the page that contains the references.
        pages: Paths of all pages of the site.
    """

    is_static = True

    def __init__(self, page: Path, pages: Collection[Path]) -> None:
        self._pages = pages
        self._folder = "/".join(("", *page_file(page).split("/")[:-1])) or "/"

    def has(self, *path: str) -> bool:
        """Whether the site has a page."""
        return path in self._pages

    def to(self, *path: str, **_query: object) -> str:
        """Returns the reference to a page; static pages have no query."""
        return quote(self._relative(page_file(path)))

    def asset(self, name: str) -> str:
        """Returns the reference to a static file."""
        return self._relative(f"static/{name}")

    def _relative(self, file: str) -> str:
        return relpath(f"/{file}", self._folder)


Links: TypeAlias = ServerLinks | StaticLinks


def page_file(path: Path) -> str:
    """Returns the file of a page in a static site.

    Names of tables are encoded, so that none of them leads out of the folder, and shortened if they are too long.
    """
    segments = (quote(segment, safe=" ").replace("~", "%7E") for segment in path or (_INDEX,))
    return "/".join(shortened(segment, _MAX_SEGMENT_LENGTH) for segment in segments) + ".html"
