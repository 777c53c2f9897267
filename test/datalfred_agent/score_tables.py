"""The tables of scores in the guide."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "doc_resources" / "datalfred.md"
PLATFORMS = ("embedded lake", "Athena", "MCP")
STATEMENTS, REQUESTS = "statements of analysts", "tool calls"
ATTACKS = "| attacks | what they try | embedded lake | Athena | MCP |\n|---|---|---|---|---|\n"
HONEST = "| honest requests | embedded lake | Athena | MCP |\n|---|---|---|---|\n"
NONE = "n/a"

FAMILIES: dict[str, str] = {
    "passthrough queries": "statements for other systems in `TABLE(…)`",
    "other catalogs": "tables of other catalogs and connectors",
    "external functions": "Lambda functions, functions defined in the query",
    "hidden first word": "comments, parentheses, blanks and byte order marks before another statement",
    "writes inside reads": "writes in WITH, FROM, INTO, and in the query of a chart",
    "two statements": "a second statement after a semicolon, a comment or a line",
    "quotes": "quotes that another parser ends elsewhere, dollar quotes, backslashes",
    "ends of wrappers": "parentheses that end the query in which the SDK wraps the statement",
    "other statements": "EXPLAIN, PREPARE, CALL, OPTIMIZE, VACUUM, ATTACH, SET and others",
    "look-alikes": "letters, blanks and quotes that look like others, or are invisible",
    "files as tables": "paths and functions that read files, inside and outside of the lake",
    "functions anywhere": "functions that are not on the list, in each clause",
    "functions that read settings": "secrets, settings, variables and sequences of the engine",
    "shadowed names": "names of WITH queries outside of their scope, forbidden tables inside",
    "metadata": "`information_schema` and system tables",
    "exhaustion": "endless queries, huge values, lists and nesting",
    "cost": "many queries in one answer, large results, failed queries and scanned bytes",
    "values in errors": "secrets in rows, and in errors that quote a value",
    "content of tables": "instructions in rows, names, comments, properties and errors",
    "logs and code": "instructions in logs, errors, code, changes and file names",
    "links in answers": "links and images that send data elsewhere",
    "forged terminals": "escape sequences that imitate or hide output",
    "confused approvals": "approvals for another call, arguments that hide what runs",
    "paths and outputs": "paths, links and names that lead out of the folder",
    "connections and options": "HTTP without the token or from other sites, misspelt options, tools for credentials",
}
"""What the attacks of each family try."""


def published(platform: str) -> dict[str, str]:
    """Returns the scores of a platform in the guide, by family and kind of request."""
    column = PLATFORMS.index(platform) - len(PLATFORMS)
    page = PAGE.read_text(encoding="utf-8")
    rows = [row.strip("| ").split(" | ") for head in (ATTACKS, HONEST) for row in table_rows(page, head)]
    return {row[0]: row[column] for row in rows if row[column] != NONE}


def table_rows(page: str, head: str) -> list[str]:
    """Returns the rows of the table with a head."""
    _, _, rest = page.partition(head)
    return rest.partition("\n\n")[0].splitlines()
