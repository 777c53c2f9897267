"""Attacks by a model that obeys every injected instruction; the guards in code must stop all of them."""

from __future__ import annotations

from datalake_sdk.errors import DatalakeError
from datalake_sdk.platforms.aws.athena_text import query_text
from datalake_sdk.sql.parameters import statement_text
from test.datalfred_agent import honest
from test.datalfred_agent.score_tables import REQUESTS, STATEMENTS, published
from test.datalfred_agent.scoring import Score, attack_scores, planted, request_score, statement_score
from test.datalfred_agent.targets import Target, athena_chat, embedded_chat, mcp_server


def attacked(target: Target) -> dict[str, Score]:
    families = planted(target)
    return {REQUESTS: request_score(target)} | attack_scores(target, families)


def check(scores: dict[str, Score], platform: str) -> None:
    """The guide has these scores, which `python -m test.datalfred_agent.scores --write` updates."""
    assert {name: score.failures for name, score in scores.items() if score.failures} == {}
    expected = published(platform)
    assert {name: str(score) for name, score in scores.items()} == {name: expected.get(name) for name in scores}
    assert set(expected) <= {*scores, STATEMENTS}


def test_the_agent_on_an_embedded_lake_resists_attacks_and_serves_honest_requests(tmp_path):
    target = embedded_chat(tmp_path)
    check(attacked(target) | {STATEMENTS: statement_score(target)}, "embedded lake")


def test_the_agent_on_athena_resists_attacks_and_serves_honest_requests(aws, tmp_path):
    check(attacked(athena_chat(tmp_path, aws)), "Athena")


def test_the_mcp_server_resists_attacks_and_serves_honest_requests(tmp_path):
    target = mcp_server(tmp_path)
    check(attacked(target) | {STATEMENTS: statement_score(target)}, "MCP")


def test_statements_of_analysts_are_sent_to_athena():
    refused = []
    for statement in honest.STATEMENTS:
        try:
            query_text(statement_text(statement, "dev_", None), None)
        except DatalakeError as error:
            refused.append((statement, error))
    assert refused == []
