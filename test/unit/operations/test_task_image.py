"""The build context of a task's image."""

from __future__ import annotations

import pytest

from datalake_sdk.operations.run_in_image import task_image
from datalake_sdk.operations.run_in_image.task_image import TaskImage, assemble
from datalake_sdk.pipelines.definition import Task


@pytest.fixture
def without_wheel(monkeypatch):
    monkeypatch.setattr(task_image, "write_wheel", lambda folder: "1.0.0")


def test_shared_modules_are_copied_beside_the_code(tmp_path, without_wheel):
    for file in ("load/code/main.py", "shared/pricing/__init__.py", "shared/pricing/__pycache__/a.pyc"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    modules = {"pricing": tmp_path / "shared" / "pricing"}
    image = TaskImage("daily", Task("load"), tmp_path / "load", shared_modules=modules)
    assert assemble(image, tmp_path / "context") == "1.0.0"
    code = tmp_path / "context" / "code"
    files = {str(path.relative_to(code)) for path in code.rglob("*") if path.is_file()}
    assert files == {"main.py", "pricing/__init__.py"}
