"""The commands that pages show run and print the output shown."""

from __future__ import annotations

import pytest

from doc_resources.page_blocks import needs_emulator, rewritten, runs
from doc_resources.pages import REPOSITORY, pages
from doc_resources.warm_program import warm_program

PAGES = {str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8") for path in pages()}
RUN_LOCALLY = [name for name, page in PAGES.items() if runs(page) and not needs_emulator(page)]


@pytest.fixture(scope="module")
def programs():
    with warm_program() as folder:
        yield folder


@pytest.mark.parametrize("name", RUN_LOCALLY)
def test_the_commands_of_a_page_run_and_print_the_output_shown(name, programs):
    assert rewritten(PAGES[name], programs) == PAGES[name], "run `make docs`"
