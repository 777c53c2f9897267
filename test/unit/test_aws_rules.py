"""Every test that doc_resources/aws-rules.md refers to exists."""

from __future__ import annotations

import re
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_REFERENCE = re.compile(r"`([\w/.]*)(?:::(\w+))?`")


def _references():
    file = ""
    for row in (_REPOSITORY / "doc_resources/aws-rules.md").read_text().splitlines():
        for path, test in _REFERENCE.findall(row.rpartition(" | ")[2]):
            file = path or file
            yield file, test


def test_every_referenced_test_exists():
    references = list(_references())
    missing = [
        f"{file}::{test}"
        for file, test in references
        if not (_REPOSITORY / file).is_file() or not re.search(rf"\b{test}\b", (_REPOSITORY / file).read_text())
    ]
    assert len(references) > 30
    assert missing == []
