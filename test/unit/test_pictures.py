"""The drawings in pages are current."""

from __future__ import annotations

import pytest

from doc_resources import architecture, pipeline_graph, terminal


def transcript() -> str:
    return terminal.TRANSCRIPTS.read_text(encoding="utf-8")


def test_the_drawing_of_the_architecture_is_current():
    assert architecture.IMAGE.read_text(encoding="utf-8") == architecture.image(), "run `make docs`"


def test_the_drawing_of_the_example_is_current():
    assert pipeline_graph.IMAGE.read_text(encoding="utf-8") == pipeline_graph.image(), "run `make docs`"


def test_the_drawing_of_the_chat_shows_the_transcript():
    current = terminal.image(terminal.chat(transcript()))
    assert terminal.IMAGE.read_text(encoding="utf-8") == current, "run `make docs`"


def test_the_lines_of_a_chat_fit_into_the_terminal():
    long = f"> Why did daily fail?\n{'word ' * 40}\nThe execution continues."
    assert max(map(len, terminal.chat(long))) <= 80


def test_a_page_without_the_chat_is_an_error():
    with pytest.raises(ValueError, match="has no chat from 'Why did daily fail\\?'"):
        terminal.chat("# Transcripts\n")
