"""Terraform files are readable without scrolling; `terraform fmt` does not check the length of lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MAX_COLUMNS = 120
SUFFIXES = (".tf", ".hcl", ".tfvars")
FILES = [
    path
    for folder in ("demo", "domain_factory", "modules", "pipeline_factory", "test")
    for path in sorted((REPOSITORY / folder).rglob("*"))
    if path.suffix in SUFFIXES and ".terraform" not in path.parts
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_lines_are_within_120_columns(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > MAX_COLUMNS] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_modules_have_no_depends_on_which_postpones_their_data_sources(file):
    blocks = re.findall(r"^module .*?^}", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert [block for block in blocks if re.search(r"^  depends_on ", block, re.MULTILINE)] == []
