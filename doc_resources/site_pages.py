"""The pages of the documentation site. Links to other files of the repository lead to its web interface."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from doc_resources.links import is_external, targets, with_anchors, with_targets, without_comments

DECISIONS = "doc_resources/adr"
_IMAGES = (".png", ".svg")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Repository:
    """The source of a site.

    Args:
        folder: Folder of the repository.
        url: Address of the folder in a browser, without a slash at the end.
        pages: The pages of the site.
    """

    folder: Path
    url: str
    pages: Set[Path]


def copy_pages(repository: Repository, destination: Path) -> None:
    """Copies pages and their images to the same relative paths, so that links between them remain valid."""
    for page in sorted(repository.pages):
        text = page.read_text(encoding="utf-8")
        _copy(page, repository, destination).write_text(site_page(text, page, repository), encoding="utf-8")
        for image in _images(text, page):
            shutil.copyfile(image, _copy(image, repository, destination))
    index = repository.folder / DECISIONS / "index.md"
    _copy(index, repository, destination).write_text(decisions(repository.pages), encoding="utf-8")


def site_page(text: str, page: Path, repository: Repository) -> str:
    """Returns the text of a page of the site: with anchors as on GitHub, without comments, with links that work there.

    Args:
        text: The page in the repository.
        page: Its path.
        repository: Where its links lead.
    """
    linked = with_targets(text, lambda target: _site_target(target, page, repository))
    return with_anchors(without_comments(linked))


def decisions(pages: Iterable[Path]) -> str:
    """Returns the page that lists the decision records."""
    records = [page for page in sorted(pages) if page.parent.name == "adr"]
    titles = [_TITLE.search(record.read_text(encoding="utf-8")) for record in records]
    lines = [f"- [{title[1]}]({record.name})" for title, record in zip(titles, records, strict=True) if title]
    return "\n".join(["# Decisions", "", *lines, ""])


def _site_target(target: str, page: Path, repository: Repository) -> str:
    name, hash_sign, anchor = target.partition("#")
    if not name or is_external(target):
        return target
    path = (page.parent / unquote(name)).resolve()
    if not path.exists():
        raise ValueError(f"{page.relative_to(repository.folder)}: the link {target} leads to no file")
    if path in repository.pages or path.suffix in _IMAGES:
        return target
    if path == repository.folder / DECISIONS:
        return f"{name}/index.md"
    if path / "README.md" in repository.pages:
        return f"{name}/README.md{hash_sign}{anchor}"
    return f"{repository.url}/{path.relative_to(repository.folder).as_posix()}{hash_sign}{anchor}"


def _images(text: str, page: Path) -> Iterator[Path]:
    paths = ((page.parent / unquote(target)).resolve() for target in targets(text) if not is_external(target))
    return (path for path in paths if path.suffix in _IMAGES)


def _copy(path: Path, repository: Repository, destination: Path) -> Path:
    copy = destination / path.relative_to(repository.folder)
    copy.parent.mkdir(parents=True, exist_ok=True)
    return copy
