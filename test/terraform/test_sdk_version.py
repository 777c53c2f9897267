"""The version of the SDK that images install identifies its content."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from datalake_sdk.operations.run_in_image.sdk_wheel import write_wheel
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def sources(tmp_path):
    """A repository with an SDK of one file."""
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy2(REPOSITORY / name, tmp_path / name)
    shutil.copytree(REPOSITORY / "modules/sdk_package", tmp_path / "modules/sdk_package")
    (tmp_path / "datalake_sdk/__pycache__").mkdir(parents=True)
    (tmp_path / "datalake_sdk/main.py").touch()
    (tmp_path / "dbt/adapters/datalake").mkdir(parents=True)
    (tmp_path / "dbt/adapters/datalake/__init__.py").touch()
    return tmp_path


@pytest.fixture
def version(aws, sources):
    """`version()`: the version according to Terraform."""
    root = sources / "root"
    root.mkdir()
    output = {"version": {"value": "${module.sdk.version}"}}
    module = {"sdk": {"source": "../modules/sdk_package"}}
    (root / "main.tf.json").write_text(json.dumps({"provider": {"aws": {}}, "module": module, "output": output}))
    terraform = Terraform(root, aws.environment)
    terraform.override_provider("emulator", EMULATOR_SETTINGS)
    terraform.init()

    def version():
        terraform.apply()
        return terraform.output()["version"]

    return version


def test_only_packaged_files_change_the_version(sources, version):
    first = version()
    (sources / "README.md").write_text("New")
    (sources / "datalake_sdk/__pycache__/main.cpython-313.pyc").touch()
    assert version() == first
    (sources / "datalake_sdk/main.py").write_text("NEW = True\n")
    second = version()
    (sources / "datalake_sdk/functions.txt").touch()
    assert len({first, second, version()}) == 3


def test_images_that_are_built_on_a_laptop_install_the_same_version(sources, version, tmp_path):
    assert write_wheel(tmp_path, sources / "datalake_sdk") == version()
