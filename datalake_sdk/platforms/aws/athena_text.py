"""A statement before Athena sees it: that it is one query, and whether it asks for an order. Athena checks the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from datalake_sdk.errors import SqlParseError, SqlStatementError
from datalake_sdk.sql.positions import excerpt
from datalake_sdk.sql.statements import OTHER_STATEMENTS

_TOKEN = re.compile(
    r"""(?P<skipped>\s+|--[^\n]*|/\*.*?\*/)|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|.""",
    re.DOTALL,
)
_OPENING, _CLOSING = ("(", "["), (")", "]")
_QUERIES = ("SELECT", "WITH", "VALUES", "(")


@dataclass(frozen=True)
class QueryText:
    """One query.

    Args:
        sql: Without the semicolon and what follows it; lines and columns as they were given.
        is_sorted: Whether its rows come in an order that it asks for.
    """

    sql: str
    is_sorted: bool


def query_text(statement: str) -> QueryText:
    """Checks that a statement is one query, as far as one can say without a grammar.

    Raises:
        SqlStatementError: It is none, several or not a query.
        SqlParseError: A quote or a comment is not closed.
    """
    tokens = [token for token in _TOKEN.finditer(statement) if token["skipped"] is None]
    _check_closed(statement, tokens)
    while tokens and tokens[-1][0] == ";":
        tokens.pop()
    if not tokens:
        raise SqlStatementError("empty", "")
    kind = tokens[0][0].upper()
    if kind not in _QUERIES:
        raise SqlStatementError(kind, OTHER_STATEMENTS.get(kind, ""))
    count = 1 + sum(token[0] == ";" for token in tokens)
    if count > 1:
        raise SqlStatementError(f"{count} statements", "Run them one by one.")
    return QueryText(statement[: tokens[-1].end()], _is_sorted([token[0].upper() for token in tokens]))


def parse_error(statement: str, line: int, column: int, reason: str) -> SqlParseError:
    """An error that shows the place in a statement.

    Args:
        statement: As the user wrote it.
        line: From 1.
        column: From 1.
        reason: What is wrong there.
    """
    return SqlParseError(reason, line, column, excerpt(statement, line, column))


def word_at(statement: str, line: int, column: int) -> str:
    """The name that begins at a place."""
    lines = statement.split("\n")
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    found = re.match(r'"?[\w.$]+"?', rest)
    return found[0].strip('"') if found else ""


def _check_closed(statement: str, tokens: list[re.Match[str]]) -> None:
    for index, token in enumerate(tokens):
        is_comment = token[0] == "/" and "".join(other[0] for other in tokens[index : index + 2]) == "/*"
        if token[0] in ("'", '"') or is_comment:
            before = statement[: token.start()]
            line, column = before.count("\n") + 1, token.start() - before.rfind("\n")
            reason = "a comment is not closed" if is_comment else f"{token[0]} is not closed"
            raise parse_error(statement, line, column, reason)


def _is_sorted(words: list[str]) -> bool:
    """Whether ORDER BY stands outside of every parenthesis, or the whole query within one."""
    while words[0] == "(" and words[-1] == ")" and _closes_at_end(words):
        words = words[1:-1]
    depth = 0
    for word, following in zip(words, [*words[1:], ""], strict=True):
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word == "ORDER" and following == "BY":
            return True
    return False


def _closes_at_end(words: list[str]) -> bool:
    depth = 0
    for index, word in enumerate(words):
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0:
            return index == len(words) - 1
    return False
