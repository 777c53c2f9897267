"""The images of tasks and of the sandbox, built and pushed by Terraform, run the SDK, published or not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, TableName
from test.emulator.domain import create_domain
from test.terraform import images
from test.terraform.terraform import EMULATOR_SETTINGS, Terraform, shared_provider
from test.wheels import REQUIREMENT, make_wheel, upload

TASK = """
import pyarrow as pa
import shop_greeting
def main(job):
    return {{"sales.orders": job.ProcessingResponse(dataframe=pa.table({{"id": {ids}}}))}}
"""
LAKE = {
    "DATALAKE_LOCAL_ROOT": "lake",
    "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
}
JUPYTER = {"JUPYTER": "true", "TASK_VARIABLES": json.dumps(LAKE)}
RUN_TASK = """
python -c 'import importlib.metadata; print(importlib.metadata.version("datalake-sdk"))'
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
ON_THIS_MACHINE = """
import os
import pyarrow as pa
def main(job):
    print(os.getcwd(), job.task_additional_parameters["city"])
    os.mkdir("written-to-the-working-directory")
    return {"daily.orders": job.ProcessingResponse(dataframe=pa.table({"id": [1, 2]}))}
"""
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    infra_config: {{architecture: {architecture}}}
    additional_parameters: {{city: Nice}}
    output_tables: {{daily.orders: {{}}}}
"""
WAITS = """
import os, signal
def main(job):
    print(os.getpid(), flush=True)
    signal.pause()
"""
DOCKERFILE = "datalake_sdk/task_images/native/Dockerfile"
NAMES = {"domain": "shop-sales-dev", "repository": "python"}


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
def codeartifact(aws, tmp_path):
    """The repository of a domain, with PyPI as its upstream and a private package."""
    client = aws.client("codeartifact")
    client.create_domain(domain=NAMES["domain"])
    client.create_repository(**NAMES)
    client.associate_external_connection(**NAMES, externalConnection="public:pypi")
    aws.control("connect_public_index", url=images.PUBLIC_INDEX)
    endpoint = client.get_repository_endpoint(**NAMES, format="pypi")["repositoryEndpoint"]
    token = client.get_authorization_token(domain=NAMES["domain"])["authorizationToken"]
    assert upload(make_wheel(tmp_path), endpoint, token).returncode == 0
    return {"domain": NAMES["domain"], "endpoint": endpoint}


@pytest.fixture
def image(aws, buildah, repository, tmp_path):
    """`image(name, dockerfile, context, codeartifact)`: builds and pushes an image, and returns its root module."""

    def image(repository_name, dockerfile, context, codeartifact=None, **build_arguments):
        public = f"[global]\nindex-url = {images.PUBLIC_INDEX}"
        # A relative path, since Terraform copies a module with an absolute path without the rest of the repository.
        modules = os.path.relpath(repository / "modules", tmp_path / "root")
        sdk = {"source": f"{modules}/sdk_package", "codeartifact": codeartifact}
        module = {
            "source": f"{modules}/build_and_upload_image_to_ecr",
            "repository_name": repository_name,
            "dockerfile": str(repository / dockerfile),
            "context": context,
            "context_command": "${module.sdk.context_command}",
            "build_arguments": {"SDK_VERSION": "${module.sdk.version}", **build_arguments},
            "pip_configuration": "${module.sdk.pip_configuration}" if codeartifact else public,
            "container_cli": "buildah",
            "base_image": images.BASE_IMAGE,
            "platform": images.PLATFORM,
        }
        root = tmp_path / "root"
        root.mkdir()
        outputs = {
            "uri": {"value": "${module.image.image_uri}"},
            "version": {"value": "${module.sdk.version}"},
        }
        code = {"module": {"image": module, "sdk": sdk}, "output": outputs}
        (root / "main.tf.json").write_text(json.dumps({"provider": {"aws": {}}, **code}))
        terraform = Terraform(root, {**aws.environment, **buildah.environment})
        terraform.override_provider("emulator", EMULATOR_SETTINGS)
        terraform.init()
        providers.enter_context(shared_provider(terraform))
        terraform.apply()
        buildah.remove_old_images(f"/{repository_name}:")
        return terraform

    with ExitStack() as providers:
        yield image


@pytest.fixture
def context(repository, tmp_path):
    """Context of a task's image in addition to the SDK; the task writes two rows."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text(TASK.format(ids=[1, 2]))
    (tmp_path / "requirements.txt").write_text(REQUIREMENT)
    notebook = repository / DOCKERFILE.replace("Dockerfile", "sandbox.ipynb")
    return {
        "code": str(tmp_path / "code"),
        "requirements.txt": str(tmp_path / "requirements.txt"),
        "sandbox.ipynb": str(notebook),
    }


