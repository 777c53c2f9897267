"""Every test that a page refers to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]
_REFERENCE = re.compile(r"`([\w/.]*)(?:::(\w+))?`")


def _references(page):
    file = ""
    for row in (_REPOSITORY / "doc_resources" / page).read_text().splitlines():
        for path, test in _REFERENCE.findall(row.rpartition(" | ")[2]):
            file = path or file
            yield file, test


@pytest.mark.parametrize(("page", "least"), [("aws-rules.md", 30), ("features.md", 15)])
def test_every_referenced_test_exists(page, least):
    references = list(_references(page))
    missing = [
        f"{file}::{test}"
        for file, test in references
        if not (_REPOSITORY / file).is_file() or not re.search(rf"\b{test}\b", (_REPOSITORY / file).read_text())
    ]
    assert len(references) > least
    assert missing == []
