"""Command lines of container programs, and which program is used."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from datalake_sdk.cli.run_task import run_task
from datalake_sdk.errors import ContainerEngineError, NoContainerProgramError
from datalake_sdk.operations.run_in_image.commands import task_command
from datalake_sdk.operations.run_in_image.container import (
    Container,
    User,
    buildah_command,
    passwd_file,
    run_command,
    stop_command,
    variables_file,
)
from datalake_sdk.operations.run_in_image.engine import PROGRAMS, Engine, Family, find_engine
from datalake_sdk.operations.run_in_image.task_image import IGNORED, TaskImage, build_command
from datalake_sdk.pipelines.definition import InfraConfig, Task

REPOSITORY = Path(__file__).parents[3]
MODULE = REPOSITORY / "modules/build_and_upload_image_to_ecr"
DOCKER = Engine("docker", Family.DOCKER, is_rootless=False)
PODMAN = Engine("podman", Family.PODMAN, is_rootless=True)
BUILDAH = Engine("buildah", Family.BUILDAH, is_rootless=True)
ADA = User(1001, 1002)
FOLDER = Path("/tmp/folder")
TASK = Container(
    name="datalake_sdk-daily-load-1",
    image="localhost/datalake_sdk/daily_load:latest",
    platform="linux/amd64",
    command=("python", "-m", "module"),
    variables={"AWS_SECRET_ACCESS_KEY": "it's $a\nsecret"},
    home="/home/task",
    mounts=(Path("/home/ada/lake"),),
)
SHELL = Container(
    name="shell",
    image="image",
    platform="linux/arm64",
    command=("bash",),
    variables={},
    home="/tmp",
    folder="/opt/task",
    port=8123,
    replaces_entry_point=True,
    has_terminal=True,
)


def test_docker_runs_a_task_as_the_calling_user():
    assert run_command(DOCKER, TASK, ADA, FOLDER) == [
        *("docker", "run", "--rm", "--name", "datalake_sdk-daily-load-1", "--platform", "linux/amd64"),
        *("--user", "1001:1002", "--group-add", "0", "--volume", "/tmp/folder/passwd:/etc/passwd:ro"),
        *("--security-opt", "label=disable", "--volume", "/home/ada/lake:/home/ada/lake"),
        *("--env", "AWS_SECRET_ACCESS_KEY", "--env", "HOME=/home/task"),
        *("localhost/datalake_sdk/daily_load:latest", "python", "-m", "module"),
    ]


def test_a_shell_has_a_terminal_a_port_on_this_machine_only_and_no_entry_point():
    words = run_command(DOCKER, SHELL, ADA, FOLDER)
    start = words.index("--publish")
    assert words[start:] == [
        *("--publish", "127.0.0.1:8123:8123", "--workdir", "/opt/task", "--interactive", "--tty"),
        *("--entrypoint", "bash", "image"),
    ]


@pytest.mark.parametrize(
    ("engine", "user", "expected"),
    [
        (PODMAN, ADA, ["--userns", "keep-id", "--user", "1001:1002", "--group-add", "0"]),
        (Engine("podman", Family.PODMAN, is_rootless=False), User(0, 0), ["--user", "0:0"]),
        (Engine("docker", Family.DOCKER, is_rootless=True), ADA, ["--user", "0:0"]),
        (Engine("nerdctl", Family.DOCKER, is_rootless=True), ADA, ["--user", "0:0"]),
        (DOCKER, User(0, 0), ["--user", "0:0"]),
        (
            Engine("finch", Family.DOCKER, is_rootless=False),
            ADA,
            ["--user", "1001:1002", "--group-add", "0", "--volume", "/tmp/folder/passwd:/etc/passwd:ro"],
        ),
    ],
)
def test_files_in_the_lake_belong_to_the_calling_user(engine, user, expected):
    words = run_command(engine, TASK, user, FOLDER)
    start = words.index(expected[0])
    assert words[start : start + len(expected)] == expected
    assert words.count("--user") == 1


@pytest.mark.parametrize("program", ["finch", "nerdctl"])
def test_programs_without_labels_of_selinux_are_not_asked_to_disable_them(program):
    assert "--security-opt" not in run_command(Engine(program, Family.DOCKER, False), TASK, ADA, FOLDER)


@pytest.mark.parametrize("engine", [DOCKER, PODMAN])
def test_values_of_variables_are_not_arguments(engine):
    assert "secret" not in " ".join(run_command(engine, TASK, ADA, FOLDER))
    assert "secret" not in " ".join(buildah_command(BUILDAH, TASK, "container", FOLDER))


def test_buildah_runs_a_task_in_a_working_container():
    assert buildah_command(BUILDAH, SHELL, "image-working-container", FOLDER) == [
        *("buildah", "run", "--user", "0:0", "--network", "host"),
        *("--volume", "/tmp/folder/variables:/run/task_variables:ro", "--workingdir", "/opt/task", "--terminal=true"),
        *(
            "image-working-container",
            "--",
            "sh",
            "-c",
            'set -a; . /run/task_variables; set +a; exec "$@"',
            "sh",
            "bash",
        ),
    ]


def test_a_shell_reads_the_variables_as_they_are(tmp_path):
    (tmp_path / "variables").write_text(variables_file(TASK))
    program = f'set -a; . {tmp_path}/variables; printf "%s|" "$AWS_SECRET_ACCESS_KEY" "$HOME"'
    assert subprocess.check_output(["sh", "-c", program], text=True) == "it's $a\nsecret|/home/task|"


def test_the_calling_user_has_a_name_in_the_container():
    assert passwd_file(TASK, ADA).splitlines()[1] == "task:x:1001:1002::/home/task:/bin/sh"


def test_a_container_has_as_much_time_to_stop_as_on_fargate():
    assert stop_command(DOCKER, TASK) == ["docker", "stop", "-t", "30", "datalake_sdk-daily-load-1"]


def test_the_image_is_built_with_the_arguments_of_pipeline_factory(tmp_path):
    task = Task("load", type="dlt", infra_config=InfraConfig(architecture="ARM64"))
    image = TaskImage("daily", task, tmp_path, base_image="python:mine", has_jupyter=True)
    command = build_command(DOCKER, image, "1+h2", Path("/context"), Path("/secret/pip.conf"))
    assert command == [
        *("docker", "build", "--file", f"{REPOSITORY}/datalake_sdk/task_images/native/Dockerfile"),
        *("--platform", "linux/arm64", "--tag", "localhost/datalake_sdk/daily_load:jupyter"),
        *("--build-arg", "SDK_VERSION=1+h2", "--build-arg", "BASE_IMAGE=python:mine", "--build-arg", "EXTRA=dlt"),
        *("--build-arg", "JUPYTER=true"),
        *("--secret", "id=pip.conf,src=/secret/pip.conf", "/context"),
    ]


def test_an_image_without_settings_has_the_defaults_of_the_dockerfile(tmp_path):
    image = TaskImage("daily", Task("load", infra_type="EMRServerless"), tmp_path)
    words = build_command(DOCKER, image, "1", Path("/context"), None)
    assert str(image.source).endswith("task_images/spark")
    assert (words.count("--build-arg"), "--secret" in words) == (1, False)


def test_the_programs_are_those_of_the_terraform_module():
    condition = (MODULE / "variables.tf").read_text()
    (programs,) = re.findall(r"contains\(\[(.*)\], var.container_cli\)", condition)
    assert set(PROGRAMS) == set(re.findall(r"\w+", programs))


@pytest.mark.parametrize(
    ("on_aws", "driver"),
    [
        (True, []),
        (
            False,
            ["--conf", "spark.jars.packages=org.xerial:sqlite-jdbc:3.50.3.0", "--conf", "spark.jars.ivy=/tmp/ivy"],
        ),
    ],
)
def test_spark_runs_on_this_machine_alone_with_the_jars_and_settings_of_the_deployed_task(on_aws, driver):
    infra_config = InfraConfig(spark_configuration={"spark.sql.shuffle.partitions": "2"})
    task = Task("load", infra_type="EMRServerless", infra_config=infra_config)
    assert list(task_command(task, on_aws)) == [
        *("/usr/lib/spark/bin/spark-submit", "--conf", "spark.master=local[*]"),
        *("--conf", "spark.jars=/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar", *driver),
        *("--conf", "spark.sql.shuffle.partitions=2", "/opt/task/entry_point.py"),
    ]


def test_the_programs_are_the_values_of_the_option():
    (option,) = [each for each in run_task.params if each.name == "container_cli"]
    assert tuple(option.type.choices) == PROGRAMS


def test_ignored_files_are_those_of_the_terraform_module():
    (names,) = re.findall(r"(?s)ignored = \[(.*?)\]", (MODULE / "locals.tf").read_text())
    assert set(IGNORED) == set(re.findall(r'"(.*?)"', names))


@pytest.fixture
def install(tmp_path, monkeypatch):
    """`install(name, script)`: adds a program to a PATH that contains no others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, script="exit 0"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return install


