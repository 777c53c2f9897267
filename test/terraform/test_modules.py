"""Every module is formatted and valid, and passes its tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from test.terraform.provider import installed_provider, running_provider
from test.terraform.terraform import TESTS_OF_DEFINITIONS, Terraform
from test.terraform.variable_rules import keep_variables

_REPOSITORY = Path(__file__).parents[2]
_ROOTS = ("demo", "domain_factory", "modules", "pipeline_factory")
TESTS_OF_VARIABLES = {
    "domain_factory": "tests/validation.tftest.hcl",
    "pipeline_factory": "tests/rejected.tftest.hcl",
}
"""Module tests of the rules of variables. They pass without the resources, whose plans would take a second each."""


def _folders_with(pattern: str) -> list[str]:
    found = [path for root in _ROOTS for path in (_REPOSITORY / root).glob(pattern) if ".terraform" not in path.parts]
    return sorted({str(path.parent.relative_to(_REPOSITORY)) for path in found})


MODULES = _folders_with("**/terraform.tf")
TESTED = sorted({folder.removesuffix("/tests") for folder in _folders_with("**/*.tftest.hcl")})


@pytest.fixture(scope="module")
def provider(repository):
    """Environment variables for commands that share a provider."""
    module = Terraform(repository / MODULES[0], {})
    module.init()
    with running_provider(installed_provider(module.folder), module.folder, module.environment) as variables:
        yield variables


@pytest.fixture
def initialized(repository, provider):
    """`initialized(folder)`: the module in a folder, after `init`."""

    def initialized(folder):
        terraform = Terraform(repository / folder, provider)
        terraform.init()
        return terraform

    return initialized


def test_the_code_is_formatted(repository):
    assert Terraform(repository, {}).run("fmt", "-check", "-recursive", "-diff") == ""


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(TESTED)))
def test_a_module_without_tests_is_valid(module, initialized):
    initialized(module).validate()


@pytest.mark.parametrize("module", TESTED)
def test_a_module_is_valid_and_passes_its_tests(module, initialized):
    terraform = initialized(module)
    files = {f"tests/{file.name}" for file in (terraform.folder / "tests").glob("*.tftest.hcl")}
    run_tests(terraform, files - {*TESTS_OF_DEFINITIONS, TESTS_OF_VARIABLES.get(module)})


@pytest.mark.parametrize("module", TESTS_OF_VARIABLES)
def test_the_variables_of_a_module_pass_its_tests(module, repository, provider, tmp_path):
    folder = shutil.copytree(repository / module, tmp_path / module, ignore=shutil.ignore_patterns(".terraform"))
    (tmp_path / "modules").symlink_to(repository / "modules")
    keep_variables(folder)
    terraform = Terraform(folder, provider)
    terraform.init()
    run_tests(terraform, {TESTS_OF_VARIABLES[module]})


def run_tests(terraform, files):
    # `test` also validates the module.
    terraform.run("test", *(f"-filter={file}" for file in sorted(files)))
