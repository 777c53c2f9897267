from __future__ import annotations

from xml.etree import ElementTree

import pytest

from datalake_sdk.datalfred_agent.charts import create_chart, number_text, ticks
from datalake_sdk.datalfred_agent.queries import QueryResult
from datalake_sdk.datalfred_agent.svg_charts import svg_chart
from datalake_sdk.datalfred_agent.terminal_charts import terminal_chart
from datalake_sdk.errors import ChartRowsError, NotNumericColumnError, UnknownChartColumnError

KINDS = ["bar", "line", "scatter"]
SVG = "{http://www.w3.org/2000/svg}"


def result(*lines: str, names: str = "city,orders,returns", is_complete: bool = True) -> QueryResult:
    columns = [{"name": name, "type": "string"} for name in names.split(",")]
    return QueryResult(columns, list(lines), is_complete, None, None)


def chart(kind: str, *lines: str, y: tuple[str, ...] = ("orders",)):
    return create_chart(kind, "Orders", "city", y, result(*lines))


def test_bars_are_proportional_to_values():
    shown = terminal_chart(chart("bar", "Lyon,50,0", "Nice,10,0", "Brest,0,0"), 60).splitlines()
    assert shown[0] == "Orders"
    lyon, nice, brest = (line.count("█") for line in shown[1:])
    assert (lyon, brest) == (nice * 5, 0)
    assert [line.split()[-1] for line in shown[1:]] == ["50", "10", "0"]


def test_negative_bars_differ_from_positive_ones():
    _, profit, loss = terminal_chart(chart("bar", "a,5,0", "b,-5,0"), 60).splitlines()
    assert profit.count("█") == loss.count("▒") > 0


def test_several_series_are_named():
    shown = terminal_chart(chart("bar", "Lyon,4,1", y=("orders", "returns")), 60)
    assert "Lyon orders" in shown
    assert "returns" in shown.splitlines()[2]


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right():
    shown = terminal_chart(chart("line", "1,1,0", "2,2,0", "3,3,0"), 60).splitlines()
    rows = [index for index, line in enumerate(shown) if "┤" in line or "│" in line]
    highest, lowest = shown[rows[0]], shown[rows[-1]]
    assert highest.startswith("3 ┤")
    assert highest.index("●") > lowest.index("●")
    assert sum("·" in shown[row] for row in rows) > 3


def test_a_gap_interrupts_a_line():
    assert "·" not in terminal_chart(chart("line", "1,1,0", "2,,0", "3,3,0"), 60)
    assert svg_chart(chart("line", "1,1,0", "2,2,0", "3,,0", "4,4,0", "5,5,0")).count("<polyline") == 2


def test_times_are_spaced_by_their_distance():
    assert chart("line", "2024-01-01,1,0", "2024-01-02,1,0", "2024-01-05,1,0").positions[2] - 1704067200 == 4 * 86400
    assert chart("line", "Lyon,1,0", "Nice,1,0").positions == (0, 1)
    assert chart("scatter", "0.5,1,0", "10,1,0").positions == (0.5, 10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 40, 400])
def test_lines_fit_the_width_of_the_terminal(kind, width):
    drawn = chart(kind, *(f"{'x' * 300} {index},{index * 1e6},0" for index in range(200)))
    limit = max(min(width, 120), 60)
    assert all(len(line) <= limit for line in terminal_chart(drawn, width).splitlines())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["0", "-3", "1e300", "1e-300"])
def test_equal_and_extreme_values_are_drawn(kind, value):
    drawn = chart(kind, f"a,{value},0", f"b,{value},0")
    assert terminal_chart(drawn, 80)
    assert "nan" not in svg_chart(drawn)


def test_positions_whose_distance_is_not_finite_are_indexes():
    drawn = chart("scatter", "-1.7e308,1,0", "1.7e308,2,0", "0,3,0")
    assert drawn.positions == (0, 1, 2)
    assert "nan" not in svg_chart(drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_an_svg_has_a_mark_for_each_value_and_only_shapes_and_text(kind):
    root = ElementTree.fromstring(svg_chart(chart(kind, "a,1,4", "b,2,5", "c,3,6", y=("orders", "returns"))))
    names = [element.tag.removeprefix(SVG) for element in root.iter()]
    assert set(names) <= {"svg", "rect", "line", "text", "circle", "polyline"}
    legend_and_background = 3
    assert (names.count("rect") - legend_and_background if kind == "bar" else names.count("circle")) == 6


INJECTION = "</text><script>alert(1)</script>]]>&#0;\x1b[2J\u202e\uffff\U000e0041"


@pytest.mark.parametrize("kind", KINDS)
def test_text_cannot_become_markup_or_control_a_terminal(kind):
    rows = result(f'"{INJECTION}",1', names=f"{INJECTION},orders")
    drawn = create_chart(kind, INJECTION, INJECTION, ["orders"], rows)
    root = ElementTree.fromstring(svg_chart(drawn))
    assert not list(root.iter(f"{SVG}script"))
    assert all(character.isprintable() or character == "\n" for character in terminal_chart(drawn, 80))


def test_labels_with_quotes_and_line_feeds_are_one_label():
    assert chart("bar", '"Lyon, ""Part\nDieu""",1,0').labels == ('Lyon, "Part\nDieu"',)


def test_a_column_that_does_not_exist_is_reported_with_the_existing_ones():
    with pytest.raises(UnknownChartColumnError, match="column 'town' is not in the result; its columns are 'city'"):
        create_chart("bar", "", "town", ["orders"], result("a,1,2"))


def test_a_value_that_is_not_a_number_is_reported():
    with pytest.raises(NotNumericColumnError, match="column 'orders' has the value 'many'"):
        chart("bar", "a,many,0")


@pytest.mark.parametrize("lines", [(), ("a,,",), ("a,NaN,",), ("a,inf,",)])
def test_a_result_without_values_is_not_drawn(lines):
    with pytest.raises(ChartRowsError, match="no values"):
        chart("bar", *lines)


def test_a_result_that_was_cut_is_not_drawn():
    with pytest.raises(ChartRowsError, match="more than 1 rows"):
        create_chart("bar", "", "city", ["orders"], result("a,1,2", is_complete=False))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (-1, 1, [-1, -0.5, 0, 0.5, 1]), (3, 7, [3, 4, 5, 6, 7])],
)
def test_ticks_are_round_numbers(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"), [(1234567.0, "1,234,567"), (1234.5, "1,234.50"), (0.1234567, "0.1235"), (1e20, "1e+20")]
)
def test_numbers_have_few_digits(value, text):
    assert number_text(value) == text
