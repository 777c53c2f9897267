"""Versions of the AWS provider: one range for all modules, one locked version for all examples."""

from __future__ import annotations

import re
from pathlib import Path

from test.terraform.terraform import Terraform

_REPOSITORY = Path(__file__).parents[2]
_FACTORIES = ("domain_factory", "pipeline_factory")
_LOCK_FILE = ".terraform.lock.hcl"
_RANGE = ">= 5.100, < 7"
_LOCKED_RANGE = ">= 5.100.0, < 7.0.0"

_ROOTS = ("demo/aws", "test")

EXAMPLES = sorted(
    str(folder.relative_to(_REPOSITORY))
    for pattern in (*_ROOTS, *(f"{folder}/examples/*" for folder in (*_FACTORIES, "modules/*")))
    for folder in _REPOSITORY.glob(pattern)
    if any(folder.glob("*.tf"))
)


def test_all_modules_and_examples_accept_the_same_versions():
    folders = [_REPOSITORY / name for name in (*_FACTORIES, "modules")]
    files = [file for folder in folders for file in folder.rglob("*.tf") if not {".terraform", "tests"} & {*file.parts}]
    files += [file for root in _ROOTS for file in (_REPOSITORY / root).glob("*.tf")]
    sources = {str(file.relative_to(_REPOSITORY)): file.read_text(encoding="utf-8") for file in files}
    ranges = {name: _provider_range(source) for name, source in sources.items() if '"hashicorp/aws"' in source}
    assert {name: found for name, found in ranges.items() if found != _RANGE} == {}
    assert len(ranges) > len(EXAMPLES)


def test_all_examples_lock_the_same_version():
    locks = {(_REPOSITORY / example / _LOCK_FILE).read_text(encoding="utf-8") for example in EXAMPLES}
    (lock,) = locks
    assert re.findall(r'constraints = "(.*)"', lock) == [_LOCKED_RANGE]
    assert re.findall(r'version     = "(.*)"', lock) == ["5.100.0"]


def test_the_installed_provider_has_a_locked_hash(repository):
    Terraform(repository / EXAMPLES[0], {}).run("init", "-lockfile=readonly")


def _provider_range(source: str) -> str:
    found = re.search(r'source  = "hashicorp/aws"\n +version = "(.*)"', source)
    return found[1] if found else "any version"
