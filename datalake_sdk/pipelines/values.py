"""Conversions of values, as Terraform converts them to the types of pipeline_factory's variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from datalake_sdk.errors import InvalidSettingError


def string(path: str, value: object) -> str | None:
    """Returns a string; numbers and booleans are converted.

    Raises:
        InvalidSettingError: The value is a list or an object.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    raise InvalidSettingError(path, _shown(value), "a string")


def number(value: object) -> float | None:
    """Returns a number that `attribute_errors` has accepted; whole numbers are integers."""
    if value is None:
        return None
    decimal = Decimal(str(value))
    return int(decimal) if decimal == decimal.to_integral_value() else float(decimal)


def boolean(value: object) -> bool | None:
    """Returns a boolean that `attribute_errors` has accepted."""
    return None if value is None else value in (True, "true")


def strings(path: str, value: object) -> tuple[str | None, ...]:
    """Returns the strings of a list; null is an empty list.

    Raises:
        InvalidSettingError: The value is not a list of strings.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidSettingError(path, _shown(value), "a list of strings")
    return tuple(string(f"{path}[{index}]", item) for index, item in enumerate(value))


def string_set(path: str, value: object) -> tuple[str | None, ...]:
    """Returns the distinct strings of a list, sorted; null comes last."""
    return tuple(sorted(set(strings(path, value)), key=lambda item: (item is None, item)))


def objects(path: str, value: object) -> dict[str, Any]:
    """Returns the values of a map by name, sorted; null is an empty map.

    Raises:
        InvalidSettingError: The value is not a map.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidSettingError(path, _shown(value), "a map")
    return {str(name): value[name] for name in sorted(value, key=str)}


def string_map(path: str, value: object) -> dict[str, str | None]:
    """Returns the strings of a map by name, sorted."""
    return {name: string(f"{path}.{name}", item) for name, item in objects(path, value).items()}


def number_text(value: float) -> str:
    """Formats a number as Terraform does: `1`, `1.5`, without an exponent."""
    text = format(Decimal(str(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(value: object) -> str:
    return json.dumps(value, default=str)
