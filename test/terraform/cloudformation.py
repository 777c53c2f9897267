"""Resources of a Terraform state as a CloudFormation template, so that cfn-lint can check their values.

`cloudformation_types.yaml` maps the types. An argument maps to the property with the same name, apart from case and
underscores, unless the table gives another name or omits the argument with a reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from test.terraform.state import Resource

REGION = "eu-west-1"
_TABLE = Path(__file__).with_name("cloudformation_types.yaml")
# `terraform fmt` indents the arguments of a resource by two spaces.
_RESOURCE = re.compile(r'^resource "(aws_\w+)" "\w+" {\n(.*?)^}', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r'^  (?:dynamic ")?(\w+)"? +[={]', re.MULTILINE)
_NOT_SENT_TO_AWS = {"count", "depends_on", "for_each", "force_destroy", "lifecycle", "provider", "skip_destroy"}

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class TypeMapping:
    """The CloudFormation type of a Terraform type.

    Attributes:
        type: Name in CloudFormation.
        identity: Argument that identifies the CloudFormation resource. Resources with the same identity become one.
        item_of: Property, a list, of which the resource becomes an item.
        names: Properties of arguments that have another name there; dots separate levels.
        omit: Arguments without a property, each with the reason.
    """

    type: str
    identity: str = "id"
    item_of: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    omit: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """`cloudformation_types.yaml`: types by their name in Terraform, and reasons for what is not checked."""

    mapped: Mapping[str, TypeMapping]
    not_mapped: Mapping[str, str]
    ignored_rules: Mapping[str, str]


def read_table() -> Table:
    """Reads `cloudformation_types.yaml`."""
    table = yaml.safe_load(_TABLE.read_text())
    mapped = {name: TypeMapping(**mapping) for name, mapping in table.pop("mapped").items()}
    return Table(mapped, **table)


def configured_arguments(folders: Iterable[Path]) -> dict[str, set[str]]:
    """Returns the arguments that the resources in Terraform files set, for each resource type."""
    arguments: dict[str, set[str]] = {}
    for file in (file for folder in folders for file in folder.rglob("*.tf") if ".terraform" not in file.parts):
        for name, body in _RESOURCE.findall(file.read_text()):
            arguments.setdefault(name, set()).update(set(_ARGUMENT.findall(body)) - _NOT_SENT_TO_AWS)
    return arguments


class Template:
    """A CloudFormation template.

    Args:
        mappings: Types by their name in Terraform.
        arguments: Arguments to convert for each type. All others are computed by AWS or by the provider.

    Attributes:
        unmapped: Arguments without a property, as `type.argument`.
    """

    def __init__(self, mappings: Mapping[str, TypeMapping], arguments: Mapping[str, set[str]]) -> None:
        self._mappings = mappings
        self._arguments = arguments
        self._resources: dict[tuple[str, str], dict[str, Any]] = {}
        self._addresses: dict[tuple[str, str], list[str]] = {}
        self.unmapped: set[str] = set()

    def add(self, resource: Resource) -> None:
        """Adds a resource of a mapped type."""
        mapping = self._mappings[resource.type]
        identity = mapping.type, str(resource.values[mapping.identity])
        block = {name: resource.values.get(name) for name in self._arguments[resource.type]}
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, mapping.type).schema
        converted = _Converter(resource.type, mapping, schema, self.unmapped).properties(block, schema)
        _merge(self._resources.setdefault(identity, {}), converted)
        self._addresses.setdefault(identity, []).append(resource.address)

    def json(self) -> str:
        """The template."""
        resources = {
            f"Resource{number}": {"Type": kind, "Properties": properties}
            for number, ((kind, _), properties) in enumerate(self._resources.items())
        }
        return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})

    def address(self, logical_id: str) -> str:
        """Addresses in Terraform of a resource of the template."""
        return ", ".join(list(self._addresses.values())[int(logical_id.removeprefix("Resource"))])


class _Converter:
    def __init__(self, name: str, mapping: TypeMapping, schema: Schema, unmapped: set[str]) -> None:
        self._name = name
        self._mapping = mapping
        self._definitions = schema.get("definitions", {})
        self._unmapped = unmapped

    def properties(self, arguments: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
        """Converts the arguments of a resource."""
        if not self._mapping.item_of:
            return self._block(arguments, schema)
        items = self._resolved(schema["properties"][self._mapping.item_of]["items"])
        return {self._mapping.item_of: [self._block(arguments, items)]}

    def _block(self, block: Mapping[str, Any], schema: Schema, path: str = "") -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for name, value in block.items():
            if value not in (None, "", [], {}) and f"{path}{name}" not in self._mapping.omit:
                target = self._mapping.names.get(f"{path}{name}") or _same_name(name, self._properties(schema))
                if target:
                    levels = target.split(".")
                    converted = self._value(value, self._at(schema, levels), f"{path}{name}.")
                    _merge(properties, _nested(levels, converted))
                elif name != self._mapping.identity:
                    self._unmapped.add(f"{self._name}.{path}{name}")
        return properties

    def _value(self, value: Any, schema: Schema, path: str) -> Any:
        kinds = schema.get("type", "object" if self._properties(schema) else ())
        if isinstance(value, str) and value[0] in "{[" and ("object" in kinds or "array" in kinds):
            value = json.loads(value)
        if "array" in kinds:
            return self._items(value, schema, path)
        if isinstance(value, list) and len(value) == 1:  # a nested block
            (value,) = value
        return self._block(value, schema, path) if isinstance(value, dict) and self._properties(schema) else value

    def _items(self, value: Any, schema: Schema, path: str) -> list[Any]:
        if isinstance(value, dict):  # tags
            return [{"Key": key, "Value": text} for key, text in value.items()]
        items = self._resolved(schema.get("items", {}))
        return [self._value(item, items, path) for item in (value if isinstance(value, list) else [value])]

    def _at(self, schema: Schema, levels: list[str]) -> Schema:
        for level in levels:
            schema = self._resolved(self._properties(schema)[level])
        return schema

    def _properties(self, schema: Schema) -> Schema:
        alternatives = [self._resolved(one) for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
        return {name: value for one in (*alternatives, schema) for name, value in one.get("properties", {}).items()}

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema


def _same_name(argument: str, properties: Iterable[str]) -> str | None:
    folded = argument.replace("_", "").lower()
    return next((name for name in properties if name.lower() == folded), None)


def _nested(levels: list[str], value: Any) -> dict[str, Any]:
    for level in reversed(levels):
        value = {level: value}
    return value


def _merge(properties: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(properties.get(name), dict):
            _merge(properties[name], value)
        elif isinstance(value, list):
            properties[name] = [*properties.get(name, []), *value]
        else:
            properties[name] = value
