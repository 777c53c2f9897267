"""Forbidden statements are rejected before anything is read; valid queries are accepted."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import SqlNotAllowedError, SqlParseError, UsageError
from datalake_sdk.platforms.local.sql import LocalSql
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.lexer import lex
from test.unit.sql.accepted_statements import ACCEPTED, ATHENA_ONLY, COLUMNS
from test.unit.sql.rejected_statements import REJECTED

ROWS = f"SELECT {', '.join(f'{value} AS {name}' for name, value in COLUMNS.items())}"
METADATA = "SELECT CAST(1 AS bigint) AS snapshot_id"


def must_not_be_read(reference: object) -> str:
    raise AssertionError(f"{reference} has been read")


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Runs a statement over `dev_db.t` and `dev_db.u`."""
    sql = LocalSql(tmp_path_factory.mktemp("lake"))
    rows = sql.query(ROWS, must_not_be_read).read_all()

    def run(statement):
        def relation(reference):
            return METADATA if reference.metadata else rows

        return sql.query(statement, relation).read_all()

    return run


@pytest.mark.parametrize("family", REJECTED)
def test_the_embedded_lake_rejects_a_forbidden_statement(tmp_path, family):
    sql = LocalSql(tmp_path)
    for statement in REJECTED[family]:
        with pytest.raises(UsageError):
            sql.query(statement, must_not_be_read)


@pytest.mark.parametrize("statement", ACCEPTED)
def test_the_embedded_lake_runs_a_valid_query(lake, statement):
    assert lake(statement).num_columns > 0


@pytest.mark.parametrize("statement", ATHENA_ONLY)
def test_syntax_that_other_engines_lack_is_valid(statement):
    assert parse_query(statement)


@pytest.mark.parametrize(
    ("statement", "found", "position", "allowed"),
    [
        ("SELECT *\nFROM TABLE(pg.system.query('x'))", "function table() in FROM", (2, 6), "database.table"),
        ("SELECT * FROM otherglue.hr.pay", "catalog 'otherglue'", (1, 15), "database.table"),
        ("SELECT * FROM a.b.c.d", "catalog 'a'", (1, 15), "database.table"),
        ("SELECT pg.system.f(1)", "function f() of a catalog or schema", (1, 18), "one SELECT"),
        ("SELECT * INTO dev_db.copy FROM dev_db.t", "SELECT … INTO", (1, 15), "one SELECT"),
        ("WITH q AS (DELETE FROM dev_db.t RETURNING a) SELECT 1", "DELETE", (1, 24), "delete_table"),
    ],
)
def test_a_rejection_shows_the_forbidden_and_the_allowed_syntax(statement, found, position, allowed):
    with pytest.raises(SqlNotAllowedError) as caught:
        parse_query(statement)
    assert f"{found} is not allowed in a query" in caught.value.message
    assert (caught.value.line, caught.value.column) == position
    assert allowed in caught.value.hint


@pytest.mark.parametrize("statement", ["SELECT json_exists(j, 'lax $' TRUE ON ERROR)", "SELECT 1_000"])
def test_a_parse_error_hints_that_athena_may_accept_the_statement(statement):
    with pytest.raises(SqlParseError) as caught:
        parse_query(statement)
    assert "the parser does not support it" in caught.value.hint


@pytest.mark.parametrize("count", [41, 5_000])
def test_the_nesting_limit_is_in_the_message(count):
    with pytest.raises(UsageError, match=f"nest {count} deep; the limit is 40"):
        parse_query(f"SELECT {'(' * count}1{')' * count}")


def test_forty_nested_parentheses_are_accepted():
    parse_query(f"SELECT {'(' * 40}1{')' * 40}")


def test_comments_become_blanks_and_every_other_character_keeps_its_position():
    statement = "SELECT -- one\n  /* two\n three */ 'a -- b' AS \"/* c */\"; -- four"
    sql = lex(statement).sql
    assert sql == "SELECT       \n        \n          'a -- b' AS \"/* c */\""
    assert [statement.index("'a"), statement.index('"/')] == [sql.index("'a"), sql.index('"/')]


def test_comments_do_not_nest():
    assert lex("SELECT /* a /* b */ 1").sql == "SELECT              1"
