"""Every module is formatted and valid, and passes its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.terraform.provider import installed_provider, running_provider
from test.terraform.terraform import TESTS_OF_DEFINITIONS, Terraform

_REPOSITORY = Path(__file__).parents[2]
_ROOTS = ("demo", "domain_factory", "modules", "pipeline_factory")


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
    files = sorted(f"tests/{file.name}" for file in (terraform.folder / "tests").glob("*.tftest.hcl"))
    # `test` also validates the module.
    terraform.run("test", *(f"-filter={file}" for file in files if file not in TESTS_OF_DEFINITIONS))