def test_without_a_container_program_the_error_names_what_to_install(install):
    with pytest.raises(NoContainerProgramError, match="docker, podman, finch, nerdctl or buildah is on PATH") as error:
        find_engine(None)
    assert "docs.docker.com" in error.value.hint


def test_a_missing_program_that_was_selected_is_named(install):
    install("docker")
    with pytest.raises(NoContainerProgramError, match="container_cli is 'podman'"):
        find_engine("podman")


@pytest.mark.parametrize(
    ("name", "script", "family", "is_rootless"),
    [
        ("docker", "echo Docker version 28", Family.DOCKER, False),
        ("docker", """echo '["name=seccomp","name=rootless"]'""", Family.DOCKER, True),
        ("nerdctl", """echo '["name=rootless"]'""", Family.DOCKER, True),
        ("docker", "echo podman version 5.6.0", Family.PODMAN, False),
        ("podman", "echo podman version 5.6.0", Family.PODMAN, False),
        ("buildah", "exit 1", Family.BUILDAH, False),
    ],
)
def test_the_installed_program_is_used(install, monkeypatch, name, script, family, is_rootless):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    install(name, script)
    assert find_engine(None) == Engine(name, family, is_rootless)


def test_docker_is_preferred(install):
    install("podman", "echo podman")
    install("docker")
    assert find_engine(None).program == "docker"
    assert find_engine("podman").program == "podman"


def test_an_engine_that_is_not_running_is_an_error(install):
    install("docker", '[ "$1" = --version ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }')
    with pytest.raises(ContainerEngineError, match="docker does not work: Cannot connect") as error:
        find_engine(None)
    assert "--container-cli" in error.value.hint
