"""Every module is formatted, valid, and passes the tests that lie in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.terraform.provider import running_provider
from test.terraform.terraform import Terraform

_REPOSITORY = Path(__file__).parents[2]


_ROOTS = ("domain_factory", "modules", "pipeline_factory")


def _folders_with(pattern: str) -> list[str]:
    found = [path for root in _ROOTS for path in (_REPOSITORY / root).glob(pattern) if ".terraform" not in path.parts]
    return sorted({str(path.parent.relative_to(_REPOSITORY)) for path in found})


MODULES = _folders_with("**/terraform.tf")
TESTED = sorted({folder.removesuffix("/tests") for folder in _folders_with("**/*.tftest.hcl")})


@pytest.fixture(scope="module")
def provider(repository):
    """Variables for commands that use one provider."""
    module = Terraform(repository / MODULES[0], {})
    module.init()
    with running_provider(module.folder, module.environment) as variables:
        yield variables


@pytest.fixture
def initialised(repository, provider):
    """`initialised(folder)`: the module in a folder, with the modules that it uses."""

    def initialised(folder):
        terraform = Terraform(repository / folder, provider)
        terraform.init()
        return terraform

    return initialised


def test_the_code_is_formatted(repository):
    assert Terraform(repository, {}).run("fmt", "-check", "-recursive", "-diff") == ""


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(TESTED)))
def test_a_module_without_tests_of_its_own_is_valid(module, initialised):
    initialised(module).validate()


@pytest.mark.parametrize("module", TESTED)
def test_a_module_is_valid_and_passes_its_tests(module, initialised):
    # Every run of a test begins with what `validate` does.
    initialised(module).run("test")
