"""Random contracts for the columns of the property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from test.property.contract_model import EXPRESSIONS

EFFECTS = st.sampled_from(["fail", "quarantine", "warn"])
_NUMBER_LIMITS = {
    "minimum": st.sampled_from([0, 1, 0.5]),
    "maximum": st.sampled_from([3, 6, 2.25]),
    "exclusiveMinimum": st.sampled_from([-1, 0, -0.5]),
    "exclusiveMaximum": st.sampled_from([4, 7, 6.5]),
}
_TEXT_LIMITS = {
    "minLength": st.sampled_from([0, 1]),
    "maxLength": st.sampled_from([1, 2]),
    "pattern": st.sampled_from(["^[a-zä]$", "A", "^$|^.A?$"]),
}
_ENUMS = {
    "id": st.sampled_from([[0, 1, 2, 3, 4], [0, 2, 4, 5.0, 8]]),
    "part": st.sampled_from([[0, 1, 2], [3]]),
    "price": st.sampled_from([[0, 1.5, 3], [-2.25, 0.125]]),
    "name": st.sampled_from([["a", "ä"], ["", "NA"]]),
}
_EXPRESSIONS = {text.split()[0]: text for text in EXPRESSIONS}
_FLAGS = st.sampled_from([True, False, False])


@st.composite
def contracts(draw):
    """Content of a table file; about half of its rows violate some check."""
    columns = draw(st.lists(st.sampled_from(["id", "part", "name", "price"]), unique=True, max_size=3))
    contract = {"schema": {column: draw(_columns(column)) for column in columns}}
    if draw(st.booleans()):
        contract["on_violation"] = draw(EFFECTS)
    if draw(_FLAGS):
        contract["evolution"] = "freeze"
    if draw(_FLAGS):
        contract["quality"] = [draw(_row_counts())]
    return contract


@st.composite
def _columns(draw, column):
    fields = {name: True for name in ("required", "unique") if draw(_FLAGS)}
    if draw(_FLAGS):
        fields["enum"] = draw(_ENUMS[column])
    limits = _TEXT_LIMITS if column == "name" else _NUMBER_LIMITS
    names = draw(st.lists(st.sampled_from(list(limits)), unique=True, max_size=2))
    if names:
        fields["logicalTypeOptions"] = {name: draw(limits[name]) for name in names}
    if column in _EXPRESSIONS and draw(_FLAGS):
        fields["quality"] = [{"expression": _EXPRESSIONS[column], **draw(_item_effects())}]
    if draw(st.booleans()):
        fields["on_violation"] = draw(EFFECTS)
    return fields


def _item_effects():
    return st.just({}) | st.just({"severity": "warning"}) | EFFECTS.map(lambda effect: {"on_violation": effect})


@st.composite
def _row_counts(draw):
    effect = draw(st.sampled_from([{}, {"on_violation": "fail"}, {"on_violation": "warn"}, {"severity": "warning"}]))
    return {"metric": "rowCount", "mustBeBetween": draw(st.sampled_from([[1, 8], [0, 4], [2, 12]])), **effect}
