"""The value of a parameter never changes the tokens of a statement."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot.tokens import TokenType

from datalake_sdk.errors import SqlParameterError
from datalake_sdk.sql.athena import AthenaQueries
from datalake_sdk.sql.lexer import split
from datalake_sdk.sql.parameters import statement_text, task_parameters

STATEMENTS = [
    "SELECT a FROM t WHERE a = {p} AND b - {p} > 1 -- {p}\nUNION SELECT 'x {p} y', \"{p}\" /* {p} */ FROM u",
    "SELECT ARRAY[{p},{p}], f({p})/{p}, -{p} AS n, 'it''s {p}''', DATE '{p}' FROM \"a\"\"{p}\" LIMIT 1",
]
VALUES = st.one_of(
    st.text(),
    st.text("'\"-/*{}#;\\\n\r ()0123456789.eE%`$UNIONtruenl"),
    st.sampled_from(
        ["'", "''", '"', "--", "*/", "/*", "' OR 1=1 --", "-1", "null", "{p}", "{{", "\\'", "1 --", "#}", ";"]
    ),
)
WHOLE_LITERALS = {
    (TokenType.STRING,),
    (TokenType.NUMBER,),
    (TokenType.TRUE,),
    (TokenType.FALSE,),
    (TokenType.NULL,),
    (TokenType.DECIMAL, TokenType.STRING),
    (TokenType.L_PAREN, TokenType.DASH, TokenType.NUMBER, TokenType.R_PAREN),
}


def tokens(statement):
    return [(token.token_type, token.text) for token in AthenaQueries().tokenize(statement)]


def rendered(statement, value):
    return statement_text(statement, "dev_", task_parameters("2026-02-28", {"p": value}))


@given(VALUES)
@example("' OR 1=1 --")
@example("9223372036854775808")
def test_a_value_outside_of_quotes_is_one_literal(value):
    before, *found, after = tokens(rendered("SELECT {p} FROM", value))
    assert (before[0], after[0]) == (TokenType.SELECT, TokenType.FROM)
    assert tuple(kind for kind, _ in found) in WHOLE_LITERALS
    if len(found) == 1 and found[0][0] is TokenType.STRING:
        assert found[0][1] == value


@pytest.mark.parametrize("statement", STATEMENTS)
@given(value=VALUES)
@example(value="' OR 1=1 --")
@example(value="*/ DROP")
@example(value="9223372036854775808")
def test_every_value_results_in_the_same_tokens_as_a_plain_value(statement, value):
    expected, found = ([_kinds(tokens(rendered(statement, text)))] for text in ("plain", value))
    assert found == expected


def _kinds(found):
    """Token types; all types of literals count as one."""
    kinds = " ".join(kind.name for kind, _ in found)
    literal = r"\b(DECIMAL STRING|STRING|NUMBER|TRUE|FALSE|NULL|L_PAREN DASH NUMBER R_PAREN)\b"
    return re.sub(literal, "LITERAL", kinds)


@given(VALUES)
def test_a_placeholder_within_quotes_is_replaced_by_the_value(value):
    ((_, text),) = tokens(rendered("'{p}'", value))
    assert text == value


@given(VALUES)
def test_no_value_ends_a_statement_or_opens_a_quote(value):
    for statement in STATEMENTS:
        found = split(rendered(statement, value))
        assert [token for token in found if token.text == ";" or token.kind in ("open", "invalid")] == []


@given(VALUES)
def test_a_name_is_one_identifier_or_rejected(value):
    try:
        statement = rendered("SELECT {p:identifier} FROM", value)
    except SqlParameterError:
        return
    assert [kind for kind, _ in tokens(statement)] == [TokenType.SELECT, TokenType.IDENTIFIER, TokenType.FROM]
