"""Attacks by a model that obeys every injected instruction; the guards in code must stop all of them."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import DatalakeError
from datalake_sdk.platforms.aws.athena_text import query_text
from datalake_sdk.sql.parameters import statement_text
from test.datalfred_agent import attacks, honest

SECRET = "hunter2-outside"
AWS_DECIDES = ("metadata",)
"""Families that Athena and Lake Formation refuse, or answer with what the caller may see."""
AWS_REJECTS = ("SELECT * FROM dev_sales.'{outside}'",)
"""Statements whose syntax is invalid for Athena."""
STATEMENTS = [(family, statement) for family, statements in attacks.SQL.items() for statement in statements]


@pytest.fixture
def outside(tmp_path):
    """A file outside of the lake."""
    file = tmp_path / "secret.csv"
    file.write_text(f"secret\n{SECRET}\n")
    return file


@pytest.mark.parametrize(("family", "statement"), STATEMENTS)
def test_a_statement_is_refused_on_an_embedded_lake(shared_shop, outside, family, statement):
    before = shared_shop.files()
    with pytest.raises(DatalakeError) as refused:
        shared_shop.query(statement.replace("{outside}", str(outside)))
    assert SECRET not in str(refused.value)
    assert shared_shop.files() == before


@pytest.mark.parametrize(
    "statement",
    [statement for family, statement in STATEMENTS if family not in AWS_DECIDES and statement not in AWS_REJECTS],
)
def test_a_statement_is_not_sent_to_athena(outside, statement):
    with pytest.raises(DatalakeError):
        query_text(statement_text(statement.replace("{outside}", str(outside)), "dev_", None), None)


@pytest.mark.parametrize("statement", attacks.TOO_LARGE, ids=lambda statement: statement[:30])
def test_a_statement_that_is_too_large_is_refused(shared_shop, statement):
    with pytest.raises(DatalakeError):
        shared_shop.query(statement)


@pytest.mark.parametrize("statement", attacks.EXHAUSTION, ids=lambda statement: statement[:30])
def test_a_statement_cannot_exhaust_the_machine(queries, statement):
    with pytest.raises(DatalakeError):
        queries(seconds=5, memory_bytes=200_000_000).run(statement)


@pytest.mark.parametrize("statement", honest.STATEMENTS)
def test_a_statement_of_an_analyst_runs(shared_shop, statement):
    assert shared_shop.query(statement) is not None


@pytest.mark.parametrize("statement", honest.STATEMENTS)
def test_a_statement_of_an_analyst_is_sent_to_athena(statement):
    assert query_text(statement_text(statement, "dev_", None), None).sql


def test_there_are_enough_attacks_and_honest_statements():
    assert len(STATEMENTS) + len(attacks.TOO_LARGE) + len(attacks.EXHAUSTION) >= 100
    assert len(set(honest.STATEMENTS)) >= 100
