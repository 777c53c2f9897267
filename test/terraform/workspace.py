"""A copy of the modules and the SDK in which tests run terraform and change examples."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_FOLDERS = (
    "datalake_sdk",
    "dbt",
    "demo/aws",
    "domain_factory",
    "modules",
    "pipeline_factory",
    "test/contract",
    "test/integration_tests_pipeline",
    "test/utils/pipeline_utils",
)
_FILES = ("LICENSE", "README.md", "pyproject.toml", "test/.terraform.lock.hcl", "test/*.tf")
_IGNORED_FILES = ("emulator_override.tf", "terraform.rc")
_ENGINE = Path(__file__).with_name("container_engine")


def copy_repository(folder: Path) -> Path:
    """Copies the files of this repository that terraform requires.

    Args:
        folder: An empty folder, the root of the copy.
    """
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", "__pycache__", *_IGNORED_FILES)
    for name in _FOLDERS:
        shutil.copytree(_REPOSITORY / name, folder / name, symlinks=True, ignore=ignored)
    for file in (file for name in _FILES for file in _REPOSITORY.glob(name) if file.name not in _IGNORED_FILES):
        shutil.copy2(file, folder / file.relative_to(_REPOSITORY))
    return folder


def container_engine(folder: Path) -> dict[str, str]:
    """Returns environment variables that make terraform run this Python and substitutes for `aws`, `curl` and `docker`.

    Args:
        folder: Folder for images.
    """
    return {
        "PATH": os.pathsep.join([str(_ENGINE), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "CONTAINER_ENGINE_ROOT": str(folder),
        # From here pip installs the tools of modules/sdk_package that this Python does not have.
        "PIP_EXTRA_INDEX_URL": os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple"),
        "TEST_PYTHON": sys.executable,
    }
