from __future__ import annotations

import pytest

from test.datalfred_agent import attacks, honest
from test.datalfred_agent.attack_calls import demanded
from test.datalfred_agent.score_tables import FAMILIES, PLATFORMS, REQUESTS, STATEMENTS, published


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_guide_has_the_scores_of_all_attacks(platform):
    """`python -m test.datalfred_agent.scores --write` updates them."""
    scores = published(platform)
    chosen = demanded("", "")
    assert {name: scores[name] for name in attacks.SQL} == {name: f"0 of {len(chosen[name])}" for name in attacks.SQL}
    assert scores[STATEMENTS] == f"0 of {len(honest.STATEMENTS)}"
    assert {*FAMILIES, STATEMENTS, REQUESTS} - {*scores} <= {"links in answers", "forged terminals"}


def test_there_are_enough_attacks_and_honest_requests():
    for platform in PLATFORMS:
        counts = {name: int(score.split()[-1]) for name, score in published(platform).items()}
        assert sum(counts[name] for name in FAMILIES if name in counts) >= 100
        assert len(FAMILIES) == 25
        assert (counts[STATEMENTS] >= 100, counts[REQUESTS] >= 30) == (True, True)
