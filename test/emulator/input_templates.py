"""Input templates of EventBridge rules and pipes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r'\\.|"|<([\w.$\[\]-]+)>')


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fills an input template: inserts a variable as text inside quotes, without escaping it, and as JSON outside.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html

    Args:
        template: The template with variables such as `<name>`; unknown variables remain.
        values: The value of each variable; None is inserted as an empty string.
    """
    quoted = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal quoted
        if match[0] == '"':
            quoted = not quoted
        if match[1] is None or match[1] not in values:
            return match[0]
        value = values[match[1]]
        if not quoted:
            return json.dumps("" if value is None else value)
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)

    return _VARIABLE.sub(replacement, template)


def paths_in(template: str) -> set[str]:
    """Returns the JSON paths that a template has as variables, for example `$.body` for `<$.body>`."""
    return {match[1] for match in _VARIABLE.finditer(template) if match[1] and match[1].startswith("$")}


def value_at(event: Any, path: str) -> Any:
    """Returns the value at a JSON path, or None if the path does not exist."""
    from jsonpath_ng.ext import parse

    found = parse(path).find(event)
    return found[0].value if found else None
