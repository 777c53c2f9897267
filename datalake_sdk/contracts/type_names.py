"""Names of declared types: synonyms, and which types Iceberg promotes to which."""

from __future__ import annotations

import re

SYNONYMS = {
    "integer": "int",
    "bigint": "long",
    "varchar": "string",
    "timestamp with time zone": "timestamptz",
}
"""Names in Iceberg of types that have other names in Athena."""
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def canonical_type(text: str) -> str:
    """The name of a declared type in Iceberg: `BIGINT` is `long`; an unknown name is returned in lower case."""
    name = " ".join(text.lower().split())
    decimal = _DECIMAL.fullmatch(name)
    return f"decimal({int(decimal[1])}, {int(decimal[2])})" if decimal else SYNONYMS.get(name, name)


def is_promotion(stored: str, new: str) -> bool:
    """Whether Iceberg reads values of a type as another one: https://iceberg.apache.org/spec/#schema-evolution.

    Args:
        stored: Canonical name of the stored type.
        new: Canonical name of the new type.
    """
    if stored == new or (stored, new) in {("int", "long"), ("float", "double")}:
        return True
    before, after = _DECIMAL.fullmatch(stored), _DECIMAL.fullmatch(new)
    return bool(before and after and before[2] == after[2] and int(before[1]) <= int(after[1]))
