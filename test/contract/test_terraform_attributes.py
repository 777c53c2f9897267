"""The attributes that variables of type `any` accept are those of the types in the internal modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doc_resources.terraform_reference import declarations

REPOSITORY = Path(__file__).parents[2]
PIPELINE = REPOSITORY / "pipeline_factory"
DOMAIN = REPOSITORY / "domain_factory"
ABSENT_IN_TESTS = {"codeartifact", "freshness_check_role_arn", "kms_key_arn", "table_bucket_arn"}
INTERNAL_ATTRIBUTES = {"additional_policy"}
"""Attributes that pipeline_factory derives from `additional_permissions`."""
ELEMENTS = {"trigger"}
"""Variables with the type of an element of another variable."""


def types(module):
    """Source of the type of each variable."""
    return {each.name: each.attributes["type"] for each in declarations(module) if each.kind == "variable"}


def accepted(module):
    """Attributes in a module's configuration.tf: for the path of each object, the kinds of its attributes by name."""
    source = (module / "configuration.tf").read_text(encoding="utf-8")
    objects = re.findall(r'"([\w.*]+)"\s*= \{(.*?)\n?\s*\}', source, re.DOTALL)
    return {
        path: {
            name: kind
            for kind, names in re.findall(r"(\w+)\s*= \[(.*?)\]", kinds, re.DOTALL)
            for name in re.findall(r'"(\w+)"', names)
        }
        for path, kinds in objects
    }


def attributes(type_source, *path):
    """Kinds of the attributes of an object type, or of the object type of one of its attributes, by name."""
    for name in path:
        type_source = type_source[re.search(rf"\n\s*{name}\s*= ", type_source).end() :]
    depth, kinds = 0, {}
    tokens = re.findall(r"(\w+) *= *(optional\()?(\w*)|([({})])", type_source[type_source.index("{") :])
    for name, optional, kind, bracket in tokens:
        if depth == 1 and name:
            kinds[name] = kind if kind in ("number", "bool") else "other"
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(bracket, 0) + bool(optional)
        if depth == 0:
            return {name: kind for name, kind in kinds.items() if name not in INTERNAL_ATTRIBUTES}
    raise AssertionError("the type is incomplete")


def typed_in(module, path):
    """The module with the type of the object with this path."""
    return REPOSITORY / "modules/datasets" if path.startswith("datasets") else module


@pytest.mark.parametrize(
    ("module", "typed", "path"),
    [
        *((PIPELINE, typed_in(PIPELINE / "modules/configuration", path), path) for path in accepted(PIPELINE)),
        *((DOMAIN, typed_in(DOMAIN / "modules/settings", path), path) for path in accepted(DOMAIN)),
    ],
)
def test_the_accepted_attributes_are_those_of_the_types(module, typed, path):
    variable, *attribute = (name for name in path.split(".") if name != "*")
    assert accepted(module)[path] == attributes(types(typed)[variable], *attribute)


def test_every_object_type_is_checked():
    paths = {path for module in (PIPELINE, DOMAIN) for path in accepted(module)}
    assert len(paths) == 21
    untyped = {name for module in (PIPELINE, DOMAIN) for name, source in types(module).items() if source == "any"}
    assert untyped - ELEMENTS - {"domain_object"} == {path.split(".")[0] for path in paths}


@pytest.mark.parametrize("file", ["domain_factory/domain_object.tf", "pipeline_factory/tests/terraform.tfvars"])
def test_a_domain_object_has_the_attributes_of_its_type(file):
    typed = types(REPOSITORY / "modules/domain_object")["domain_object"]
    source = (REPOSITORY / file).read_text(encoding="utf-8").partition("domain_object = ")[2]
    optional = ABSENT_IN_TESTS if file.endswith(".tfvars") else set()
    assert attributes(source).keys() == attributes(typed).keys() - optional
