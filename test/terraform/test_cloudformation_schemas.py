"""Values of every resource in the examples comply with the CloudFormation schemas that cfn-lint contains."""

from __future__ import annotations

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from test.terraform.cloudformation import REGION, Template, configured_arguments, read_table
from test.terraform.state import Resource

FOLDERS = ("domain_factory", "modules", "pipeline_factory")
TABLE = read_table()


@pytest.fixture(scope="module")
def arguments(repository):
    """The arguments that the modules and the examples set, for each resource type."""
    return configured_arguments(repository / folder for folder in FOLDERS)


@pytest.fixture(scope="module")
def findings(arguments):
    """`findings(resources)`: what cfn-lint reports about resources, as address, rule and message."""

    def findings(resources):
        template = Template(TABLE.mapped, arguments)
        for resource in resources:
            if resource.mode == "managed" and resource.type in TABLE.mapped:
                template.add(resource)
        assert template.unmapped == set()
        config = ManualArgs(regions=[REGION], ignore_checks=list(TABLE.ignored_rules))
        matches = lint(template.json(), config=config)
        return [(template.address(match.path[1]), match.rule.id, match.message) for match in matches]

    return findings


def test_every_resource_type_is_mapped_or_has_a_reason(arguments):
    assert set(arguments) == set(TABLE.mapped) | set(TABLE.not_mapped)
    assert not set(TABLE.mapped) & set(TABLE.not_mapped)


def test_the_examples_comply_with_the_schemas(findings, examples, subtests):
    for path, resources in examples.items():
        with subtests.test(path):
            assert findings(resources) == []


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("aws_security_group", {"description": "The domain's tasks"}, '"The domain\'s tasks" does not match'),
        ("aws_emrserverless_application", {"name": "n" * 65}, "is longer than 64"),
        ("aws_cloudwatch_log_group", {"retention_in_days": 8}, "8 is not one of"),
        ("aws_iam_role_policy", {"policy": '{"Statement": [{"Action": "s3:Get"}]}'}, "'get' is not one of"),
        ("aws_sfn_state_machine", {"definition": '{"StartAt": "load"}'}, "'States' is a required property"),
    ],
)
def test_an_invalid_value_is_found(kind, values, message, findings):
    found = findings([Resource("the.address", "managed", kind, {"id": "1", **values})])
    assert [address for address, _, text in found if message in text] == ["the.address"], found
