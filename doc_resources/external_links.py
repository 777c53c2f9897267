"""Requests the external links of all pages and lists those that do not answer with success.

python -m doc_resources.external_links
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from doc_resources.links import without_code
from doc_resources.pages import REPOSITORY, pages

_URL = re.compile(r"https?://[^\s<>()\[\]|\"]*[\w/]")
_HEADERS = {"User-Agent": "Mozilla/5.0 (link check)"}
_TIMEOUT_SECONDS = 20
_REFUSALS = (403, 429)
"""Answers of servers that refuse programs, or too many requests, for pages that exist."""


def external_links(files: Iterable[Path]) -> dict[str, list[Path]]:
    """Returns the external links of pages, each with the pages that contain it."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for file in files:
        for url in sorted(set(_URL.findall(without_code(file.read_text(encoding="utf-8"))))):
            found[url].append(file)
    return dict(found)


def status(url: str) -> int | None:
    """Returns the HTTP status of a URL after redirects, or None if no server answers."""
    try:
        with urlopen(Request(url, headers=_HEADERS), timeout=_TIMEOUT_SECONDS) as response:
            return int(response.status)
    except HTTPError as error:
        error.close()
        return error.code
    except (OSError, HTTPException):
        return None


def problems(statuses: Mapping[str, int | None], links: Mapping[str, list[Path]]) -> list[str]:
    """Returns a line for each link that leads to no page, with the pages that contain it.

    Args:
        statuses: HTTP status of each link.
        links: Pages that contain each link.
    """
    return [
        f"{url}: {answer or 'no answer'}, in {', '.join(str(page.relative_to(REPOSITORY)) for page in links[url])}"
        for url, answer in statuses.items()
        if answer is None or (answer >= 400 and answer not in _REFUSALS)
    ]


def main() -> None:
    """Prints the links that lead to no page; the exit code is 1 if there are any, or if there is no network."""
    links = external_links(pages())
    with ThreadPoolExecutor(16) as threads:
        statuses = dict(zip(links, threads.map(status, links), strict=True))
    if not any(statuses.values()):
        sys.exit(f"NOT CHECKED: none of {len(links)} external links could be requested; is there a network?")
    refused = sum(answer in _REFUSALS for answer in statuses.values())
    print(f"{len(links)} external links, of which {refused} could not be checked: the server refuses programs")
    if found := problems(statuses, links):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
