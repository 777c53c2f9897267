"""Every table property and summary entry that the package declares is documented."""

from __future__ import annotations

import re
from pathlib import Path

import datalake_sdk

PACKAGE = Path(datalake_sdk.__file__).parent
PAGE = PACKAGE.parent / "doc_resources/table-properties.md"
DECLARATION = re.compile(
    r'^\w+_(?:PROPERTY|SUMMARY|PREFIX) = "((?:datalake_sdk_|write\.|commit\.|history\.)[^"]*)"', re.M
)


def test_every_table_property_is_documented():
    declared = {name for file in PACKAGE.rglob("*.py") for name in DECLARATION.findall(file.read_text("utf-8"))}
    assert len(declared) > 20
    page = PAGE.read_text(encoding="utf-8")
    assert {name for name in declared if f"`{name}" not in page} == set()
