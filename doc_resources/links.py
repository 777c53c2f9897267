"""Links and headings of pages: where they lead, and whether that exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

_FENCE = r"^ *```.*?^ *```"
_INLINE_CODE = r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`)"
_LINK = r"(?P<start>\]\(<?)(?P<target>[^)\s>]+)(?=>?[^)]*\))"
_CODE_OR_LINK = re.compile(f"{_FENCE}|<!--.*?-->\\n?|{_INLINE_CODE}|{_LINK}", re.DOTALL | re.MULTILINE)
_FENCE_OR_HEADING = re.compile(rf"{_FENCE}|^#{{1,6}} +(?P<heading>[^\n]+?) *#*$", re.DOTALL | re.MULTILINE)
_ANCHOR = re.compile(r"""<a (?:id|name)="([^"]+)">""")


def targets(text: str) -> list[str]:
    """Returns the targets of the links and images in a page's text, without those in code and comments."""
    return [match["target"] for match in _CODE_OR_LINK.finditer(text) if match["target"]]


def with_targets(text: str, replace: Callable[[str], str]) -> str:
    """Replaces the targets of the links and images in a page's text."""
    return _CODE_OR_LINK.sub(
        lambda match: match["start"] + replace(match["target"]) if match["target"] else match[0], text
    )


def without_code(text: str) -> str:
    """Removes code and comments from a page's text."""
    return _CODE_OR_LINK.sub(lambda match: match[0] if match["target"] else "", text)


def without_comments(text: str) -> str:
    """Removes the HTML comments from a page's text, except in code."""
    return _CODE_OR_LINK.sub(lambda match: "" if match[0].startswith("<!--") else match[0], text)


def with_anchors(text: str) -> str:
    """Appends `{#anchor}` to each heading: its anchor on GitHub and GitLab."""
    names = _unique(_FENCE_OR_HEADING.findall(text))
    return _FENCE_OR_HEADING.sub(lambda match: f"{match[0]} {{#{next(names)}}}" if match["heading"] else match[0], text)


def is_external(target: str) -> bool:
    """Whether a link leads out of the repository."""
    return re.match(r"[a-z]+:", target) is not None


def broken_links(page: Path) -> list[str]:
    """Returns the links of a page that lead to no file or to no heading of a page."""
    internal = [target for target in targets(page.read_text(encoding="utf-8")) if not is_external(target)]
    return [target for target in internal if not _exists(page, unquote(target))]


def _exists(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists() or not anchor:
        return path.exists()
    return anchor in anchors(path / "README.md" if path.is_dir() else path)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Returns the anchors of a page: its headings as GitHub and GitLab name them, and explicit ones."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return frozenset([*_unique(_FENCE_OR_HEADING.findall(text)), *_ANCHOR.findall(text)])


def _unique(headings: Iterable[str]) -> Iterator[str]:
    """Anchors of headings; empty strings are skipped."""
    seen: Counter[str] = Counter()
    for name in map(_slug, filter(None, headings)):
        yield f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1


def _slug(heading: str) -> str:
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
