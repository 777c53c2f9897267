"""Actions, resource types and condition keys of every policy in the examples exist, according to parliament."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from test.terraform.tools import python_tool

VERSION = "1.6.4"
PROGRAM = Path(__file__).with_name("parliament_findings.py")
EXCEPTIONS = yaml.safe_load(Path(__file__).with_name("policy_exceptions.yaml").read_text())
TABLES = "arn:aws:glue:eu-west-1:123456789012:table/sales/*"


@pytest.fixture(scope="module")
def findings():
    """`findings(policies)`: what parliament finds, as pairs of a policy's name and a finding."""
    # It imports pkg_resources: https://setuptools.pypa.io/en/latest/history.html#v81-0-0
    python = python_tool("parliament", VERSION, "setuptools<81") / "python"

    def findings(policies):
        arguments = [python, "-W", "ignore", PROGRAM]
        ran = subprocess.run(arguments, input=json.dumps(policies), capture_output=True, text=True, check=True)
        return [tuple(found) for found in json.loads(ran.stdout)]

    return findings


def test_the_policies_of_the_examples_have_no_findings(findings, examples):
    policies = {
        f"{path}: {resource.address}": resource.values["json"]
        for path, resources in examples.items()
        for resource in resources
        if resource.type == "aws_iam_policy_document"
    }
    found = findings(policies)
    assert [(policy, finding) for policy, finding in found if finding not in EXCEPTIONS] == []
    assert {finding for _, finding in found} == set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ({"Action": "glue:GetTabel", "Resource": TABLES}, "UNKNOWN_ACTION Unknown action glue:GetTabel"),
        ({"Action": "s3:ListBucket", "Resource": TABLES}, "RESOURCE_MISMATCH s3:ListBucket"),
        (
            {
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::orders/*",
                "Condition": {"StringLike": {"s3:prefix": "sales/*"}},
            },
            "UNKNOWN_CONDITION_FOR_ACTION Unknown condition s3:prefix for action s3:GetObject",
        ),
    ],
)
def test_an_invalid_statement_is_found(statement, finding, findings):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    assert findings({"policy": json.dumps(policy)}) == [("policy", finding)]
