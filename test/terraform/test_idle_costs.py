"""The idle costs in the READMEs of the examples are those of their resources."""

from __future__ import annotations

from doc_resources import idle_costs


def test_the_costs_in_the_readmes_are_current(examples, subtests):
    for readme, page in idle_costs.pages(examples).items():
        with subtests.test(str(readme.relative_to(idle_costs.REPOSITORY))):
            assert readme.read_text(encoding="utf-8") == page, "run `python -m doc_resources.idle_costs`"
