"""The order in which Terraform destroys a domain or a pipeline: the catalog last, and nothing before its protection."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from test.terraform.terraform import Terraform, is_data_source

PROTECTION = "terraform_data.database_protection"
DATABASES = {"domain_factory": "aws_glue_catalog_database.layer", "pipeline_factory": "aws_glue_catalog_database.this"}


@pytest.fixture(scope="module")
def dependencies(repository):
    """`dependencies(module)`: resources that each resource of the module depends on directly."""
    graphs = {}
    for module in DATABASES:
        terraform = Terraform(repository / module, {})
        terraform.init()
        graphs[module] = _edges(terraform.run("graph"))
    return graphs.__getitem__


@pytest.mark.parametrize("module", DATABASES)
def test_protection_is_destroyed_before_all_other_resources(module, dependencies):
    graph = dependencies(module)
    protected = _reachable(graph, PROTECTION)
    unprotected = {resource for resource in graph if not is_data_source(resource)} - protected
    assert unprotected == set(), f"add them to depends_on of {PROTECTION} in {module}"


def test_a_bucket_is_destroyed_before_the_databases_of_its_tables(dependencies):
    assert DATABASES["domain_factory"] in _reachable(dependencies("domain_factory"), "aws_s3_bucket.this")


def _edges(graph: str) -> dict[str, set[str]]:
    """Parses the output of `terraform graph`: https://developer.hashicorp.com/terraform/cli/commands/graph."""
    dependencies: dict[str, set[str]] = {node: set() for node in re.findall(r'"(.+)" \[label=', graph)}
    for node, dependency in re.findall(r'"(.+)" -> "(.+)"', graph):
        dependencies[node].add(dependency)
    return dependencies


def _reachable(dependencies: Mapping[str, set[str]], resource: str) -> set[str]:
    found, pending = {resource}, [resource]
    while pending:
        new = dependencies[pending.pop()] - found
        found |= new
        pending.extend(new)
    return found
