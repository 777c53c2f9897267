from __future__ import annotations

import sys

import pytest

from datalake_sdk.cli.listing import print_listing


@pytest.fixture
def shown(capsys, monkeypatch):
    """`shown(headers, rows, columns)` returns the lines of a listing on a terminal of this width, or in a pipe."""

    def shown(headers, rows, columns=None):
        if columns:
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
            monkeypatch.setenv("COLUMNS", str(columns))
        print_listing(headers, rows)
        return capsys.readouterr().out.splitlines()

    return shown


def test_integers_are_right_aligned_and_none_is_empty(shown):
    assert shown(("table", "rows"), [("orders", 1_234), (None, 5)]) == [
        "┌────────┬───────┐",
        "│ table  │  rows │",
        "├────────┼───────┤",
        "│ orders │ 1,234 │",
        "│        │     5 │",
        "└────────┴───────┘",
    ]


def test_a_listing_without_rows_shows_its_headers(shown):
    assert shown(("table",), []) == ["┌───────┐", "│ table │", "├───────┤", "└───────┘"]


def test_columns_of_wide_characters_are_aligned(shown):
    lines = shown(("name", "type"), [("名前", "string"), ("e\u0301tat", "long")])
    assert lines[3] == "│ 名前 │ string │"
    assert lines[4] == "│ e\u0301tat │ long   │"


def test_a_cell_with_line_breaks_takes_several_lines(shown):
    assert shown(("a",), [("1\n22",)])[3:5] == ["│ 1  │", "│ 22 │"]


def test_long_cells_wrap_on_a_terminal(shown):
    lines = shown(("column", "comment"), [("order_id", "identifies the order in the shop")], columns=32)
    assert lines[3:5] == ["│ order_id │ identifies the    │", "│          │ order in the shop │"]
    assert {len(line) for line in lines} == {32}


def test_a_word_that_is_wider_than_its_column_is_broken(shown):
    lines = shown(("path",), [("s3://" + "x" * 40,)], columns=30)
    assert {len(line) for line in lines} == {30}
    assert "".join(line.strip("│ ") for line in lines[3:-1]) == "s3://" + "x" * 40


def test_cells_do_not_wrap_in_a_pipe(shown):
    assert len(shown(("path",), [("x" * 500,)])) == 5


def test_a_terminal_that_is_too_narrow_gets_columns_of_eight_characters(shown):
    assert max(map(len, shown(("a" * 20, "b" * 20), [], columns=5))) == 8 * 2 + 7


def test_control_characters_in_cells_are_removed(shown):
    cells = [("a\x1b]0;title\x07\tb\u202e",), ("\x1b[31mred",)]
    assert shown(("comment",), cells)[3:5] == ["│ a]0;title b │", "│ red         │"]
