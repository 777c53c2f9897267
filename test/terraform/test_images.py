"""The images of tasks and of the sandbox, built and pushed by Terraform, run the SDK."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from test.terraform import images
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform

TASK = """
import pyarrow as pa
def main(job):
    return {{"sales.orders": job.ProcessingResponse(dataframe=pa.table({{"id": {ids}}}))}}
"""
LAKE = {
    "DATALAKE_LOCAL_ROOT": "lake",
    "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
}
JUPYTER = {"JUPYTER": "true", "TASK_VARIABLES": json.dumps(LAKE)}
RUN_TASK = """
python -m datalake_sdk.native_python_processing_wrapper
datalake_sdk query "SELECT count(*) AS n FROM dev_sales.orders" --format csv
"""
INGEST = """
jupyter lab --version
printf 'id\\n1\\n2\\n' > orders.csv
datalake_sdk ingest --database-name sales --table-name orders --ingestion-mode append --input-file-path orders.csv
"""
IN_A_NOTEBOOK = """
jupyter notebook --version
jupyter nbconvert --to markdown --execute --stdout sandbox.ipynb
test ! -e lake
python -c 'import notebook' 2>/dev/null || echo the task has no Jupyter
"""
DOCKERFILE = "pipeline_factory/modules/ecs_factory/Dockerfile"
SDK = ("LICENSE", "datalake_sdk", "pyproject.toml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("images")


@pytest.fixture(scope="module")
def registry(folder):
    """A registry for all tests, so that shared layers are pushed once."""
    reason = images.reason_to_skip()
    if reason:
        pytest.skip(reason)
    registry = images.Registry(folder)
    yield registry
    registry.stop()


@pytest.fixture(scope="module")
def buildah(folder, registry):
    return images.Buildah(folder, registry.address)


@pytest.fixture
def image(aws, buildah, repository, tmp_path):
    """`image(name, dockerfile, context)`: builds and pushes an image, and returns its Terraform root module."""

    def image(repository_name, dockerfile, context, **build_arguments):
        module = {
            "source": str(repository / "modules" / "build_and_upload_image_to_ecr"),
            "repository_name": repository_name,
            "dockerfile": str(repository / dockerfile),
            "context": {**{name: str(repository / name) for name in SDK}, **context},
            "build_arguments": build_arguments,
            "container_cli": "buildah",
            "base_image": images.BASE_IMAGE,
            "platform": images.PLATFORM,
        }
        root = tmp_path / "root"
        root.mkdir()
        code = {"module": {"image": module}, "output": {"uri": {"value": "${module.image.image_uri}"}}}
        (root / "main.tf.json").write_text(json.dumps({"provider": {"aws": {}}, **code}))
        terraform = Terraform(root, {**aws.environment, **buildah.environment})
        terraform.override_provider("emulator", EMULATOR_SETTINGS)
        terraform.init()
        providers.enter_context(terraform.shared_provider())
        terraform.apply()
        buildah.remove_old_images(repository_name)
        return terraform

    with ExitStack() as providers:
        yield image


@pytest.fixture
def context(repository, tmp_path):
    """Context of a task's image in addition to the SDK; the task writes two rows."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text(TASK.format(ids=[1, 2]))
    (tmp_path / "requirements.txt").touch()
    notebook = repository / DOCKERFILE.replace("Dockerfile", "sandbox.ipynb")
    return {
        "code": str(tmp_path / "code"),
        "requirements.txt": str(tmp_path / "requirements.txt"),
        "sandbox.ipynb": str(notebook),
    }


def test_a_task_is_rebuilt_only_when_it_changes(image, registry, buildah, context, tmp_path):
    task = image("task", DOCKERFILE, context, **JUPYTER)
    first = task.output()["uri"]
    assert registry.tags("task") == [first.rpartition(":")[2]]
    assert not task.drift()

    (tmp_path / "code/main.py").write_text(TASK.format(ids=[1, 2, 3]))
    task.apply()
    second = task.output()["uri"]
    assert len(registry.tags("task")) == 2
    assert [buildah.run(uri, RUN_TASK, LAKE) for uri in (first, second)] == ["n\n2", "n\n3"]


def test_the_sandbox_contains_jupyter_and_the_sdk(image, buildah):
    sandbox = image("sandbox", "domain_factory/sandbox/Dockerfile", {})
    assert "rows inserted  2" in buildah.run(sandbox.output()["uri"], INGEST, LAKE)


def test_the_notebook_of_a_task_runs_main_without_writing(image, buildah, context):
    task = image("notebook", DOCKERFILE, context, **JUPYTER)
    printed = buildah.run(task.output()["uri"], IN_A_NOTEBOOK, {})
    assert "id: [[1,2]]" in printed
    assert "the task has no Jupyter" in printed
