"""The substitute for a container engine follows the instructions of a Dockerfile."""

from __future__ import annotations

import os
import zipfile
from functools import partial
from pathlib import Path

import pytest

from test.terraform.container_engine.dockerfile import Inputs, build
from test.terraform.container_engine.packages import install

DOCKERFILE = """
# a comment
ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE}
ARG SDK_VERSION
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,source=dist,target=/opt/dist \\
  pip install --find-links /opt/dist "datalake-sdk[aws]==${SDK_VERSION}"
ENV CITY=Lyon
WORKDIR /home/task
COPY code code/
USER task
CMD ["python", "-m", "sdk"]
"""


@pytest.fixture
def built(tmp_path):
    """`built(text)`: builds a Dockerfile, with a context of code/ and a wheel in dist/."""
    context = tmp_path / "context"
    (context / "code").mkdir(parents=True)
    (context / "code/main.py").touch()
    (context / "dist").mkdir()
    with zipfile.ZipFile(context / "dist/datalake_sdk-1.0+h1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("sdk.py", "")

    def built(text, folder="root", **arguments):
        (tmp_path / "Dockerfile").write_text(text)
        inputs = Inputs(context, arguments, partial(install, "", tmp_path / "packages"))
        return build(tmp_path / "Dockerfile", inputs, tmp_path / folder)

    return built


def test_files_are_copied_and_the_sdk_is_installed(built):
    root = built(DOCKERFILE, SDK_VERSION="1.0+h1").root
    found = [Path(folder, name) for folder, _, names in os.walk(root, followlinks=True) for name in names]
    assert {str(path.relative_to(root)) for path in found} == {"opt/packages/sdk.py", "home/task/code/main.py"}


def test_images_share_the_files_of_the_sdk(built):
    roots = [built(DOCKERFILE, folder=name, SDK_VERSION="1.0+h1").root for name in ("first", "second")]
    first, second = (root / "opt/packages/sdk.py" for root in roots)
    assert first.samefile(second)


def test_the_sdk_is_installed_again_with_more_extras(built):
    (installation,) = [line for line in DOCKERFILE.splitlines() if "datalake-sdk[aws]" in line]
    mounts = "--mount=type=cache,target=/root/.cache --mount=type=bind,source=dist,target=/opt/dist"
    again = f"RUN {mounts} {installation.strip().replace('[aws]', '[aws,agent]')}\n"
    assert (built(DOCKERFILE + again, SDK_VERSION="1.0+h1").root / "opt/packages/sdk.py").is_file()


def test_another_version_of_the_sdk_is_not_installed(built):
    with pytest.raises(FileNotFoundError, match=r"datalake_sdk-1\.0\+h2"):
        built(DOCKERFILE, SDK_VERSION="1.0+h2")


def test_a_container_starts_in_the_working_directory_with_the_installed_package(built):
    image = built(DOCKERFILE, SDK_VERSION="1.0+h1")
    assert (image.folder, image.command) == ("/home/task", ["python", "-m", "sdk"])
    assert image.environment == {"PYTHONPATH": str(image.root / "opt/packages"), "CITY": "Lyon"}


def test_lambda_base_images_set_the_task_root(built):
    dockerfile = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY code/main.py ${LAMBDA_TASK_ROOT}/\n"
    image = built(dockerfile, BASE_IMAGE="public.ecr.aws/lambda/python:3.13")
    assert (image.root / "var/task/main.py").is_file()


def test_an_unknown_instruction_is_an_error(built):
    with pytest.raises(ValueError, match="VOLUME"):
        built("FROM python\nVOLUME /data\n")
