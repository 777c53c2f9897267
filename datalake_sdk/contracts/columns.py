"""Parses the columns of a table file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal

from datalake_sdk.contracts.fields import Fields, near
from datalake_sdk.contracts.file_fields import file_fields
from datalake_sdk.contracts.patterns import FORMATS, pattern_problem
from datalake_sdk.contracts.quality import parse_quality
from datalake_sdk.contracts.type_names import canonical_type
from datalake_sdk.naming import check_identifier
from datalake_sdk.table_contract import (
    ColumnConfiguration,
    EnumValue,
    OnViolation,
    Relationship,
    Scalar,
    ValueOptions,
)

_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
_NESTED = re.compile(r"(struct|list|map|array|row)\b", re.IGNORECASE)


def parse_column(
    source: object, name: str, value: object, columns: tuple[str, ...], column: str
) -> ColumnConfiguration:
    """Parses one column.

    Args:
        source: The file, for messages.
        name: Name in the file.
        value: Its fields.
        columns: Normalized names of all columns.
        column: Normalized name.

    Raises:
        TablesConfigurationError: A field has an invalid value, or fields contradict each other.
        UnknownFieldsError: A field is unknown.
    """
    fields = Fields.of(source, f"column '{name}'", value, file_fields(ColumnConfiguration))
    return ColumnConfiguration(
        type=fields.string("type"),
        description=fields.string("description"),
        required=fields.boolean("required"),
        unique=fields.boolean("unique"),
        primary_key=fields.boolean("primaryKey"),
        enum=tuple(_enum(fields)),
        logical_type_options=_options(fields),
        classification=fields.string("classification"),
        relationships=tuple(_relationships(fields)),
        examples=fields.scalars("examples"),
        tags=fields.strings("tags"),
        quality=parse_quality(fields, column, columns),
        on_violation=fields.choice("on_violation", OnViolation),
    )


def _enum(fields: Fields) -> Iterator[EnumValue]:
    seen: list[Scalar] = []
    for place, item in fields.items("enum"):
        entry = Fields.of(fields.source, place, item if isinstance(item, dict) else {"value": item})
        entry = Fields.of(entry.source, place, entry.values, file_fields(EnumValue))
        value = entry.scalar("value")
        if value is None:
            entry.fail("value", "a constant", "A null value always passes; set `required` to reject it.")
        if value in seen:
            entry.refuse(f"value {value!r} occurs twice")
        seen.append(value)
        yield EnumValue(value, entry.string("label"), entry.string("description"))
    if fields.values.get("enum") == []:
        fields.fail("enum", "a list of at least one value")


def _options(fields: Fields) -> ValueOptions:
    given = fields.within("logicalTypeOptions", file_fields(ValueOptions))
    given.check("pattern", pattern_problem)
    options = ValueOptions(
        minimum=given.scalar("minimum"),
        maximum=given.scalar("maximum"),
        exclusive_minimum=given.scalar("exclusiveMinimum"),
        exclusive_maximum=given.scalar("exclusiveMaximum"),
        min_length=given.length("minLength"),
        max_length=given.length("maxLength"),
        pattern=given.string("pattern"),
        format=given.string("format"),
    )
    _check_types(given, fields.string("type"), options)
    _check_range(given)
    if options.min_length is not None and options.max_length is not None and options.min_length > options.max_length:
        given.refuse(f"minLength {options.min_length} is greater than maxLength {options.max_length}; no value passes")
    return options


def _check_types(given: Fields, declared: str | None, options: ValueOptions) -> None:
    """Checks that options apply to the declared type; without one, the table's type decides when rows are written."""
    is_text = declared is None or canonical_type(declared) == "string"
    text_options = [name for name in ("minLength", "maxLength", "pattern") if name in given.values]
    if text_options and not is_text:
        given.refuse(f"{text_options[0]} applies to strings; the column is declared as '{declared}'")
    bounds = [name for name in (*_LOWER, *_UPPER) if name in given.values]
    if bounds and declared is not None and (is_text or _NESTED.match(declared)):
        hint = "Use minLength, maxLength or pattern, or a quality item with an expression."
        given.refuse(f"{bounds[0]} applies to numbers and times; the column is declared as '{declared}'", hint)
    if options.format is not None and is_text and options.format not in FORMATS:
        hint = near(options.format, [*FORMATS]) or "Use `pattern` for other formats."
        given.fail("format", f"one of {', '.join(FORMATS)} for a string", hint)


def _check_range(given: Fields) -> None:
    for lower in _LOWER:
        for upper in _UPPER:
            if lower not in given.values or upper not in given.values:
                continue
            low, high = _comparable(given, lower), _comparable(given, upper)
            if isinstance(low, Decimal) != isinstance(high, Decimal):
                given.refuse(f"{lower} and {upper} must both be numbers or both be dates or times")
            is_open = lower.startswith("exclusive") or upper.startswith("exclusive")
            if low > high or (is_open and low == high):  # type: ignore[operator]
                low_text, high_text = given.values[lower], given.values[upper]
                given.refuse(f"{lower} {low_text} and {upper} {high_text} exclude every value")


def _comparable(given: Fields, name: str) -> Decimal | str:
    value = given.scalar(name)
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        given.fail(name, "a number, a date or a time")
    return value if isinstance(value, str) else Decimal(str(value))


def _relationships(fields: Fields) -> Iterator[Relationship]:
    for place, item in fields.items("relationships"):
        entry = Fields.of(fields.source, place, item, file_fields(Relationship))
        kind = entry.string("type") or "foreignKey"
        if kind != "foreignKey":
            entry.fail("type", "foreignKey")
        target = entry.string("to")
        if target is None or len(target.split(".")) not in (2, 3):
            entry.fail("to", "table.column, or database.table.column")
        for part in target.split("."):
            check_identifier(f"{fields.source}: {place}, to", part)
        yield Relationship(target, kind, entry.choice("on_violation", OnViolation))
