"""The attributes that Terraform's variables accept are those of the types that they are converted to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doc_resources.terraform_reference import declarations

REPOSITORY = Path(__file__).parents[2]
PIPELINE = REPOSITORY / "pipeline_factory"
DOMAIN = REPOSITORY / "domain_factory"
OPTIONAL_IN_TESTS = {"codeartifact", "kms_key_arn"}
OF_THE_MODULE = {"additional_policy"}
"""Attributes that pipeline_factory itself makes from `additional_permissions`."""


def types(module):
    """Source of each variable's type."""
    return {each.name: each.attributes["type"] for each in declarations(module) if each.kind == "variable"}


def accepted(module, local="attributes"):
    """The lists of names below a local, `attributes` or `numbers`, in a module's configuration.tf."""
    source = (module / "configuration.tf").read_text(encoding="utf-8")
    block = re.search(rf"\n  {local} = \{{\n(.*?)\n  \}}\n", source, re.DOTALL)[1]
    return {name: re.findall(r'"(\w+)"', names) for name, names in re.findall(r"(\w+)\s*= \[(.*?)\]", block, re.DOTALL)}


def attributes(type_source, *path):
    """Names of the attributes of an object type, or of the object type of one of them."""
    for name in path:
        type_source = type_source[re.search(rf"\n\s*{name}\s*= ", type_source).end() :]
    depth, names = 0, []
    for token in re.findall(r"\w+(?= *=)|[({})]", type_source[type_source.index("{") :]):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth == 0:
            return set(names) - OF_THE_MODULE
        if depth == 1 and token not in "(){}":
            names.append(token)
    raise AssertionError("the type has no end")


@pytest.mark.parametrize(
    ("name", "variable", "path"),
    [
        ("task", "tasks_configuration", ()),
        ("infra_config", "tasks_configuration", ("infra_config",)),
        ("output_table", "tasks_configuration", ("output_tables",)),
        ("permission", "tasks_configuration", ("additional_permissions",)),
        ("trigger", "trigger", ()),
    ],
)
def test_a_pipeline_accepts_the_attributes_of_its_types(name, variable, path):
    assert set(accepted(PIPELINE)[name]) == attributes(types(PIPELINE / "modules/configuration")[variable], *path)


@pytest.mark.parametrize(
    ("name", "variable", "path"),
    [
        ("layer", "layers", ()),
        ("data_retention", "data_retention", ()),
        ("bedrock_model_ids", "bedrock_model_ids", ()),
        ("network", "network", ()),
        ("network_created", "network", ("created",)),
        ("network_found", "network", ("found",)),
        ("network_given", "network", ("given",)),
        ("base_images", "base_images", ()),
        ("emr_serverless", "emr_serverless", ()),
    ],
)
def test_a_domain_accepts_the_attributes_of_its_types(name, variable, path):
    assert set(accepted(DOMAIN)[name]) == attributes(types(DOMAIN / "modules/settings")[variable], *path)


@pytest.mark.parametrize("file", ["domain_factory/domain_object.tf", "pipeline_factory/tests/terraform.tfvars"])
def test_a_domain_object_has_the_attributes_of_its_type(file):
    typed = types(REPOSITORY / "modules/domain_object")["domain_object"]
    source = (REPOSITORY / file).read_text(encoding="utf-8").partition("domain_object = ")[2]
    assert attributes(source) == attributes(typed) - (OPTIONAL_IN_TESTS if file.endswith(".tfvars") else set())


@pytest.mark.parametrize(("module", "typed"), [(PIPELINE, "modules/configuration"), (DOMAIN, "modules/settings")])
def test_the_attributes_checked_as_numbers_are_those_typed_so(module, typed):
    loosely_typed = {name for name, source in types(module).items() if source == "any"}
    sources = [source for name, source in types(module / typed).items() if name in loosely_typed - {"domain_object"}]
    assert {name for names in accepted(module, "numbers").values() for name in names} == {
        name for source in sources for name in re.findall(r"(\w+) *= optional\(number", source)
    }
