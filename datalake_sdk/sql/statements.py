"""Statements that are queries, and what to run instead of others."""

from __future__ import annotations

QUERY_KEYWORDS = ("SELECT", "WITH", "VALUES", "TABLE")
"""First words of a query."""
_WRITES = "Write with ingest, remove with delete_table."
_LISTINGS = "Use list_tables or describe_table."
OTHER_STATEMENTS = {
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE"), _WRITES),
    **dict.fromkeys(("SHOW", "DESCRIBE", "DESC"), _LISTINGS),
    "UNLOAD": "Run the query alone and write its rows with query --output FILE.",
    **dict.fromkeys(("EXPLAIN", "ANALYZE", "VACUUM", "OPTIMIZE", "MSCK", "REFRESH"), ""),
    **dict.fromkeys(("PREPARE", "EXECUTE", "DEALLOCATE", "CALL", "SET", "RESET", "USE", "GRANT", "REVOKE"), ""),
}
"""First words of other statements, and the hint for each."""
