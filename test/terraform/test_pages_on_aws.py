"""The commands of pages that are marked to run on the emulator print the output shown."""

from __future__ import annotations

from doc_resources.page_account import marked_pages, rewritten_pages


def test_the_commands_of_pages_run_in_an_account_and_print_the_output_shown(tmp_path, subtests):
    texts = marked_pages()
    for name, text in rewritten_pages(texts, tmp_path):
        with subtests.test(name):
            assert text == texts[name], "run `make docs`"
