"""Builds the documentation site from the pages of the repository into site/html. A broken link is an error.

python -m doc_resources.site

SITE_URL is the address at which the site is published. SITE_SOURCE_URL is the address of the repository's files in a
browser, such as https://gitlab.com/shop/platform/-/blob/main; by default, links to source code lead to this checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from doc_resources.pages import REPOSITORY, pages
from doc_resources.site_pages import Repository, copy_pages

CONFIGURATION = Path(__file__).with_suffix(".yaml")
STYLES = Path(__file__).with_suffix(".css")
FOLDER = REPOSITORY / "site"
Entry = str | dict[str, "str | list[Entry]"]


def build(folder: Path, site_url: str | None = None, source_url: str | None = None) -> int:
    """Replaces a folder by the site, in its folder `html`, and by the sources that it is built from.

    Args:
        folder: Its previous contents are removed.
        site_url: Address at which the site is published.
        source_url: Address of the repository's files.

    Returns:
        The exit code of the generator, which is not 0 if a page has a broken link.
    """
    shutil.rmtree(folder, ignore_errors=True)
    write_sources(folder, site_url, source_url)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=folder, check=False).returncode


def write_sources(folder: Path, site_url: str | None = None, source_url: str | None = None) -> None:
    """Writes the pages and the configuration of the generator; see `build`."""
    sources = folder / "source"
    copy_pages(Repository(REPOSITORY, source_url or REPOSITORY.as_uri(), frozenset(pages())), sources)
    shutil.copy(STYLES, sources)
    settings = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    settings |= {"docs_dir": sources.name, "site_dir": "html", "nav": navigation(settings["nav"], sources)}
    if site_url:
        settings["site_url"] = site_url
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def navigation(entries: Sequence[Entry], folder: Path) -> list[Entry]:
    """Replaces patterns in the entries of a navigation by the pages that match them.

    Args:
        entries: Pages, patterns, and sections, which map a title to a page or to entries.
        folder: The pages.

    Raises:
        ValueError: A pattern or a page does not exist, or a page is missing from the navigation.
    """
    expanded = list(_expanded(entries, folder))
    named, existing = set(_pages_of(expanded)), {str(page.relative_to(folder)) for page in folder.rglob("*.md")}
    if unknown := named - existing:
        raise ValueError(f"the navigation contains pages that do not exist: {', '.join(sorted(unknown))}")
    if missing := existing - named:
        raise ValueError(f"the navigation lacks {', '.join(sorted(missing))}")
    return expanded


def _expanded(entries: Sequence[Entry], folder: Path) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, dict):
            yield {name: page if isinstance(page, str) else [*_expanded(page, folder)] for name, page in entry.items()}
        else:
            yield from [str(page.relative_to(folder)) for page in sorted(folder.glob(entry))] or [entry]


def _pages_of(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        for page in entry.values() if isinstance(entry, dict) else [entry]:
            yield from [page] if isinstance(page, str) else _pages_of(page)


if __name__ == "__main__":
    sys.exit(build(FOLDER, os.environ.get("SITE_URL"), os.environ.get("SITE_SOURCE_URL")))
