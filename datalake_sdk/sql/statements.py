"""First keywords of queries, and hints for other statements."""

from __future__ import annotations

QUERY_KEYWORDS = ("SELECT", "WITH", "VALUES", "TABLE")
"""First keywords of a query."""
_WRITES = "Use ingest to write rows, and delete_table to remove a table."
_LISTINGS = "Use list_tables or describe_table."
OTHER_STATEMENTS = {
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE"), _WRITES),
    **dict.fromkeys(("SHOW", "DESCRIBE", "DESC"), _LISTINGS),
    "UNLOAD": "Run only the inner query, and write its rows with query --output FILE.",
    **dict.fromkeys(("EXPLAIN", "ANALYZE", "VACUUM", "OPTIMIZE", "MSCK", "REFRESH"), ""),
    **dict.fromkeys(("PREPARE", "EXECUTE", "DEALLOCATE", "CALL", "SET", "RESET", "USE", "GRANT", "REVOKE"), ""),
}
"""Hints by the first keyword of a statement."""
