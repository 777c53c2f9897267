"""Checks that the parser dropped no word of a statement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from sqlglot import Dialect, ErrorLevel, exp

from datalake_sdk.sql.lexer import PARSER_HINT, Lexed, Token, split, syntax_error

_OPTIONAL = frozenset(
    re.findall(
        r"\w+",
        """
        ABSENT ALL ARRAY AS ASC AT BOTH CONDITIONAL DEC DOUBLE FIRST FOR FROM IN INNER INT INTEGER JSON KEY LAST
        LEADING NEXT NULL NULLS ON OUTER POSITION PRECISION ROW ROWS SOME SUBSTRING SYSTEM_TIME TABLE TIME
        TRAILING TRIM VALUE WITHOUT ZONE
        """,
    )
)
"""Words that the generator omits because they are the default, or replaces with a synonym or function."""


def check_nothing_lost(lexed: Lexed, tree: exp.Expr, dialect: type[Dialect]) -> None:
    """Checks that the tree contains every word of the statement: a dropped word would reach Athena unchecked.

    Args:
        lexed: A statement.
        tree: Its tree.
        dialect: The dialect that it was parsed with.

    Raises:
        SqlParseError: The parser dropped a word.
    """
    written = tree.sql(dialect, comments=False, unsupported_level=ErrorLevel.RAISE)
    lost = Counter(_words(lexed.tokens)) - Counter(_words(split(written)))
    for token in lexed.tokens:
        word = _word(token)
        if word in lost and word not in _OPTIONAL:
            raise syntax_error(lexed.given, token.start, f"'{token.text}' is not supported here", PARSER_HINT)


def _words(tokens: Iterable[Token]) -> list[str]:
    return [word for word in map(_word, tokens) if word]


def _word(token: Token) -> str:
    """Returns a word or quoted name in uppercase; an empty string for other tokens."""
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"').upper()
    return token.text.upper() if token.kind == "word" else ""
