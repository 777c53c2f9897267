"""Links of pages lead to files and headings."""

from __future__ import annotations

import pytest

from doc_resources.links import broken_links
from doc_resources.pages import REPOSITORY, pages


def test_no_link_of_a_page_is_broken():
    found = {str(page.relative_to(REPOSITORY)): broken_links(page) for page in pages()}
    assert {name: links for name, links in found.items() if links} == {}


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("other.md", False),
        ("other.md#two-words-of-code", False),
        ("other.md#same-1", False),
        ("#here", False),
        ("https://example.com/missing", False),
        ("missing.md", True),
        ("other.md#missing", True),
        ("other.md#in-a-block", True),
        ("#missing", True),
    ],
)
def test_links_to_missing_files_and_headings_are_broken(tmp_path, link, broken):
    (tmp_path / "other.md").write_text("## Two words, of `code`\n\n# Same\n\n# Same\n\n```sh\n# in a block\n```\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n\n[text]({link}) and `[code](missing.md)`\n")
    assert broken_links(page) == ([link] if broken else [])
