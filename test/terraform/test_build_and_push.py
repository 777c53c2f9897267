"""The script that builds and pushes an image, with a substitute for docker and the other programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "modules/build_and_upload_image_to_ecr/build_and_push.sh"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/load:0123456789abcdef"
PROGRAM = """#!/bin/bash
echo "$@" >> {folder}/commands
case "$1" in
  login) cat >> {folder}/password ;;
  build)
    cp -a "${{@: -1}}" {folder}/context
    words="$*"
    case "$words" in *src=*) file=${{words#*src=}}; cp "${{file%% *}}" {folder}/secret ;; esac ;;
  push) [ -n "$LOST" ] || touch {folder}/pushed ;;
esac && [ "$1" != "$FAILING" ] || {{ echo "$1: no such thing" >&2; exit 1; }}
"""


REGISTRY = """#!/bin/bash
echo "manifest ${{@: -1}}" >> {folder}/commands
while [ "$1" != --config ]; do shift; done
cat "$2" > {folder}/credentials
[ -e {folder}/pushed ] || {{ echo "curl: (22) 404" >&2; exit 22; }}
"""


class Builder:
    """The script with substitute programs, and a task in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self._program("nerdctl", PROGRAM.format(folder=folder))
        self._program("curl", REGISTRY.format(folder=folder))
        self._program("sleep", "#!/bin/sh\n")
        self._program("uname", "#!/bin/sh\necho x86_64\n")
        for file in ("task/code/main.py", "task/code/__pycache__/main.pyc", "task/requirements.txt", "Dockerfile"):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(file)

    def run(self, **variables):
        task = self.folder / "task"
        given = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "CONTAINER_CLI": "nerdctl",
            "IMAGE": IMAGE,
            "PLATFORM": "linux/amd64",
            "DOCKERFILE": str(self.folder / "Dockerfile"),
            "CONTEXT": f"code={task}/code\nsdk/requirements.txt={task}/requirements.txt",
            "CONTEXT_COMMAND": "mkdir dist && touch dist/wheel",
            "IGNORED": "__pycache__\n.git",
            "BUILD_ARGUMENTS": "BASE_IMAGE=python:3.13-slim\nLABEL=a b=c",
            "PIP_CONFIGURATION": "",
            "REGISTRY_USER": "AWS",
            "REGISTRY_PASSWORD": "secret",
        }
        return subprocess.run(["bash", SCRIPT], env={**given, **variables}, capture_output=True, text=True)

    def commands(self):
        """The subcommand of each call."""
        return [line.split()[0] for line in (self.folder / "commands").read_text().splitlines()]

    def _program(self, name, text):
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)


@pytest.fixture
def builder(tmp_path):
    return Builder(tmp_path)


def test_the_image_is_built_and_pushed(builder):
    ran = builder.run()
    assert ran.returncode == 0, ran.stderr
    assert builder.commands() == ["manifest", "login", "build", "push", "manifest"]
    commands = (builder.folder / "commands").read_text()
    assert f"--tag {IMAGE} --build-arg BASE_IMAGE=python:3.13-slim --build-arg LABEL=a b=c" in commands


def test_an_existing_image_is_neither_built_nor_pulled(builder):
    builder.run()
    ran = builder.run()
    assert builder.commands()[5:] == ["manifest"]
    assert "already exists" in ran.stdout


def test_the_registry_is_asked_for_the_manifest_of_the_tag(builder):
    builder.run()
    url = "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/load/manifests/0123456789abcdef"
    assert f"manifest {url}\n" in (builder.folder / "commands").read_text()
    assert (builder.folder / "credentials").read_text() == 'user = "AWS:secret"\n'


def test_a_failed_build_for_another_architecture_names_qemu(builder):
    assert "requires QEMU" in builder.run(FAILING="build", PLATFORM="linux/arm64").stderr
    assert "requires QEMU" not in builder.run(FAILING="build").stderr


def test_an_image_that_the_registry_does_not_hold_after_the_push_is_an_error(builder):
    ran = builder.run(FAILING="none", LOST="yes")
    assert ran.returncode == 1
    assert "was pushed, but is not in the registry" in ran.stderr


def test_the_context_contains_files_and_linked_folders_without_caches(builder):
    (builder.folder / "shared").mkdir()
    (builder.folder / "shared/files.py").touch()
    (builder.folder / "task/code/shared").symlink_to("../../shared")
    builder.run()
    context = builder.folder / "context"
    files = {str(file.relative_to(context)) for file in context.rglob("*") if file.is_file()}
    assert files == {"code/main.py", "code/shared/files.py", "sdk/requirements.txt", "dist/wheel"}
    assert not (context / "code/shared").is_symlink()


def test_a_failed_context_command_is_reported(builder):
    ran = builder.run(CONTEXT_COMMAND="python3 -c 'raise SystemExit(\"no wheel\")'")
    assert ran.returncode == 1
    assert "no wheel" in ran.stderr
    assert "is incomplete" in ran.stderr
    assert "build" not in builder.commands()


def test_files_are_readable_by_the_user_of_the_image(builder):
    (builder.folder / "task" / "code" / "main.py").chmod(0o600)
    builder.run()
    assert (builder.folder / "context" / "code" / "main.py").stat().st_mode & 0o777 == 0o644


def test_the_password_is_not_passed_as_an_argument(builder):
    builder.run()
    assert "secret" not in (builder.folder / "commands").read_text()
    assert (builder.folder / "password").read_text() == "secret\n"


def test_the_pip_configuration_is_a_build_secret(builder):
    builder.run(PIP_CONFIGURATION="[global]\nindex-url = https://aws:token@example.org/simple/")
    assert "--secret id=pip.conf,src=" in (builder.folder / "commands").read_text()
    assert "token" not in (builder.folder / "commands").read_text()
    assert "https://aws:token@example.org" in (builder.folder / "secret").read_text()


def test_a_failed_installation_names_the_index_without_its_token(builder):
    ran = builder.run(FAILING="build", PIP_CONFIGURATION="[global]\nindex-url = https://aws:token@example.org/simple/")
    assert "Packages come from https://example.org/simple/" in ran.stderr
    assert "codeartifact:ReadFromRepository" in ran.stderr
    assert "aws:token" not in ran.stderr


def test_a_build_without_pip_configuration_has_no_secret(builder):
    builder.run()
    assert "--secret" not in (builder.folder / "commands").read_text()


@pytest.mark.parametrize(
    ("failing", "message"),
    [
        ("login", "nerdctl cannot log in to 123456789012.dkr.ecr.eu-west-1.amazonaws.com."),
        ("build", "BASE_IMAGE=python:3.13-slim"),
        ("push", "ecr:PutImage"),
    ],
)
def test_a_failure_is_reported_with_a_hint(builder, failing, message):
    ran = builder.run(FAILING=failing)
    assert ran.returncode == 1
    assert f"{failing}: no such thing" in ran.stderr
    assert message in ran.stderr


def test_a_push_is_retried(builder):
    builder.run(FAILING="push")
    assert builder.commands().count("push") == 3


def test_a_missing_program_is_reported(builder):
    ran = builder.run(CONTAINER_CLI="finch")
    assert ran.returncode == 1
    assert "container_cli is 'finch', but this program is not on PATH." in ran.stderr
    assert "docker, podman, finch, nerdctl or buildah" in ran.stderr
