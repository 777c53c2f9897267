from __future__ import annotations

import re
from pathlib import Path

import pytest

from doc_resources.page_parts import with_part

MAKEFILE = Path(__file__).parents[2] / "Makefile"
PART = "<!-- BEGIN X -->\nold\n<!-- END X -->\n"


def test_only_the_content_of_the_part_changes():
    assert with_part(f"before\n{PART}after\n", "X", "new") == (
        "before\n<!-- BEGIN X -->\n\nnew\n\n<!-- END X -->\nafter\n"
    )


@pytest.mark.parametrize("page", ["", PART * 2, "<!-- BEGIN X -->\n"])
def test_a_part_that_is_missing_or_repeated_is_an_error(page):
    with pytest.raises(ValueError, match="BEGIN X"):
        with_part(page, "X", "new")


def test_make_docs_runs_existing_programs():
    programs = re.findall(r"python -m (doc_resources\.\w+)", MAKEFILE.read_text(encoding="utf-8"))
    assert [name for name in programs if not (MAKEFILE.parent / f"{name.replace('.', '/')}.py").is_file()] == []