def test_a_task_is_rebuilt_only_when_it_changes(image, codeartifact, registry, buildah, context, tmp_path):
    """It contains exactly the published SDK and a private package of the repository, and no token."""
    task = image("task", DOCKERFILE, context, codeartifact, **JUPYTER)
    first, version = task.output()["uri"], task.output()["version"]
    assert registry.tags("task") == [first.rpartition(":")[2]]
    assert not task.drift()

    (tmp_path / "code/main.py").write_text(TASK.format(ids=[1, 2, 3]))
    task.apply()
    second = task.output()["uri"]
    assert len(registry.tags("task")) == 2
    assert [buildah.run(uri, RUN_TASK, LAKE) for uri in (first, second)] == [f"{version}\nn\n2", f"{version}\nn\n3"]

    # Cached layers may be those of an earlier run, with another token.
    found = [re.findall(rb"datalake_sdk-[\w.+]+\.dist-info|aws:[\w-]{40,}@", blob) for blob in registry.blobs()]
    assert {match.decode() for matches in found for match in matches} == {f"datalake_sdk-{version}.dist-info"}


def test_the_sandbox_contains_jupyter_and_the_sdk(image, buildah):
    """Without CodeArtifact: from the wheel."""
    sandbox = image("sandbox", "domain_factory/sandbox/Dockerfile", {})
    assert "rows inserted  2" in buildah.run(sandbox.output()["uri"], INGEST, LAKE)


def test_the_notebook_of_a_task_runs_main_without_writing(image, codeartifact, buildah, context):
    task = image("notebook", DOCKERFILE, context, codeartifact, **JUPYTER)
    printed = buildah.run(task.output()["uri"], IN_A_NOTEBOOK, {})
    assert "id: [[1,2]]" in printed
    assert "the task has no Jupyter" in printed


def run_buildah(buildah, *words):
    variables = {**os.environ, **buildah.environment}
    return subprocess.check_output(["buildah", *words], env=variables, text=True).strip()


def test_containers_stay_mounted_when_another_process_has_used_the_storage(buildah, registry, tmp_path):
    container = run_buildah(buildah, "from", images.BASE_IMAGE)
    files = Path(run_buildah(buildah, "mount", container))
    other = images.Buildah(tmp_path, registry.address)
    run_buildah(other, "rm", run_buildah(other, "from", images.BASE_IMAGE))
    found = (files / "etc/passwd").exists()
    run_buildah(buildah, "rm", container)
    assert found


def test_images_are_removed_with_containers_of_a_killed_run(buildah):
    old = "localhost/of_a_killed_run:1"
    container = run_buildah(buildah, "from", images.BASE_IMAGE)
    run_buildah(buildah, "commit", "--rm", container, old)
    run_buildah(buildah, "from", old)
    buildah.remove_old_images("/of_a_killed_run:")
    assert old not in buildah.containers()


class LocalTask:
    """A task in a folder, which the program builds and runs with buildah on an embedded lake."""

    def __init__(self, folder, buildah):
        self.folder = folder
        self.buildah = buildah
        architecture = "ARM64" if images.PLATFORM == "linux/arm64" else "X86_64"
        (folder / "pipeline.yaml").write_text(PIPELINE.format(architecture=architecture))
        (folder / "load/code").mkdir(parents=True)
        (folder / "load/requirements.txt").touch()

    def start(self, code, *lake):
        (self.folder / "load/code/main.py").write_text(code)
        task = ("--task-folder", "load", "--parameter", "city=Lyon", "--base-image", images.BASE_IMAGE)
        return subprocess.Popen(
            [sys.executable, "-m", "datalake_sdk.cli", *(lake or ("--local", "lake")), "run_task", *task],
            cwd=self.folder,
            env={**os.environ, **self.buildah.environment, "CONTAINER_CLI": "buildah", "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def local_task(tmp_path, buildah):
    return LocalTask(tmp_path, buildah)


def test_a_task_runs_in_its_image_on_an_embedded_lake(local_task, tmp_path):
    process = local_task.start(ON_THIS_MACHINE)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert output.startswith("/home/task Lyon\n")
    assert "│ load │ succeeded │    2 │" in output
    assert {path.stat().st_uid for path in (tmp_path / "lake").rglob("*")} == {os.getuid()}


def test_a_task_runs_in_its_image_with_the_credentials_of_a_profile(local_task, aws, monkeypatch, tmp_path):
    platform = open_platform(create_domain(aws, Environment("shop", "sales", "dev"), ["daily"]))
    keys = [f"{name.lower()} = {os.environ[name]}" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    (tmp_path / "credentials").write_text("\n".join(["[mine]", *keys]))
    with monkeypatch.context() as variables:
        variables.delenv("AWS_ACCESS_KEY_ID")
        variables.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        variables.setenv("AWS_PROFILE", "mine")
        process = local_task.start(ON_THIS_MACHINE, "-p", "shop", "-d", "sales", "-s", "dev")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert read_table(platform, TableName("daily", "orders")).read_all().to_pydict() == {"id": [1, 2]}


def test_ctrl_c_stops_a_task_in_its_image(local_task, buildah):
    process = local_task.start(WAITS)
    # Containers of buildah share the process ids of the machine.
    task = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert not any("daily_load" in image for image in buildah.containers())
    with pytest.raises(ProcessLookupError):
        os.kill(task, 0)
