"""Parses the contract of a table from the content of its file, or from the table property that stores it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from datalake_sdk.contracts.columns import parse_column
from datalake_sdk.contracts.fields import THE_FILE, Fields
from datalake_sdk.contracts.file_fields import file_fields
from datalake_sdk.contracts.promises import AGES
from datalake_sdk.contracts.quality import parse_quality
from datalake_sdk.errors import TablesConfigurationError
from datalake_sdk.naming import normalized_column_name
from datalake_sdk.settings import parse_keys
from datalake_sdk.table_contract import (
    CONTRACT_PROPERTY,
    ColumnConfiguration,
    Evolution,
    OnTypeChange,
    OnViolation,
    SlaProperty,
    TableConfiguration,
    Team,
    TeamMember,
)

_SCHEMA_ALIAS = "columns"


def parse_table(source: object, content: object) -> TableConfiguration:
    """Parses and checks the content of a table file.

    Args:
        source: The file, for messages.
        content: A mapping, as from YAML or JSON; None is an empty one.

    Raises:
        TablesConfigurationError: A field has an invalid value, or fields contradict each other.
        UnknownFieldsError: A field is unknown.
    """
    fields = Fields.of(source, THE_FILE, content, (*file_fields(TableConfiguration), _SCHEMA_ALIAS))
    columns = _columns(fields)
    return TableConfiguration(
        description=fields.string("description"),
        columns=columns,
        partition_keys=_partition_keys(fields),
        properties=_properties(fields),
        quality=parse_quality(fields, None, tuple(columns)),
        team=_team(fields),
        sla_properties=tuple(_sla_properties(fields, columns)),
        status=fields.string("status"),
        version=fields.string("version"),
        tags=fields.strings("tags"),
        on_violation=fields.choice("on_violation", OnViolation) or OnViolation.FAIL,
        evolution=fields.choice("evolution", Evolution) or Evolution.EVOLVE,
        on_type_change=fields.choice("on_type_change", OnTypeChange) or OnTypeChange.REFUSE,
        is_contract=True,
    )


def stored_contract(table: str, properties: Mapping[str, str]) -> TableConfiguration | None:
    """Returns the contract that is stored with a table; None if it has none.

    Args:
        table: Name for messages.
        properties: Properties of the table.

    Raises:
        TablesConfigurationError: The property is invalid, for example because a newer version wrote it.
    """
    text = properties.get(CONTRACT_PROPERTY)
    if text is None:
        return None
    source = f"{table}, property {CONTRACT_PROPERTY}"
    try:
        content = json.loads(text)
    except ValueError as error:
        raise TablesConfigurationError(source, f"the value is not valid JSON: {error}") from None
    return parse_table(source, content)


def _columns(fields: Fields) -> dict[str, ColumnConfiguration]:
    if "schema" in fields.values and _SCHEMA_ALIAS in fields.values:
        fields.refuse("it has both 'schema' and 'columns'", "Keep 'schema' only.")
    given = fields.within("schema" if "schema" in fields.values else _SCHEMA_ALIAS).values
    names = {str(name): normalized_column_name(str(name)) for name in given}
    repeated = next((name for name in names.values() if [*names.values()].count(name) > 1), None)
    if repeated is not None:
        fields.refuse(f"column '{repeated}' occurs twice", "Keep one of the two.")
    known = tuple(names.values())
    return {
        column: parse_column(fields.source, name, value, known, column)
        for (name, column), value in zip(names.items(), given.values(), strict=True)
    }


def _partition_keys(fields: Fields) -> tuple[str, ...] | None:
    value = fields.values.get("partition_keys")
    if value is None:
        return None
    if not isinstance(value, str | list) or not all(isinstance(key, str) for key in value):
        fields.fail("partition_keys", "a string or a list of strings", 'For example "day(sold_at)".')
    return parse_keys(value)


def _properties(fields: Fields) -> dict[str, str]:
    properties = fields.within("properties").values
    for name, text in properties.items():
        if not isinstance(text, str):
            fields.refuse(f"property '{name}' is {text!r}; it must be a string", "Quote it.")
    return dict(properties)


def _team(fields: Fields) -> Team | None:
    if fields.values.get("team") is None:
        return None
    team = fields.within("team", file_fields(Team))
    return Team(team.string("name"), team.string("description"), tuple(_members(team)))


def _members(team: Fields) -> Iterator[TeamMember]:
    for place, item in team.items("members"):
        member = Fields.of(team.source, place, item, file_fields(TeamMember))
        username = member.string("username")
        if username is None:
            member.fail("username", "the name or e-mail address of the member")
        yield TeamMember(username, member.string("name"), member.string("role"), member.string("description"))


def _sla_properties(fields: Fields, columns: Mapping[str, Any]) -> Iterator[SlaProperty]:
    for place, item in fields.items("slaProperties"):
        entry = Fields.of(fields.source, place, item, file_fields(SlaProperty))
        name, value, unit = entry.string("property"), entry.scalar("value"), entry.string("unit")
        if name is None:
            entry.fail("property", "the name of a promise, for example freshness")
        if value is None:
            entry.fail("value", "the promised value")
        misspelt = [] if name in AGES else get_close_matches(name, AGES, n=1, cutoff=0.8)
        if misspelt:
            entry.refuse(f"property '{name}' is unknown", f"Did you mean '{misspelt[0]}'?")
        element = entry.string("element")
        if element is not None and normalized_column_name(element) not in columns:
            entry.refuse(f"element '{element}' is not in schema", "Add the column to `schema`.")
        yield SlaProperty(name, value, unit, element, entry.string("driver"), entry.string("description"))
