"""tflint has no findings with all rules of its bundled rule set that .tflint.hcl does not disable with a reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from test.terraform.tools import go_tool

VERSION = "0.64.0"
CONFIGURATION = Path(__file__).parents[2] / ".tflint.hcl"
ROOTS = ("demo", "domain_factory", "modules", "pipeline_factory")
UNUSED = 'variable "unused" {\n  type        = string\n  description = "Not used."\n}\n'


@pytest.fixture(scope="module")
def findings():
    """`findings(folder)`: what tflint reports about the modules in a folder and below."""
    tflint = go_tool("github.com/terraform-linters/tflint", VERSION)

    def findings(folder):
        arguments = ["--recursive", "--config", CONFIGURATION, "--format", "json"]
        ran = subprocess.run([tflint, *arguments], cwd=folder, capture_output=True, text=True)
        reported = json.loads(ran.stdout)
        return [(issue["rule"]["name"], issue["message"]) for issue in reported["issues"]] + reported["errors"]

    return findings


@pytest.mark.parametrize("root", ROOTS)
def test_the_modules_have_no_findings(root, findings, repository):
    assert findings(repository / root) == []


def test_an_unused_variable_is_found(findings, tmp_path):
    (tmp_path / "terraform.tf").write_text('terraform {\n  required_version = ">= 1.9"\n}\n')
    (tmp_path / "variables.tf").write_text(UNUSED)
    assert findings(tmp_path) == [("terraform_unused_declarations", 'variable "unused" is declared but not used')]
