"""Every module is formatted, valid, and passes the tests that lie in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.terraform.terraform import Terraform

_REPOSITORY = Path(__file__).parents[2]


def _folders_with(pattern: str) -> list[str]:
    found = [path for path in _REPOSITORY.glob(f"*_factory/{pattern}") if ".terraform" not in path.parts]
    return sorted({str(path.relative_to(_REPOSITORY)).rpartition("/")[0] for path in found})


MODULES = _folders_with("**/terraform.tf")
TESTED = sorted({folder.removesuffix("/tests") for folder in _folders_with("**/*.tftest.hcl")})


@pytest.fixture
def initialised(repository):
    """`initialised(folder)`: the module in a folder, with its providers."""

    def initialised(folder):
        terraform = Terraform(repository / folder, {})
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
    terraform = initialised(module)
    terraform.validate()
    terraform.run("test")
