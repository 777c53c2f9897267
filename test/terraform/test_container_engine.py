"""The substitute for a container engine follows the instructions of a Dockerfile."""

from __future__ import annotations

import pytest

from test.terraform.container_engine.dockerfile import build

DOCKERFILE = """
# a comment
ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE}
WORKDIR /opt/sdk
COPY pyproject.toml ./
COPY sdk sdk/
RUN --mount=type=cache,target=/root/.cache pip install ".[aws]" \\
  && pip check
ENV CITY=Lyon
WORKDIR /home/task
COPY code code/
USER task
CMD ["python", "-m", "sdk"]
"""


@pytest.fixture
def built(tmp_path):
    """`built(text)`: builds a Dockerfile, with a context of pyproject.toml, sdk/ and code/."""
    context, root = tmp_path / "context", tmp_path / "root"
    for file in ("pyproject.toml", "sdk/__init__.py", "code/main.py"):
        (context / file).parent.mkdir(parents=True, exist_ok=True)
        (context / file).touch()

    def built(text, **arguments):
        (tmp_path / "Dockerfile").write_text(text)
        return build(tmp_path / "Dockerfile", context, arguments, root)

    return built


def test_files_are_copied_to_their_targets(built):
    root = built(DOCKERFILE).root
    copied = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert copied == {"opt/sdk/pyproject.toml", "opt/sdk/sdk/__init__.py", "home/task/code/main.py"}


def test_a_container_starts_in_the_working_directory_with_the_installed_package(built):
    image = built(DOCKERFILE)
    assert (image.folder, image.command) == ("/home/task", ["python", "-m", "sdk"])
    assert image.environment == {"PYTHONPATH": str(image.root / "opt/sdk"), "CITY": "Lyon"}


def test_lambda_base_images_set_the_task_root(built):
    dockerfile = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY code/main.py ${LAMBDA_TASK_ROOT}/\n"
    image = built(dockerfile, BASE_IMAGE="public.ecr.aws/lambda/python:3.13")
    assert (image.root / "var/task/main.py").is_file()


def test_an_unknown_instruction_is_an_error(built):
    with pytest.raises(ValueError, match="VOLUME"):
        built("FROM python\nVOLUME /data\n")
