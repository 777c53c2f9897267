"""Fixtures of the Terraform tests, which require Terraform."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from test.terraform import images
from test.terraform.deployment import Deployment, applied_deployment
from test.terraform.state import Resource
from test.terraform.tools import python_tool, require
from test.terraform.workspace import copy_repository

_STATELINT_VERSION = "3.1.0"
# Terraform writes 2.0 as 2, which Step Functions accepts.
_IGNORED_BY_STATELINT = "FLOAT"
_LONGEST = ("test_complete_example.py", "test_account_program.py", "examples", "test_pages_on_aws.py")
_FIRST = (*_LONGEST, "test_permissions.py")
"""Groups of tests that start first: the longest, one for each process, which mostly wait. pytest-xdist queues the fifth
behind the first, which is a single test, so it is a short one."""

_WITH_EXAMPLES = {
    "test_cloudformation_schemas.py",
    "test_event_driven_example.py",
    "test_idle_costs.py",
    "test_integration_pipeline.py",
    "test_policies.py",
    "test_state_machines.py",
}
"""Files with tests that need the applied examples."""

REAL_IMAGES = "integration_tests_(test_write|test_native_sql_entrypoint|check_and_clean)"
"""Images of the integration pipeline that tests also build with buildah, which has no base image for Spark here."""


class _Scheduling(LoadScopeScheduling):
    """Runs the tests of a file in one process, and all that need the applied examples in one process.

    `--dist loadgroup` has no effect: it sets an attribute of items that pytest 9.2 no longer has.
    https://github.com/pytest-dev/pytest-xdist/blob/v3.8.0/src/xdist/remote.py
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Scheduling:
    return _Scheduling(config, log)


def _group(nodeid: str) -> str:
    file = Path(nodeid.partition("::")[0]).name
    return "examples" if file in _WITH_EXAMPLES else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by group."""
    own = [item for item in items if item.path.parent == Path(__file__).parent]
    with_examples = {item.path.name for item in own if "applied" in getattr(item, "fixturenames", ())}
    if not with_examples <= _WITH_EXAMPLES:
        raise pytest.UsageError(f"add to _WITH_EXAMPLES: {', '.join(sorted(with_examples - _WITH_EXAMPLES))}")
    groups = {item: _group(item.nodeid) for item in own}
    if len(own) == len(items):
        items.sort(key=lambda item: (*_FIRST, groups[item]).index(groups[item]))


@pytest.fixture(autouse=True, scope="session")
def require_terraform():
    require("terraform", "test the Terraform modules")


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A copy of the modules, for tests that do not change it."""
    return copy_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def image_builder(tmp_path_factory) -> Iterator[images.Buildah | None]:
    """buildah with a registry; None if it cannot be installed."""
    if images.reason_to_skip():
        yield None
        return
    folder = tmp_path_factory.mktemp("integration_images")
    registry = images.Registry(folder)
    buildah = images.Buildah(folder, registry.address)
    yield buildah
    buildah.remove_old_images(REAL_IMAGES)
    registry.stop()


@pytest.fixture(scope="session")
def applied(image_builder, tmp_path_factory) -> Iterator[tuple[Deployment, dict[str, list[Resource]]]]:
    """Every example and the integration pipeline, applied on an emulator of their own."""
    folder = tmp_path_factory.mktemp("examples")
    settings = image_builder.engine_settings(tmp_path_factory.mktemp("buildah"), REAL_IMAGES) if image_builder else {}
    with applied_deployment(folder, settings) as applied:
        yield applied


@pytest.fixture(scope="session")
def examples(applied) -> dict[str, list[Resource]]:
    """The resources and data sources of every applied root module, by its path."""
    return applied[1]


@pytest.fixture(scope="session")
def problems(tmp_path_factory):
    """`problems(definition)`: what statelint reports about a state machine, or an empty string."""
    program = python_tool("statelint", _STATELINT_VERSION) / "statelint"
    file = tmp_path_factory.mktemp("statelint") / "definition.json"

    def problems(definition: str) -> str:
        file.write_text(definition)
        return subprocess.run([program, "--ignore", _IGNORED_BY_STATELINT, file], capture_output=True, text=True).stdout

    return problems
