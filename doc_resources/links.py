"""Checks the links of pages to files and headings of the repository."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

_CODE = re.compile(r"^ *```.*?^ *```|<!--.*?-->|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?[^)]*\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_ANCHOR = re.compile(r"""<a (?:id|name)="([^"]+)">""")


def broken_links(page: Path) -> list[str]:
    """Returns the links of a page that lead to no file or to no heading of a page."""
    targets = _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return [target for target in targets if not re.match(r"[a-z]+:", target) and not _exists(page, unquote(target))]


def _exists(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists() or not anchor:
        return path.exists()
    return anchor in anchors(path / "README.md" if path.is_dir() else path)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Returns the anchors of a page: its headings as GitHub and GitLab name them, and explicit ones."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8")) if page.exists() else ""
    seen: Counter[str] = Counter()
    names = set(_ANCHOR.findall(text))
    for heading in _HEADING.findall(text):
        name = _slug(heading)
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(names)


def _slug(heading: str) -> str:
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
