"""Quoted names and string literals, which DuckDB, Athena and Redshift write in the same way."""

from __future__ import annotations


def quoted(name: str) -> str:
    """The name of a column, a table or a schema in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"
