"""Splits statements into the tokens of Trino's grammar, and blanks out their comments.

Grammar: https://github.com/trinodb/trino/blob/master/core/trino-grammar/src/main/antlr4/io/trino/grammar/sql/SqlBase.g4
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from datalake_sdk.errors import SqlLimitError, SqlParseError, SqlStatementError
from datalake_sdk.sql.positions import locate_offset

MAX_BYTES = 262_144
"""Athena's limit: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"""
MAX_DEPTH = 40
"""Nested parentheses, brackets and CASE expressions; sqlglot's recursive parser exhausts Python's stack at about 60."""
PARSER_HINT = (
    "Every statement is parsed before it runs. If Athena's documentation describes this syntax, the parser does not "
    "support it: rewrite that part, or run the statement in Athena's console."
)
"""Hint for errors that may be due to a parser whose grammar is narrower than Athena's."""
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\r\n]*|/\*.*?\*/)
    |(?P<blank>[ \t\r\n]+)
    |(?P<string>(?:[Uu]&|[Xx])?'[^']*(?:''[^']*)*')
    |(?P<quoted>"[^"]*(?:""[^"]*)*")
    |(?P<open>'|"|/\*)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+|\d+\.\d*|\.\d+|\d\w*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<operator><>|!=|<=|>=|\|\||->|=>|[()\[\],.;:=<>+\-*/%|?{}^$])
    |(?P<invalid>.)
    """,
    re.DOTALL | re.VERBOSE | re.ASCII,
)
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
"""Unicode categories of control, formatting (zero-width, bidirectional), unassigned and separator characters."""
_OPENING, _CLOSING = frozenset("([") | {"CASE"}, frozenset(")]") | {"END"}


@dataclass(frozen=True)
class Token:
    """A string, quoted name, number, word or operator.

    Attributes:
        kind: Its group in `_TOKEN`.
        text: As written.
        start: Offset of its first character.
        end: Offset after its last character.
    """

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexed:
    """A statement and its tokens.

    Attributes:
        given: The statement as the user wrote it.
        sql: The statement with blanks in place of comments and without trailing semicolons; all other characters keep
            their line and column.
        tokens: Tokens of `sql`.
    """

    given: str
    sql: str
    tokens: tuple[Token, ...]


def lex(statement: str) -> Lexed:
    """Splits a statement into tokens.

    Raises:
        SqlParseError: It has a character or token that is not in Athena's grammar, or an unclosed quote or comment.
        SqlStatementError: It has no tokens.
        SqlLimitError: It is too long or too deeply nested.
    """
    _check_length(statement)
    for match in _TOKEN.finditer(statement):
        _check_characters(statement, match)
    blanked = _TOKEN.sub(lambda match: _blank(match[0]) if match["comment"] else match[0], statement)
    found = split(statement)
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        raise SqlStatementError("empty", "")
    lexed = Lexed(statement, blanked[: found[-1].end], tuple(found))
    _check_depth(lexed.tokens)
    return lexed


def split(statement: str) -> list[Token]:
    """Splits a statement into tokens without checking it; comments are omitted."""
    return [
        Token(match.lastgroup or "", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(statement)
        if match.lastgroup not in ("comment", "blank")
    ]


def check_same_tokens(lexed: Lexed, starts: set[int]) -> None:
    """Checks that sqlglot finds the same tokens, except that it joins words such as `GROUP BY` and splits `.5`.

    Args:
        lexed: A statement.
        starts: Offsets at which sqlglot's tokens start.

    Raises:
        SqlParseError: The tokens differ.
    """
    expected = {token.start for token in lexed.tokens}
    fractions = {token.start + 1 for token in lexed.tokens if token.text.startswith(".")}
    joined = {token.start for before, token in pairwise(lexed.tokens) if before.kind == token.kind == "word"}
    different = (starts - expected - fractions) | (expected - starts - joined)
    if different:
        offset = min(different)
        token = max((token for token in lexed.tokens if token.start <= offset), key=lambda token: token.start)
        raise syntax_error(lexed.given, token.start, f"'{token.text}' is not supported here", PARSER_HINT)


def syntax_error(statement: str, offset: int, reason: str, hint: str = "") -> SqlParseError:
    """Returns the error for an offset of a statement."""
    return SqlParseError(reason, *locate_offset(statement, offset), hint)


def _check_length(statement: str) -> None:
    size = len(statement.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise SqlLimitError(f"it has {size:,} bytes; the limit is {MAX_BYTES:,}")


def _check_characters(statement: str, match: re.Match[str]) -> None:
    start, text = match.start(), match[0]
    if match["open"]:
        reason = "a comment is not closed" if text == "/*" else f"{text} is not closed"
        raise syntax_error(statement, start, reason)
    if match["invalid"]:
        raise syntax_error(statement, start, _invalid(text))
    if match["quoted"] or match["string"]:
        for offset, character in enumerate(text, start):
            if _is_forbidden(character, is_name=match["quoted"] is not None):
                raise syntax_error(statement, offset, f"character U+{ord(character):04X} is not allowed in quotes")


def _is_forbidden(character: str, *, is_name: bool) -> bool:
    """Strings may contain every character except NUL and surrogates, names only visible characters."""
    category = unicodedata.category(character)
    return category in _INVISIBLE if is_name else category == "Cs" or character == "\0"


def _invalid(character: str) -> str:
    if character == "`":
        return 'names are quoted with ", not with `'
    if not character.isascii() or not character.isprintable():
        name = f"U+{ord(character):04X}"
        shown = f"'{character}' ({name})" if character.isprintable() else name
        return f"character {shown} is not allowed outside of quotes"
    return f"'{character}' is not allowed outside of quotes"


def _blank(comment: str) -> str:
    return re.sub(r"[^\r\n]", " ", comment)


def _check_depth(tokens: tuple[Token, ...]) -> None:
    depth = deepest = 0
    for token in tokens:
        text = token.text.upper()
        depth += (text in _OPENING) - (text in _CLOSING)
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise SqlLimitError(f"parentheses, brackets and CASE expressions nest {deepest} deep; the limit is {MAX_DEPTH}")
    longest = _longest_subscript(tokens)
    if longest > MAX_DEPTH:
        raise SqlLimitError(f"a value has {longest} subscripts in a row; the limit is {MAX_DEPTH}")


def _longest_subscript(tokens: tuple[Token, ...]) -> int:
    """Returns the length of the longest chain such as `a[1][2]`: sqlglot's parse time is cubic in it."""
    longest, lengths = 0, [0]
    for before, token in pairwise(tokens):
        if token.text == "[":
            lengths[-1] = lengths[-1] + 1 if before.text == "]" else 1
            longest = max(longest, lengths[-1])
            lengths.append(0)
        elif token.text == "]" and len(lengths) > 1:
            lengths.pop()
    return longest
