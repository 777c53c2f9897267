"""Generated parts of pages, between comments such as `<!-- BEGIN INPUTS -->` and `<!-- END INPUTS -->`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def with_part(page: str, name: str, content: str) -> str:
    """Returns a page with the content of a part replaced.

    Args:
        page: The text of the page.
        name: Name in the comments.
        content: New content, without blank lines around it.

    Raises:
        ValueError: The page does not have the part exactly once.
    """
    begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise ValueError(f"the page needs {begin} and {end} once")
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{content}\n\n{end}{rest.partition(end)[2]}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Formats a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
