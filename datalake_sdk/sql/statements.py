"""Statements that are not queries, and what to do instead: the same on every platform."""

from __future__ import annotations

_WRITES = "Write with ingest, remove with delete_table."
_LOOKS = "Use list_tables or describe_table."
OTHER_STATEMENTS = {
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE"), _WRITES),
    **dict.fromkeys(("SHOW", "DESCRIBE", "DESC"), _LOOKS),
    "UNLOAD": "Run the query alone and write its rows with query --output FILE.",
    **dict.fromkeys(("EXPLAIN", "ANALYZE", "VACUUM", "OPTIMIZE", "MSCK", "REFRESH"), ""),
    **dict.fromkeys(("PREPARE", "EXECUTE", "DEALLOCATE", "CALL", "SET", "RESET", "USE", "GRANT", "REVOKE"), ""),
}
"""First word of a statement, and the hint."""
