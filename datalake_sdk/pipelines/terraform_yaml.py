"""YAML with the types of Terraform's `yamldecode`, except that repeated keys are errors.

PyYAML reads `12:30` as a number and `2026-01-01` as a date; Terraform reads both as strings.
https://developer.hashicorp.com/terraform/language/functions/yamldecode
"""

from __future__ import annotations

import re
from typing import Any

import yaml


class TerraformLoader(yaml.SafeLoader):
    """Resolves plain scalars as Terraform does."""

    # A separate dictionary, since add_implicit_resolver modifies that of the class.
    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen and not key.tag.endswith("merge"):
                raise yaml.constructor.ConstructorError(None, None, f"key '{key.value}' occurs twice", key.start_mark)
            seen.add(key.value)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


def _day(loader: TerraformLoader, node: yaml.ScalarNode) -> str:
    return f"{loader.construct_scalar(node)}T00:00:00Z"


def _integer(loader: TerraformLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node), 0)


def _float(loader: TerraformLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


for _tag, _pattern, _first in (
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"(?i:yes|no|true|false|on|off)", list("yYnNtTfFoO")),
    ("int", r"[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("timestamp", r"\d{4}-\d\d-\d\d", list("0123456789")),
):
    TerraformLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)
TerraformLoader.add_constructor("tag:yaml.org,2002:timestamp", _day)
TerraformLoader.add_constructor("tag:yaml.org,2002:int", _integer)
TerraformLoader.add_constructor("tag:yaml.org,2002:float", _float)
